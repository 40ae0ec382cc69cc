//! The types of the expression language.

mod table;

pub use table::{DataType, Kind, data_types};

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
    // A prompt fits where audio is asked for.
    ("promptOrAudio", Base::Audio),
    ("anyComplex", Base::Any),
    ("NOT_SET", Base::NotSet),
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

    /// The type of a variable by its word in Archy; none of a type that variables can't have.
    #[must_use]
    pub fn of_variable(word: &str) -> Option<Type> {
        let kind = Type::of_word(word)?;
        let known = DataType::find(word.strip_suffix("Collection").unwrap_or(word))?;
        (known.is_variable() && (known.collection || !kind.collection)).then_some(kind)
    }

    /// Every word of a type that variables can have, collections aside.
    pub fn words() -> impl Iterator<Item = &'static str> + Clone {
        let variables = data_types().filter(|known| known.is_variable());
        variables.map(|known| known.word)
    }

    /// The type of a property by its name in any case, of one thing of this type.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Type> {
        match self.base {
            _ if self.collection => None,
            Base::Entity(kind) => kind.property(name),
            Base::Currency => DataType::find("currency")?.property(name),
            _ => None,
        }
    }

    /// Whether a value of this type may stand where `wanted` is asked for.
    #[must_use]
    pub fn fits(self, wanted: Type) -> bool {
        let not_set = self.base == Base::NotSet && !self.collection;
        if not_set || wanted.base == Base::Any && !wanted.collection {
            return true;
        }
        if self.base == Base::Any && !self.collection {
            return true;
        }
        let base = self.base == wanted.base
            || matches!(self.base, Base::Any | Base::NotSet)
            || wanted.base == Base::Any
            || (self.base == Base::Integer && wanted.base == Base::Decimal)
            || (self.base == Base::Entity(Kind::Prompt) && wanted.base == Base::Audio);
        base && self.collection == wanted.collection
    }

    /// The type that holds both, if there is one.
    #[must_use]
    pub fn join(self, other: Type) -> Option<Type> {
        match (self.base, other.base) {
            (Base::NotSet, _) if self.fits(other) => Some(other),
            (_, Base::NotSet) if other.fits(self) => Some(self),
            _ if self.fits(other) => Some(other),
            _ if other.fits(self) => Some(self),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.base {
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
