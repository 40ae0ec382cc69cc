//! Ids and versions of stored things.

use crate::invalid::Invalid;
use crate::limits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of a stored thing: 1–128 characters out of `A-Z a-z 0-9 - _ .`.
///
/// Most are UUIDs; the platform's own action ids carry a prefix (`custom_-_…`), so an id is text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EntityId(String);

impl EntityId {
    /// A fresh random UUID.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// Takes an id from outside.
    ///
    /// # Errors
    /// Empty, longer than 128, or with a character that no id has.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        let fits = (1..=limits::ID_CHARS).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if fits {
            Ok(Self(text))
        } else {
            Err(Invalid::new("id", "must be 1 to 128 of A-Z a-z 0-9 - _ ."))
        }
    }

    /// The id as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id that the store itself wrote.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl TryFrom<String> for EntityId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often a thing has been written: 1 when made, one more with every change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version(pub i64);

impl Version {
    /// The version of what has just been made.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
