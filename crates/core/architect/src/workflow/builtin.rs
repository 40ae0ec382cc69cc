//! Variables that every workflow has: of the interaction, the workflow, and the bot's session.
//!
//! They are what the platform knows; a script or a service gives their values, and what nobody gave is
//! `NOT_SET`.

use tollgate_expression::{Base, Kind, Type};

const TEXT: Type = Type::STRING;
const CONTACT: Type = Type::entity(Kind::ExternalContact);
const ORGANIZATION: Type = Type::entity(Kind::ExternalOrganization);

const BUILTINS: &[(&str, Type)] = &[
    ("Call.Ani", TEXT),
    ("Call.CalledAddress", TEXT),
    ("Call.CalledAddressOriginal", TEXT),
    ("Call.ConversationId", TEXT),
    ("Call.CurrentQueue", Type::entity(Kind::Queue)),
    ("Call.CurrentSkills", Type::many(Base::Entity(Kind::Skill))),
    ("Call.EstimatedWaitTime", Type::DURATION),
    ("Call.ExternalContact", CONTACT),
    ("Call.ExternalOrganization", ORGANIZATION),
    ("Call.ExternalTag", TEXT),
    ("Call.Language", TEXT),
    ("Call.PositionInQueue", Type::INTEGER),
    ("Call.RemoteName", TEXT),
    ("Call.UUIData", TEXT),
    ("Chat.ConversationId", TEXT),
    ("Email.ConversationId", TEXT),
    ("Email.CurrentQueue", Type::entity(Kind::Queue)),
    ("Email.ExternalContact", CONTACT),
    ("Email.Message.body", TEXT),
    ("Email.Message.from", Type::entity(Kind::EmailAddress)),
    ("Email.Message.subject", TEXT),
    (
        "Email.Message.to",
        Type::many(Base::Entity(Kind::EmailAddress)),
    ),
    ("Message.ConversationId", TEXT),
    ("Message.CurrentQueue", Type::entity(Kind::Queue)),
    ("Message.CustomerName", TEXT),
    ("Message.ExternalContact", CONTACT),
    ("Message.Message.body", TEXT),
    ("Message.Message.id", TEXT),
    ("Message.Message.type", TEXT),
    ("Message.RecipientAddress", TEXT),
    ("Message.SenderAddress", TEXT),
    ("Flow.InteractionId", TEXT),
    ("Flow.IsTest", Type::BOOLEAN),
    ("Flow.Name", TEXT),
    ("Flow.StartDateTimeUtc", Type::one(Base::DateTime)),
    ("Flow.Version", TEXT),
    ("Session.ConversationId", TEXT),
    ("Session.Language", TEXT),
    ("Session.LastCollectionType", TEXT),
    ("Session.LastCollectionUtterance", TEXT),
    ("Session.LastIntent", TEXT),
    ("Session.LastKnowledgeAnswer", Type::ANY),
    ("Session.LastKnowledgeQuestion", TEXT),
];

/// The type of the built-in variable with this name, in any case.
#[must_use]
pub fn builtin(name: &str) -> Option<Type> {
    let found = BUILTINS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, kind)| *kind)
}

pub(crate) fn builtin_names() -> impl Iterator<Item = &'static str> + Clone {
    BUILTINS.iter().map(|(name, _)| *name)
}
