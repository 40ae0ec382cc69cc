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

/// Each kind's word in `…Variable` and in `To…` functions.
const WORDS: [(Kind, &str); 18] = [
    (Kind::PhoneNumber, "phoneNumber"),
    (Kind::Queue, "queue"),
    (Kind::User, "user"),
    (Kind::Group, "group"),
    (Kind::Skill, "skill"),
    (Kind::LanguageSkill, "languageSkill"),
    (Kind::Schedule, "schedule"),
    (Kind::ScheduleGroup, "scheduleGroup"),
    (Kind::EmergencyGroup, "emergencyGroup"),
    (Kind::Prompt, "prompt"),
    (Kind::ExternalContact, "externalContact"),
    (Kind::ExternalOrganization, "externalOrganization"),
    (Kind::WrapUpCode, "wrapupCode"),
    (Kind::Flow, "flow"),
    (Kind::FlowOutcome, "flowOutcome"),
    (Kind::FlowMilestone, "flowMilestone"),
    (Kind::EmailAddress, "emailAddress"),
    (Kind::Customer, "customer"),
];

impl Kind {
    /// The word in `…Variable`, such as `externalContact`.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = WORDS.iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, word)| word)
    }

    /// The kind with this word, in any case.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Kind> {
        let found = WORDS
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(word));
        found.map(|(kind, _)| *kind)
    }

    /// The names of the properties, each with its type behind a colon unless it is a text.
    fn typed_properties(self) -> &'static str {
        match self {
            Kind::PhoneNumber => "e164 dialable display countryCode extension",
            Kind::User => "id name email title department extension primaryContact",
            Kind::ExternalContact => {
                "id firstName middleName lastName salutation title workEmail personalEmail otherEmail \
                 workPhone:phoneNumber cellPhone:phoneNumber homePhone:phoneNumber otherPhone:phoneNumber \
                 surveyOptOut:boolean externalOrganization:externalOrganization"
            }
            Kind::ExternalOrganization => {
                "id name industry primaryContactId employeeCount:integer revenue:integer"
            }
            Kind::EmailAddress => "address displayName",
            _ => "id name",
        }
    }

    /// A property by its name in any case: its name as the vendor writes it, and its type.
    #[must_use]
    pub fn property(self, name: &str) -> Option<(&'static str, Base)> {
        let properties = self.typed_properties().split_whitespace();
        let mut properties =
            properties.map(|text| text.split_once(':').unwrap_or((text, "string")));
        let (known, kind) = properties.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some((known, Type::of_word(kind)?.base))
    }

    /// The names of the properties.
    pub fn properties(self) -> impl Iterator<Item = &'static str> + Clone {
        let properties = self.typed_properties().split_whitespace();
        properties.map(|text| text.split(':').next().unwrap_or(text))
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
            .chain(WORDS.iter().map(|(_, word)| *word))
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
