//! The error for values that can't be stored.

/// A value that can't be stored: the caller's fault, found before anything was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field} {why}")]
pub struct Invalid {
    /// Which field.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

impl Invalid {
    pub(crate) fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            why: why.into(),
        }
    }
}
