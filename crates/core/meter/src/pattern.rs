//! Patterns whose matching has a known cost.
//!
//! The `regex` crate never backtracks: a match takes time in proportion to the text times the size of the
//! compiled pattern, at the very worst. So a pattern is compiled to the smallest of a few sizes that
//! suffices, which says what a match against a text costs before it begins ([`Meter::piece`]). As a rule it
//! costs far less, and that is what is counted.
//!
//! A pattern remembers what it met, to be faster the next time. What it remembers is bounded ([`MEMORY`]),
//! and long texts, which could fill it, are matched with a memory that is thrown away.

use crate::{BYTES_PER_STEP, Exhausted, Meter};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::fmt;

/// Bytes that the compiled form of a pattern may have where nothing else is said.
const MOST: usize = 1 << 20;
/// Sizes that a compiled pattern may have, in bytes, and the steps that compiling to that size takes. All of
/// them up to [`MOST`] are affordable within one execution, so that a pattern that is larger is called so.
const SIZES: [(usize, u64); 7] = [
    (1 << 10, 500),
    (1 << 12, 1_000),
    (1 << 14, 2_500),
    (1 << 16, 20_000),
    (1 << 18, 100_000),
    (1 << 20, 400_000),
    (1 << 22, 1_500_000),
];
/// Bytes of one part of a compiled pattern. A match looks, at worst, at each part for each byte of the text.
const BYTES_PER_PART: u64 = 24;
/// Parts looked at in one step.
const PARTS_PER_STEP: u64 = 16;
/// Bytes that a pattern may remember, for each of the ways in which it is matched.
const MEMORY: usize = 1 << 17;
/// A longer text, in bytes, is matched with a memory of its own.
const SHORT_TEXT: usize = 128;
/// The deepest nesting of a pattern.
const MAX_NESTING: u32 = 64;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    parts: u64,
    bytes: usize,
}

/// A text that can't be used as a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternError {
    /// It breaks the rules of patterns; says how.
    Malformed(String),
    /// Its compiled form would be larger than any may be.
    TooLarge,
    /// The calculation that it is compiled for was stopped.
    Stopped(Exhausted),
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::Malformed(why) => f.write_str(why),
            PatternError::TooLarge => f.write_str("it is too large; repeat less, or less often"),
            PatternError::Stopped(exhausted) => exhausted.fmt(f),
        }
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Compiles a pattern in the syntax of the `regex` crate, to 1 MiB at the most.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn compile(pattern: &str, meter: &Meter) -> Result<Pattern, PatternError> {
        Pattern::compile_to(pattern, MOST, meter)
    }

    /// Compiles a pattern to so many bytes at the most, and to 4 MiB at the very most.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn compile_to(pattern: &str, most: usize, meter: &Meter) -> Result<Pattern, PatternError> {
        for (bytes, steps) in SIZES.into_iter().filter(|(bytes, _)| *bytes <= most) {
            meter.piece(steps, steps).map_err(PatternError::Stopped)?;
            let built = RegexBuilder::new(pattern)
                .size_limit(bytes)
                .dfa_size_limit(MEMORY)
                .nest_limit(MAX_NESTING)
                .build();
            match built {
                Ok(regex) => {
                    let parts = bytes as u64 / BYTES_PER_PART;
                    return Ok(Pattern {
                        regex,
                        parts,
                        bytes,
                    });
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(error) => return Err(PatternError::Malformed(error.to_string())),
            }
        }
        Err(PatternError::TooLarge)
    }

    /// Whether the pattern is found in the text.
    ///
    /// # Errors
    /// It isn't to be looked for.
    pub fn is_match(&self, text: &str, meter: &Meter) -> Result<bool, Exhausted> {
        self.afford(text.len(), meter)?;
        Ok(self.lend(text).is_match(text))
    }

    /// Asks for one search in so many bytes.
    ///
    /// # Errors
    /// It isn't to be made.
    pub fn afford(&self, bytes: usize, meter: &Meter) -> Result<(), Exhausted> {
        meter.piece(self.worst(bytes), 1 + bytes as u64 / BYTES_PER_STEP)
    }

    /// Steps that one search in so many bytes takes at worst.
    #[must_use]
    pub fn worst(&self, bytes: usize) -> u64 {
        (bytes as u64).saturating_mul(self.parts) / PARTS_PER_STEP
    }

    /// The pattern to search this text with; [`Pattern::afford`] comes first.
    #[must_use]
    pub fn lend(&self, text: &str) -> Cow<'_, Regex> {
        if text.len() > SHORT_TEXT {
            Cow::Owned(self.regex.clone())
        } else {
            Cow::Borrowed(&self.regex)
        }
    }

    /// Bytes of its compiled form, at the most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
