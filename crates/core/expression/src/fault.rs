//! What is wrong with an expression.

/// How sure a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The expression breaks a rule of the language.
    Wrong,
    /// The expression names a variable, function or property that isn't known here: a slip, or the vendor
    /// knows more than is known here.
    Unknown,
}

/// A fault of an expression that was found before it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How sure it is.
    pub kind: FaultKind,
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
            kind: FaultKind::Wrong,
            at,
            message: message.into(),
            help: help.into(),
        }
    }

    /// The fault of a name that isn't known.
    pub(crate) fn unknown(at: usize, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault {
            kind: FaultKind::Unknown,
            ..Fault::new(at, message, help)
        }
    }
}
