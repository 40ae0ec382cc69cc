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
//! **The reference** is JsonPath 2.0, with these differences, each because callers rely on it:
//! - `[-1]` counts from the end, and functions and `in`/`nin` exist (the reference lacks them);
//! - names and filter texts may stand in double quotes;
//! - a leading dot is taken from the root (`.total` is `$.total`, not a scan);
//! - past the first indefinite step nothing fails: what is absent there is skipped;
//! - in a filter, a comparison that makes no sense is false instead of an error;
//! - after `..` an index or a wildcard steps into exactly what it selects.
//!
//! A function that ends a path is applied to each match; after a path that starts with `..` it is applied
//! to the list of all of them. `min max avg sum` answer with a floating-point number.
//!
//! **Bounds.** [`MAX_PATH_BYTES`], [`MAX_STEPS`], [`MAX_VISITS`], [`MAX_DEPTH`].
//!
//! **Tested** against the reference on generated paths and documents (`tests/oracle.rs`) and by example
//! (`tests/dialect.rs`).

mod compare;
mod filter;
mod function;
mod parse;
mod read;
mod step;

use serde_json::Value;
use std::fmt;

/// The longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 4096;
/// The most steps in one path.
pub const MAX_STEPS: usize = 64;
/// The most places of a document one reading looks at.
pub const MAX_VISITS: usize = 1_000_000;
/// The deepest a scan descends, and the deepest filters nest.
pub const MAX_DEPTH: usize = 128;

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    text: String,
    steps: Vec<step::Step>,
    function: Option<function::Function>,
    definite: bool,
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
    /// A bound was reached.
    TooLarge(&'static str),
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
        Ok(Path {
            text: text.to_owned(),
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
        let whole = self.definite && matches!(self.steps.first(), Some(step::Step::Scan));
        let per_match = if whole { None } else { self.function };
        let mut found = read::matches(&self.steps, document, self.definite && !whole, per_match)?;
        if let (true, Some(function)) = (whole, self.function) {
            return function.apply(&Value::Array(found));
        }
        if !self.definite {
            return Ok(Value::Array(found));
        }
        found
            .pop()
            .ok_or_else(|| ReadError::NotFound(format!("nothing at {}", self.text)))
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
