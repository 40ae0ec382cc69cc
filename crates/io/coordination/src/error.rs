//! Why there is no store, or no answer of it.

/// Why a read or a swap has no outcome. None shows a password.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CoordinationError {
    /// There is no connection, and none could be made. Nothing was sent.
    #[error("the coordination store can't be reached: {0}")]
    Unreachable(String),
    /// The connection broke before the answer came.
    #[error("the connection to the coordination store broke: {0}")]
    Cut(String),
    /// No answer in time.
    #[error("the coordination store gave no answer in time")]
    Late,
    /// The credentials are wrong, or they don't allow what is needed.
    #[error("the coordination store refused: {0}")]
    Refused(String),
    /// The server is a standby or a replica, which has no say.
    #[error("the coordination store's server is no primary")]
    NotPrimary,
    /// The value is longer than [`crate::LONGEST_VALUE`].
    #[error("a value of {0} bytes is too long for the coordination store")]
    TooLong(usize),
    /// What is kept under our name isn't ours.
    #[error("what the coordination store has under our name isn't a value of ours: {0}")]
    NotOurs(String),
    /// The server said something else.
    #[error("the coordination store failed: {0}")]
    Failed(String),
}

impl CoordinationError {
    /// Whether a swap that ended so may have been made all the same. If so, reading tells.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Cut(_) | Self::Late)
    }
}

/// Why a text leads to no coordination store. Doesn't repeat the text, which may hold a password.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct UrlError(pub String);
