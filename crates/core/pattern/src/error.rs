//! Why a pattern can't be used, or its matching was stopped.

use crate::{MAX_BYTES, MAX_RANGES};
use std::fmt;
use tollgate_meter::Exhausted;

/// Why a pattern can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// It is longer than [`MAX_BYTES`].
    TooLong,
    /// Its classes have more than [`MAX_RANGES`] ranges of characters.
    TooLarge,
    /// It breaks the rules of patterns: how, in Java's words, and at which character, counted from 0.
    Malformed {
        /// Java's words for it.
        message: String,
        /// The character of the pattern.
        at: usize,
    },
    /// The replacement breaks its rules, or names a group that there isn't; says how.
    Replacement(String),
    /// Matching needed more steps than its execution had left.
    Runaway {
        /// The pattern, or how it begins.
        pattern: String,
        /// Steps that were left.
        steps: u64,
    },
    /// The calculation was stopped for another reason.
    Exhausted(Exhausted),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TooLarge => write!(
                f,
                "the classes of a pattern may have {MAX_RANGES} ranges of characters in all"
            ),
            Error::TooLong => write!(f, "a pattern may have {MAX_BYTES} bytes"),
            Error::Malformed { message, at } => {
                write!(f, "the pattern is malformed: {message} near index {at}")
            }
            Error::Replacement(how) => f.write_str(how),
            Error::Runaway { pattern, steps } => write!(
                f,
                "the pattern `{pattern}` needed more than the {steps} steps that its execution had left; \
                 avoid nested repetitions"
            ),
            Error::Exhausted(exhausted) => exhausted.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Exhausted> for Error {
    fn from(exhausted: Exhausted) -> Error {
        Error::Exhausted(exhausted)
    }
}
