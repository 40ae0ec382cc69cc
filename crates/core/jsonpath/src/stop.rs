//! Why the reading of a path, or a branch of it, ends.

use crate::ReadError;
use std::fmt;
use tollgate_meter::Exhausted;

/// A text of a stop: a place of one, so that a stop is small enough to be handed up in registers.
type Words = &'static &'static str;

/// Why a branch, or the reading, ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop<'p> {
    /// Nothing lies where the path points.
    Missing(Why<'p>),
    /// A relation of a filter, or a step, makes no sense here.
    Invalid(Denied),
    /// There is no such function.
    Unknown(&'p String),
    /// A function finds no item at its place.
    NoItem,
    /// The reference fails as a whole.
    Fault(Words),
    /// A bound was reached.
    TooLarge(Words),
}

/// What is missing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why<'p> {
    Member(&'p String),
    /// An index, and how many items there are.
    Item(i32, u32),
    /// A value of this kind has no such part.
    Part(Words),
    Nothing,
}

/// Says that a relation makes no sense: the candidate doesn't pass, whatever else the filter says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Denied;

impl From<Exhausted> for Stop<'_> {
    fn from(exhausted: Exhausted) -> Self {
        Stop::TooLarge(match exhausted {
            Exhausted::Steps(_) => &"stopped after all the steps that one execution may take",
            Exhausted::Bytes(_) => &"stopped: it would hold more bytes than one execution may",
            Exhausted::Piece => &"stopped: a text is too long for so large a pattern",
            Exhausted::Interrupted => &"stopped: it took too long, or nobody waits for it any more",
        })
    }
}

impl From<Stop<'_>> for ReadError {
    fn from(stop: Stop<'_>) -> Self {
        match stop {
            Stop::TooLarge(why) => ReadError::TooLarge(why),
            other => ReadError::NotFound(other.to_string()),
        }
    }
}

impl fmt::Display for Stop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Missing(Why::Member(name)) => write!(f, "no member {name:?}"),
            Stop::Missing(Why::Item(index, count)) => write!(f, "no item [{index}] among {count}"),
            Stop::Missing(Why::Part(kind)) => write!(f, "{kind} has no such part"),
            Stop::Missing(Why::Nothing) => f.write_str("nothing is there"),
            Stop::Invalid(Denied) => f.write_str("a filter can't be applied there"),
            Stop::Unknown(name) => write!(f, "there is no function {name}()"),
            Stop::NoItem => f.write_str("the function finds no item at that place"),
            Stop::Fault(why) | Stop::TooLarge(why) => f.write_str(why),
        }
    }
}
