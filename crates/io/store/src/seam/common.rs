//! What changes carry: the version that is expected, when it is, and who makes it. And JSON as a text.

use crate::error::{Invalid, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use std::time::Duration;

/// The version that an update was made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// This one; any other is [`crate::StoreError::Stale`] and changes nothing.
    Version(Version),
    /// Whichever is there. For the requests in which the platform sends no version.
    Any,
}

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WallTime(pub i64);

impl WallTime {
    /// This time, so many seconds later; saturates.
    #[must_use]
    pub fn plus_seconds(self, seconds: u32) -> Self {
        self.plus(Duration::from_secs(seconds.into()))
    }

    /// This time, so much later; saturates. Parts of a millisecond are dropped.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

/// Who acts, as the audit log names them: `client:<id>`, `cli`, `system`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor(String);

impl Actor {
    /// A caller of the API.
    #[must_use]
    pub fn client(id: &EntityId) -> Self {
        Self(format!("client:{id}"))
    }

    /// Somebody at the command line.
    #[must_use]
    pub fn cli() -> Self {
        Self("cli".into())
    }

    /// The service itself.
    #[must_use]
    pub fn system() -> Self {
        Self("system".into())
    }

    /// An actor whom the store itself wrote down.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The actor as the audit log names it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who changes something, and when.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who makes the change.
    pub actor: Actor,
    /// When: becomes the time of creation or modification and of the audit entry.
    pub at: WallTime,
}

/// A JSON document, kept as the text it came as, so that an export is equal byte for byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonText(String);

impl JsonText {
    /// Takes a document over.
    ///
    /// # Errors
    /// Not JSON, or larger than [`limits::DOCUMENT_BYTES`].
    pub fn parse(text: impl Into<String>) -> StoreResult<Self> {
        let text = text.into();
        if text.len() > limits::DOCUMENT_BYTES {
            return Err(Invalid::new("document", "is larger than 1 MiB").into());
        }
        match tollgate_json::check(&text) {
            Ok(_) => Ok(Self(text)),
            Err(e) => Err(Invalid::new("document", format!("is not JSON: {e}")).into()),
        }
    }

    /// The text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the text says; null where somebody else than the store has put there what isn't JSON.
    #[must_use]
    pub fn value(&self) -> serde_json::Value {
        tollgate_json::read(&self.0).unwrap_or_default()
    }

    /// A document that the store itself wrote.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl Default for JsonText {
    fn default() -> Self {
        Self("{}".into())
    }
}
