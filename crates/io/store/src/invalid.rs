//! The error for values that can't be stored.

/// A value that can't be stored: the caller's fault, found before anything was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field} {why}")]
pub struct Invalid {
    /// The name of the field.
    pub field: String,
    /// What is wrong with the value; with the name before it, a sentence.
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
