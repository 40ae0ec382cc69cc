//! What is wrong with an expression.

/// A fault of an expression that was found before it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The character of the expression where the fault is, from 0.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to do; empty where the message says it all.
    pub help: String,
}

impl Fault {
    pub(crate) fn new(at: usize, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault {
            at,
            message: message.into(),
            help: help.into(),
        }
    }
}
