//! Jayway's dialect of JSONPath, as translation maps are written in.
//!
//! **What this decides.** What a path means and what it finds: `$ . .. [*] [n] [-1] [a:b] [a,b] ['name']
//! ['a','b'] [?(…)]`, filters with `== != < <= > >= =~ in nin && || !`, and the closing functions
//! `length() size() min() max() avg() sum()`. **What it does not:** what happens when nothing is found
//! (the action's defaults do), and how a value is printed.
//!
//! **Definite or not.** A path of names and single indices is *definite*: it yields the one value, or
//! [`ReadError::NotFound`]. Any other yields an array. In such a path the steps before the first
//! indefinite one are *certain* places: an index that lies outside, or a step into something of the wrong
//! kind, fails there as it does in a definite path, so that a default applies; a missing name, and
//! whatever doesn't fit further on, is skipped.
//!
//! **The reference** is JsonPath 2.0, with differences: paths in use show that data actions run on a later
//! one. The table is `tests/oracle/intended.rs`:
//! - `[-1]` counts from the end, and functions and `in`/`nin` exist;
//! - names and filter texts may stand in double quotes, and brackets group in filters;
//! - a leading dot is taken from the root (`.total` is `$.total`, not a scan);
//! - past the first indefinite step nothing fails: what is absent there is skipped;
//! - in a filter, a comparison that makes no sense is false instead of an error;
//! - after `..` an index or a wildcard steps into exactly what it selects.
//!
//! A function that ends a path is applied to each match; after a path that starts with `..` it is applied
//! to the list of all of them. `min max avg sum` answer with a floating-point number.
//!
//! **Bounds.** [`MAX_PATH_BYTES`], [`MAX_STEPS`], [`MAX_VISITS`], [`MAX_COPIED`], [`MAX_DEPTH`],
//! and the [`Meter`] of the calculation that a reading is part of.
//!
//! **Tested** against the reference on generated paths and documents and on real ones (`tests/oracle`), by
//! example (`tests/dialect.rs`), and with random bytes (`tests/fuzz.rs`).

mod compare;
mod decimal;
mod filter;
mod function;
mod parse;
mod read;
mod step;

use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use tollgate_meter::{Exhausted, Meter};

/// The longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 4096;
/// The most steps in one path.
pub const MAX_STEPS: usize = 64;
/// The most places of a document one reading looks at.
pub const MAX_VISITS: usize = 1_000_000;
/// The most values one reading copies; 64 bytes of text count as one.
pub const MAX_COPIED: usize = 1_000_000;
/// The deepest a scan descends, and the deepest filters nest.
pub const MAX_DEPTH: usize = 128;

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    text: String,
    steps: Vec<step::Step>,
    function: Option<function::Function>,
    definite: bool,
    /// Names and indices only.
    single: bool,
}

/// A text that is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// Byte of the path at which reading stopped, from 0.
    pub offset: usize,
    /// What was found and what was expected.
    pub message: String,
}

/// A document in which a path could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing lies where the path points; says at which step.
    NotFound(String),
    /// A bound was reached, of the reading or of the calculation that it is part of.
    TooLarge(&'static str),
}

impl From<Exhausted> for ReadError {
    fn from(exhausted: Exhausted) -> Self {
        ReadError::TooLarge(match exhausted {
            Exhausted::Steps(_) => "stopped after all the steps that one execution may take",
            Exhausted::Bytes(_) => "stopped: it would hold more bytes than one execution may",
            Exhausted::Piece => "stopped: a text is too long for so large a pattern",
            Exhausted::Interrupted => "stopped: it took too long, or nobody waits for it any more",
        })
    }
}

impl Path {
    /// Compiles a path.
    ///
    /// # Errors
    /// The text is no path of this dialect, or exceeds a bound.
    pub fn compile(text: &str) -> Result<Path, CompileError> {
        let (steps, function) = parse::path(text)?;
        let whole = function.is_some() && matches!(steps.first(), Some(step::Step::Scan));
        let definite = whole || steps.iter().all(step::Step::is_definite);
        let walks = |step: &step::Step| matches!(step, step::Step::Name(_) | step::Step::Index(_));
        Ok(Path {
            text: text.to_owned(),
            single: function.is_none() && steps.iter().all(walks),
            steps,
            function,
            definite,
        })
    }

    /// Whether the path yields one value rather than an array.
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads the path in a document: the value for a definite path, else an array.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], or a bound.
    pub fn read(&self, document: &Value) -> Result<Value, ReadError> {
        self.read_within(document, &Meter::default())
    }

    /// Reads the path as part of a larger calculation. What it gives stays counted as held.
    ///
    /// # Errors
    /// As [`Path::read`]; or the meter stops it.
    pub fn read_within(&self, document: &Value, meter: &Meter) -> Result<Value, ReadError> {
        if self.single {
            let found = self.walk(document, meter)?;
            meter.hold_copy(found)?;
            return Ok(found.clone());
        }
        let whole = self.definite && matches!(self.steps.first(), Some(step::Step::Scan));
        let per_match = if whole { None } else { self.function };
        let definite = self.definite && !whole;
        let found = read::matches(&self.steps, document, definite, per_match, meter)?;
        let mut room = MAX_COPIED;
        for value in found.iter().filter(|it| matches!(it, Cow::Borrowed(_))) {
            read::weigh(value, &mut room)?;
            meter.hold_copy(value)?;
        }
        meter.release(found.len() * read::FOUND);
        let mut found = found.into_iter().map(Cow::into_owned);
        if let (true, Some(function)) = (whole, self.function) {
            return function.apply(&Value::Array(found.collect()));
        }
        if !self.definite {
            return Ok(Value::Array(found.collect()));
        }
        let last = found.next_back();
        last.ok_or_else(|| ReadError::NotFound(format!("nothing at {}", self.text)))
    }

    /// Reads the path without copying what it finds: one value for a definite path, else each.
    ///
    /// # Errors
    /// As [`Path::read`].
    pub fn find<'a>(&self, document: &'a Value) -> Result<Vec<Cow<'a, Value>>, ReadError> {
        let meter = &Meter::default();
        if self.single {
            let found = self.walk(document, meter)?;
            return Ok(vec![Cow::Borrowed(found)]);
        }
        if self.function.is_some() {
            return self.read(document).map(|found| vec![Cow::Owned(found)]);
        }
        let found = read::matches(&self.steps, document, self.definite, None, meter)?;
        if self.definite && found.is_empty() {
            return Err(ReadError::NotFound(format!("nothing at {}", self.text)));
        }
        Ok(found)
    }

    /// The one value of a definite path, if it is there.
    #[inline]
    fn one<'a>(
        &self,
        document: &'a Value,
        meter: &Meter,
    ) -> Result<Option<Cow<'a, Value>>, Exhausted> {
        if self.single {
            meter.steps(self.steps.len() as u64)?;
            return Ok(self.follow(document).ok().map(Cow::Borrowed));
        }
        self.last(document, meter)
    }

    /// The one value of a path that is followed by searching.
    #[cold]
    fn last<'a>(
        &self,
        document: &'a Value,
        meter: &Meter,
    ) -> Result<Option<Cow<'a, Value>>, Exhausted> {
        let found = self.read_within(document, meter);
        match meter.stopped() {
            Some(exhausted) => Err(exhausted),
            None => Ok(found.ok().map(Cow::Owned)),
        }
    }

    fn walk<'a>(&self, document: &'a Value, meter: &Meter) -> Result<&'a Value, ReadError> {
        meter.steps(self.steps.len() as u64)?;
        self.follow(document)
    }

    #[inline]
    fn follow<'a>(&self, document: &'a Value) -> Result<&'a Value, ReadError> {
        let mut value = document;
        for step in &self.steps {
            value = read::single(step, value)?;
        }
        Ok(value)
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.offset + 1, self.message)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotFound(message) => f.write_str(message),
            ReadError::TooLarge(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for CompileError {}
impl std::error::Error for ReadError {}
