//! The types of the expression language.

use std::fmt;

/// What a value may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Type {
    /// What the value is, or each item of it.
    pub base: Base,
    /// Whether the value is a collection.
    pub collection: bool,
}

/// A type but for being a collection of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are the vendor's words")]
pub enum Base {
    /// Known only when the workflow runs: an unfilled placeholder, a property of one.
    Any,
    /// `NOT_SET` itself.
    NotSet,
    String,
    Integer,
    Decimal,
    Currency,
    Boolean,
    DateTime,
    Duration,
    Json,
    Audio,
    Communication,
    Entity(Kind),
}

/// Kinds of things that workflows refer to by name or id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are the vendor's words")]
pub enum Kind {
    PhoneNumber,
    Queue,
    User,
    Group,
    Skill,
    LanguageSkill,
    Schedule,
    ScheduleGroup,
    EmergencyGroup,
    Prompt,
    ExternalContact,
    ExternalOrganization,
    WrapUpCode,
    Flow,
    FlowOutcome,
    FlowMilestone,
    EmailAddress,
    Customer,
}

/// A kind's word in `…Variable` and in `To…` functions, and its properties.
struct KindFacts {
    kind: Kind,
    word: &'static str,
    properties: &'static [(&'static str, Base)],
}

use Base::{Integer, String as Text};

const fn row(
    kind: Kind,
    word: &'static str,
    properties: &'static [(&'static str, Base)],
) -> KindFacts {
    KindFacts {
        kind,
        word,
        properties,
    }
}

const NAMED: &[(&str, Base)] = &[("id", Text), ("name", Text)];

const KINDS: &[KindFacts] = &[
    row(
        Kind::PhoneNumber,
        "phoneNumber",
        &[
            ("e164", Text),
            ("dialable", Text),
            ("display", Text),
            ("countryCode", Text),
            ("extension", Text),
        ],
    ),
    row(Kind::Queue, "queue", NAMED),
    row(
        Kind::User,
        "user",
        &[
            ("id", Text),
            ("name", Text),
            ("email", Text),
            ("title", Text),
            ("department", Text),
            ("extension", Text),
            ("primaryContact", Text),
        ],
    ),
    row(Kind::Group, "group", NAMED),
    row(Kind::Skill, "skill", NAMED),
    row(Kind::LanguageSkill, "languageSkill", NAMED),
    row(Kind::Schedule, "schedule", NAMED),
    row(Kind::ScheduleGroup, "scheduleGroup", NAMED),
    row(Kind::EmergencyGroup, "emergencyGroup", NAMED),
    row(Kind::Prompt, "prompt", NAMED),
    row(
        Kind::ExternalContact,
        "externalContact",
        &[
            ("id", Text),
            ("firstName", Text),
            ("middleName", Text),
            ("lastName", Text),
            ("salutation", Text),
            ("title", Text),
            ("workEmail", Text),
            ("personalEmail", Text),
            ("otherEmail", Text),
            ("workPhone", Base::Entity(Kind::PhoneNumber)),
            ("cellPhone", Base::Entity(Kind::PhoneNumber)),
            ("homePhone", Base::Entity(Kind::PhoneNumber)),
            ("otherPhone", Base::Entity(Kind::PhoneNumber)),
            ("surveyOptOut", Base::Boolean),
            (
                "externalOrganization",
                Base::Entity(Kind::ExternalOrganization),
            ),
        ],
    ),
    row(
        Kind::ExternalOrganization,
        "externalOrganization",
        &[
            ("id", Text),
            ("name", Text),
            ("industry", Text),
            ("primaryContactId", Text),
            ("employeeCount", Integer),
            ("revenue", Integer),
        ],
    ),
    row(Kind::WrapUpCode, "wrapupCode", NAMED),
    row(Kind::Flow, "flow", NAMED),
    row(Kind::FlowOutcome, "flowOutcome", NAMED),
    row(Kind::FlowMilestone, "flowMilestone", NAMED),
    row(
        Kind::EmailAddress,
        "emailAddress",
        &[("address", Text), ("displayName", Text)],
    ),
    row(Kind::Customer, "customer", NAMED),
];

impl Kind {
    fn facts(self) -> &'static KindFacts {
        // Every kind has its row; the first stands in so that there is no panic to reach.
        KINDS
            .iter()
            .find(|facts| facts.kind == self)
            .unwrap_or(&KINDS[0])
    }

    /// The word in `…Variable`, such as `externalContact`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.facts().word
    }

    /// The kind with this word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Kind> {
        KINDS
            .iter()
            .find(|facts| facts.word.eq_ignore_ascii_case(word))
            .map(|facts| facts.kind)
    }

    /// A property by its name in any case: its name as the vendor writes it, and its type.
    #[must_use]
    pub fn property(self, name: &str) -> Option<(&'static str, Base)> {
        let found = self
            .facts()
            .properties
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.copied()
    }

    /// The names of the properties.
    pub fn properties(self) -> impl Iterator<Item = &'static str> + Clone {
        self.facts().properties.iter().map(|(name, _)| *name)
    }
}

/// Types whose name isn't their kind's word.
const PLAIN: &[(&str, Base)] = &[
    ("string", Base::String),
    ("integer", Base::Integer),
    ("decimal", Base::Decimal),
    ("currency", Base::Currency),
    ("boolean", Base::Boolean),
    ("dateTime", Base::DateTime),
    ("duration", Base::Duration),
    ("json", Base::Json),
    ("audio", Base::Audio),
    ("communication", Base::Communication),
    ("any", Base::Any),
];

impl Type {
    /// Known only at run time.
    pub const ANY: Type = Type::one(Base::Any);
    /// A text.
    pub const STRING: Type = Type::one(Base::String);
    /// A whole number.
    pub const INTEGER: Type = Type::one(Base::Integer);
    /// Yes or no.
    pub const BOOLEAN: Type = Type::one(Base::Boolean);
    /// A span of time.
    pub const DURATION: Type = Type::one(Base::Duration);
    /// What is heard.
    pub const AUDIO: Type = Type::one(Base::Audio);
    /// What a bot says or writes.
    pub const COMMUNICATION: Type = Type::one(Base::Communication);

    /// One value.
    #[must_use]
    pub const fn one(base: Base) -> Type {
        Type {
            base,
            collection: false,
        }
    }

    /// One thing of this kind.
    #[must_use]
    pub const fn entity(kind: Kind) -> Type {
        Type::one(Base::Entity(kind))
    }

    /// A collection of such values.
    #[must_use]
    pub const fn many(base: Base) -> Type {
        Type {
            base,
            collection: true,
        }
    }

    /// The type of an item of the collection.
    #[must_use]
    pub const fn item(self) -> Type {
        Type::one(self.base)
    }

    /// A type by its word in Archy, such as `string`, `integerCollection`, `queue`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Type> {
        let (stem, collection) = match word.strip_suffix("Collection") {
            Some(stem) => (stem, true),
            None => (word, false),
        };
        let plain = PLAIN
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(stem));
        let base = match plain {
            Some((_, base)) => *base,
            None => Base::Entity(Kind::of_word(stem)?),
        };
        Some(Type { base, collection })
    }

    /// Every word that [`Type::of_word`] knows, collections aside.
    pub fn words() -> impl Iterator<Item = &'static str> + Clone {
        PLAIN
            .iter()
            .map(|(word, _)| *word)
            .chain(KINDS.iter().map(|facts| facts.word))
    }

    /// Whether a value of this type may stand where `wanted` is asked for.
    #[must_use]
    pub fn fits(self, wanted: Type) -> bool {
        if self.base == Base::NotSet || wanted.base == Base::Any && !wanted.collection {
            return true;
        }
        if self.base == Base::Any && !self.collection {
            return true;
        }
        let base = self.base == wanted.base
            || self.base == Base::Any
            || wanted.base == Base::Any
            || (self.base == Base::Integer && wanted.base == Base::Decimal)
            || (self.base == Base::Entity(Kind::Prompt) && wanted.base == Base::Audio);
        base && self.collection == wanted.collection
    }

    /// The type that holds both, if there is one.
    #[must_use]
    pub fn join(self, other: Type) -> Option<Type> {
        match (self.base, other.base) {
            (Base::NotSet, _) => Some(other),
            (_, Base::NotSet) => Some(self),
            _ if self.fits(other) => Some(other),
            _ if other.fits(self) => Some(self),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.base {
            Base::NotSet => "NOT_SET",
            Base::Entity(kind) => kind.word(),
            base => PLAIN
                .iter()
                .find(|(_, known)| *known == base)
                .map_or("any", |(word, _)| word),
        };
        f.write_str(word)?;
        if self.collection {
            f.write_str(" collection")?;
        }
        Ok(())
    }
}
