//! What is in the way of taking a configuration over.

/// Something that only a start takes over, by the field that says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// The path of the field.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Obstacle {
    pub(super) fn new(field: impl Into<String>, what: &str) -> Self {
        Self {
            field: field.into(),
            message: format!("{what}; restart the service to have it changed"),
        }
    }
}
