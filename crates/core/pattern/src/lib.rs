//! Java's regular expressions, each match of them metered.
//!
//! **What this decides.** What a pattern of `java.util.regex` (Java 17) matches, and by which of two
//! matchers that is found out. Authors write patterns for a platform that runs Java: they rely on
//! look-ahead, on `$` before a line end, on `\w` being of ASCII, and on what a repeated group has captured.
//! **What it does not:** which methods have patterns, and what their results become.
//!
//! **Two matchers.** A pattern that linear time suffices for is translated and matched by the `regex` crate:
//! no text makes that slow, and what it costs is known before. The others are matched by a machine that
//! goes back, as Java's does, with its stack on the heap and each of its moves counted. Nothing recurses
//! over a text, no text is too long, and a pattern that would take exponential time ends when the steps of
//! its execution are used, with an error that names the pattern. Both matchers give what Java gives; which
//! one it is shows in nothing but the cost. A few places mean the same to both only in texts without
//! certain characters (`$` before a last line end is one): `src/linear.rs` says which; other texts are
//! matched by the machine.
//!
//! **Why not a crate that goes back.** `fancy-regex` was tried: `(?s)(?=.*x)` takes 95 seconds in a text of
//! 100 kB, for its limit counts what it takes back, not what it hands on to the `regex` crate; look-behind
//! of several lengths is refused; and its rules are Perl's and Oniguruma's, where Java has its own for
//! repeated groups, line ends, words and classes.
//!
//! **Inputs and outputs.** [`Pattern::compile`] takes a text and [`Flags`]. [`Pattern::matches`],
//! [`Pattern::finds`], [`Pattern::search`], [`Pattern::replace`] and [`Pattern::split`] do what the methods
//! of Java's `String` and `Matcher` do. All of them ask a [`Meter`].
//!
//! **Invariants.** *As Java*: tested against Java itself in `tests/oracle`. *Both alike*: the machine and
//! the linear form find the same (`tests/laws.rs`). *It ends*: within the meter's steps and bytes, and classes are bounded
//! (`tests/laws.rs`).
//!
//! **What differs from Java.** A text has no lone surrogates, so that nothing matches in the middle of a
//! character. The tables of Unicode are newer than those of Java 17. `(?c)` and `\N{…}` are refused, groups
//! may nest 100 deep, and a pattern may have [`MAX_BYTES`].

mod error;
mod fold;
mod linear;
mod machine;
mod parse;
mod program;
mod replace;
mod search;
mod set;
mod study;
mod tree;
mod words;

pub use error::Error;
pub use search::{Search, Span};

use linear::Linear;
use program::Program;
use std::sync::OnceLock;
use tollgate_meter::{Exhausted, Meter, PatternError};
use tree::Tree;

/// The longest pattern, in bytes.
pub const MAX_BYTES: usize = 4096;
/// The most ranges of characters in all classes of a pattern, which is kept as long as its template: `(?U)\w` alone
/// has 770, and 8 bytes are a range.
pub const MAX_RANGES: usize = 32_768;
/// The largest linear form, in bytes; a larger one is left to the machine, which needs no more for it.
const MAX_LINEAR: usize = 1 << 18;
/// Steps that it takes to read a byte of a linear form.
const STEPS_PER_BYTE: u64 = 2;
/// Characters of a pattern that an error shows.
const SHOWN: usize = 40;

/// What changes the meaning of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// `i`: letters of ASCII are the same in both cases.
    pub const ANY_CASE: Flags = Flags(1);
    /// `m`: `^` and `$` are at lines, too.
    pub const MULTI_LINE: Flags = Flags(2);
    /// `s`: `.` takes line ends.
    pub const DOT_ALL: Flags = Flags(4);
    /// `d`: only `\n` ends a line.
    pub const UNIX_LINES: Flags = Flags(8);
    /// `u`: with `i`, all letters are the same in both cases.
    pub const UNICODE_CASE: Flags = Flags(16);
    /// `x`: spaces and comments are passed over.
    pub const COMMENTS: Flags = Flags(32);
    /// `U`: classes such as `\w` are Unicode's; `u` is set with it.
    pub const UNICODE_CLASSES: Flags = Flags(Flags::CLASSES.0 | Flags::UNICODE_CASE.0);
    /// `U` alone, as it remains after `(?U-u)`.
    const CLASSES: Flags = Flags(64);

    /// The flag of a letter, as `(?i)` has it.
    #[must_use]
    pub fn of_letter(letter: char) -> Option<Flags> {
        Some(match letter {
            'i' => Flags::ANY_CASE,
            'm' => Flags::MULTI_LINE,
            's' => Flags::DOT_ALL,
            'd' => Flags::UNIX_LINES,
            'u' => Flags::UNICODE_CASE,
            'x' => Flags::COMMENTS,
            'U' => Flags::UNICODE_CLASSES,
            _ => return None,
        })
    }

    /// Sets these, too.
    pub fn set(&mut self, flags: Flags) {
        self.0 |= flags.0;
    }

    fn unset(&mut self, flags: Flags) {
        self.0 &= !flags.0;
    }

    fn has(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    text: Box<str>,
    tree: Tree,
    linear: Result<Linear, &'static str>,
    /// The linear form to search with, and to match whole texts with; nothing, if it is too large.
    find: OnceLock<Option<tollgate_meter::Pattern>>,
    whole: OnceLock<Option<tollgate_meter::Pattern>>,
    program: OnceLock<Program>,
}

/// What in a pattern keeps it from being matched in linear time, if anything does.
///
/// # Errors
/// It is too long or malformed.
pub fn nonlinear(text: &str, flags: Flags) -> Result<Option<&'static str>, Error> {
    let meter = Meter::default();
    let pattern = Pattern::compile(text, flags, &meter)?;
    Ok(pattern.nonlinear(&meter))
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// It is too long or malformed, or the meter stops it.
    pub fn compile(text: &str, flags: Flags, meter: &Meter) -> Result<Pattern, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::TooLong);
        }
        let tree = parse::parse(text, flags, meter)?;
        if study::ranges(&tree.root) > MAX_RANGES {
            return Err(Error::TooLarge);
        }
        Ok(Pattern {
            text: text.into(),
            linear: linear::translate(&tree),
            tree,
            find: OnceLock::new(),
            whole: OnceLock::new(),
            program: OnceLock::new(),
        })
    }

    /// Whether it has a form that takes linear time.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        self.linear.is_ok()
    }

    /// What keeps it from being matched in linear time.
    fn nonlinear(&self, meter: &Meter) -> Option<&'static str> {
        let linear = match &self.linear {
            Ok(linear) => linear,
            Err(reason) => return Some(reason),
        };
        match self.compiled(linear, false, meter) {
            Ok(None) => Some(linear::TOO_LARGE),
            _ => None,
        }
    }

    /// Groups, the whole match included.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.tree.groups as usize
    }

    /// The group of a name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<usize> {
        let mut names = self.tree.names.iter();
        let found = names.find(|(known, _)| known == name);
        found.map(|(_, group)| *group as usize)
    }

    /// The linear form, compiled once; nothing, if it is too large.
    fn compiled(
        &self,
        linear: &Linear,
        whole: bool,
        meter: &Meter,
    ) -> Result<Option<&tollgate_meter::Pattern>, Exhausted> {
        let cell = if whole { &self.whole } else { &self.find };
        if let Some(known) = cell.get() {
            return Ok(known.as_ref());
        }
        // It is read once for each size that is tried.
        meter.steps(linear.source.len() as u64 * STEPS_PER_BYTE)?;
        let built = if whole {
            let whole = format!("\\A(?:{})\\z", linear.source);
            tollgate_meter::Pattern::compile_to(&whole, MAX_LINEAR, meter)
        } else {
            tollgate_meter::Pattern::compile_to(&linear.source, MAX_LINEAR, meter)
        };
        let built = match built {
            Ok(pattern) => Some(pattern),
            Err(PatternError::Stopped(exhausted)) => return Err(exhausted),
            Err(PatternError::TooLarge | PatternError::Malformed(_)) => None,
        };
        Ok(cell.get_or_init(|| built).as_ref())
    }

    /// The linear form, if it gives for this text what is wanted.
    fn linear_for(
        &self,
        text: &str,
        whole: bool,
        groups: bool,
        meter: &Meter,
    ) -> Result<Option<&tollgate_meter::Pattern>, Exhausted> {
        match &self.linear {
            Ok(linear) if (linear.exact_groups || !groups) && linear.suits(text) => {
                self.compiled(linear, whole, meter)
            }
            _ => Ok(None),
        }
    }

    fn program(&self) -> &Program {
        self.program.get_or_init(|| program::compile(&self.tree))
    }

    /// What stopped the machine, which had so many steps.
    fn stopped(&self, exhausted: Exhausted, steps: u64) -> Error {
        match exhausted {
            Exhausted::Steps(_) => Error::Runaway {
                pattern: self.text.chars().take(SHOWN).collect(),
                steps,
            },
            other => Error::Exhausted(other),
        }
    }
}
