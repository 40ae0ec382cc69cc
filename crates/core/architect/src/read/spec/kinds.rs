//! Where steps may stand: the rule of each, and whether a kind of workflow keeps to it.

use crate::workflow::{Channel, WorkflowKind};
use std::fmt;

/// Where a step may stand: kinds of workflows and families of them, with blanks between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kinds {
    /// In workflows of any kind.
    Any,
    /// In these alone, as the vendor says.
    Only(&'static str),
    /// In these, where published files or notes have it.
    Seen(&'static str),
    /// In all but these.
    Not(&'static str),
}

/// Whether a step may stand somewhere, and if not, where it may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::read) enum Stands {
    Yes,
    /// Nobody was seen to write it there.
    Unseen(String),
    No(String),
}

impl Kinds {
    pub(super) fn read(text: &'static str) -> Option<Kinds> {
        Some(match text.split_once(' ') {
            None if text == "any" => Kinds::Any,
            Some(("only", kinds)) => Kinds::Only(kinds),
            Some(("seen", kinds)) => Kinds::Seen(kinds),
            Some(("not", kinds)) => Kinds::Not(kinds),
            _ => return None,
        })
    }

    /// Whether a step of this rule may stand in a workflow of a kind. A common module may have any.
    pub(in crate::read) fn allow(self, kind: WorkflowKind) -> Stands {
        match self {
            _ if kind.channel() == Channel::Every => Stands::Yes,
            Kinds::Only(kinds) if !kind.is_among(kinds) => Stands::No(format!("only in {kinds}")),
            Kinds::Not(kinds) if kind.is_among(kinds) => Stands::No(format!("not in {kinds}")),
            Kinds::Seen(kinds) if !kind.is_among(kinds) => {
                Stands::Unseen(format!("it is known of {kinds}"))
            }
            _ => Stands::Yes,
        }
    }
}

/// As the table has it.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kinds::Any => f.write_str("any"),
            Kinds::Only(kinds) => write!(f, "only {kinds}"),
            Kinds::Seen(kinds) => write!(f, "seen {kinds}"),
            Kinds::Not(kinds) => write!(f, "not {kinds}"),
        }
    }
}
