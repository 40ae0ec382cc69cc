//! All that stands against a file, as far as its faults don't depend on one another.

use crate::error::ActionError;
use std::fmt;

/// The most faults that are told of one file.
const MAX_FAULTS: usize = 32;

/// What stands against an action file: at most 32 faults. Where it isn't JSON, that is the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The first that was found.
    pub first: ActionError,
    /// The others, in the order in which they were found.
    pub others: Vec<ActionError>,
}

impl Faults {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ActionError> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<ActionError> for Faults {
    fn from(first: ActionError) -> Faults {
        Faults {
            first,
            others: Vec::new(),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.others
            .iter()
            .try_for_each(|fault| write!(f, "; {fault}"))
    }
}

impl std::error::Error for Faults {}

/// Faults found so far.
#[derive(Debug, Default)]
pub(crate) struct FaultList(Vec<ActionError>);

impl FaultList {
    /// What was read, or nothing where that failed: then the fault is kept.
    pub(crate) fn keep<T>(&mut self, read: Result<T, ActionError>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(fault) => {
                if !self.is_full() {
                    self.0.push(fault);
                }
                None
            }
        }
    }

    /// Whether no more is looked for.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() == MAX_FAULTS
    }

    /// What was found, if anything was.
    pub(crate) fn into_faults(self) -> Option<Faults> {
        let mut all = self.0.into_iter();
        let first = all.next()?;
        Some(Faults {
            first,
            others: all.collect(),
        })
    }
}
