//! Why a run doesn't begin, and why an answer is refused.

use super::effect::Happening;
use crate::workflow::WorkflowKind;
use std::sync::Arc;

/// Why a run doesn't begin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BeginError {
    /// No built-in variable has this name; and what may be meant.
    #[error("no built-in variable `{0}`{hint}", hint = hint(.1))]
    NoBuiltin(String, String),
    /// The workflow has no input of this name; and what may be meant.
    #[error("no input `{0}`{hint}", hint = hint(.1))]
    NoInput(String, String),
    /// A variable is given what isn't of its type; and what was expected.
    #[error("{0}: {1}")]
    Unfit(String, String),
    /// What the workflow calculates at its begin fails.
    #[error("{0}")]
    Fails(String),
}

/// What may be meant, behind a message.
fn hint(help: &str) -> String {
    match help {
        "" => String::new(),
        help => format!(" ({help})"),
    }
}

/// Why an answer was not taken. The run is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerError {
    /// The effect isn't open: answered before, timed out, or never asked.
    #[error("nothing is open under this number")]
    NotOpen,
    /// The effect has no such path.
    #[error("no path `{path}`; known: {}", known.join(", "))]
    NoSuchPath {
        /// The path given.
        path: String,
        /// The paths there are.
        known: Vec<Arc<str>>,
    },
    /// What happens by itself can't happen in a workflow of this kind.
    #[error("{what} can't happen in a workflow of type {}", kind.word())]
    CannotHappen {
        /// What it is.
        what: Happening,
        /// The kind.
        kind: WorkflowKind,
    },
    /// A person's answer for what the platform was asked, or the other way round.
    #[error("a person's answer is needed, or the platform's")]
    WrongKind,
}
