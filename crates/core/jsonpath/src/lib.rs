//! Jayway's dialect of JSONPath, as translation maps are written in.
//!
//! **What this decides.** What a path means and what it finds. **What it does not:** what happens when nothing
//! is found (the action's defaults do), and how a value is printed.
//!
//! **The reference** is JsonPath 2.9 with its json-smart provider and no options: paths in use have operators
//! and functions that earlier versions refuse. It is the reference in what surprises, too, for authors tried
//! their paths until they worked on the platform. Of that:
//! - A path without `$` gets `$.` in front, so `.total` is `$..total`, a scan, and finds a list.
//! - What is missing in a definite path is an error, and so is what is missing in front of the first step that
//!   isn't definite; an index outside of its array is none there. Behind such a step it is skipped.
//! - A null is there: `[?(@.a)]` accepts it. What is missing equals nothing, and so differs from everything.
//! - A slice's step is ignored, and `[1:-1]` is empty.
//! - In a filter, a relation that makes no sense refuses the candidate, even below `!`; a list that holds
//!   lists or objects can't be searched, which is an error of the whole path.
//! - A text in a list loses its quotes and backslashes once more, when it is searched.
//! - `min max avg sum stddev` answer with a fraction. A function behind a scan is applied to the list of all
//!   that the scan finds, any other to each value; `length` counts what lies in the found values, then.
//! - The last character is left unread where a step could begin.
//!
//! What is not the reference's is the table of `tests/oracle/intended.rs`: `append` changes its result, never
//! the document. A reading is always the first of its path; the reference's paths change as they are used.
//!
//! **How.** A text becomes a `chain::Chain` of steps, filters in it (`compile`, `filter`). A
//! `read::Reader` follows the steps depth first and copies nothing that it doesn't give. A path of names and
//! indices alone is followed in a loop.
//!
//! **Bounds.** [`MAX_PATH_BYTES`], [`MAX_STEPS`], [`MAX_VISITS`], [`MAX_COPIED`], [`MAX_DEPTH`],
//! and the [`Meter`] of the calculation that a reading is part of. What filters and functions read from the
//! root of the document is read once, not for each candidate.
//!
//! **Tested** against the reference on generated paths and documents and on real ones (`tests/oracle`), by
//! example (`tests/dialect.rs`), and with random bytes (`tests/fuzz.rs`).

mod chain;
mod compile;
mod decimal;
mod filter;
mod found;
mod function;
mod literal;
mod number;
mod read;
mod stop;
mod text;

use chain::{Chain, Slots, Step};
use found::{Answer, Found};
use read::{Reader, Scope};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use stop::Stop;
use tollgate_meter::Meter;

/// The longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 4096;
/// The most steps in one path.
pub const MAX_STEPS: usize = 64;
/// The most places of a document one reading looks at.
pub const MAX_VISITS: usize = 1_000_000;
/// The most values one reading copies; 64 bytes of text count as one.
pub const MAX_COPIED: usize = 1_000_000;
/// The deepest that brackets, filters and paths nest in a path; four times as many steps may be followed into a
/// document, those of paths in paths included.
pub const MAX_DEPTH: usize = 128;

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {
    text: String,
    chain: Chain,
    slots: Slots,
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

/// A step that leads to one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainStep<'p> {
    /// To a member.
    Name(&'p str),
    /// To an item; negative from the end.
    Index(i32),
}

/// What keeps a path from finding anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadEnd<'p> {
    /// There is no function of this name.
    UnknownFunction(&'p str),
    /// Steps follow this function, which is given nothing: the reference looks for a member whose name begins
    /// with the function's closing bracket.
    BehindFunction(&'p str),
}

impl Path {
    /// Compiles a path.
    ///
    /// # Errors
    /// The text is no path of this dialect, or exceeds a bound.
    pub fn compile(text: &str) -> Result<Path, CompileError> {
        let (chain, slots) = compile::path(text, &Meter::default())?;
        Ok(Path {
            text: text.to_owned(),
            chain,
            slots,
        })
    }

    /// Whether the path yields one value rather than an array.
    pub fn is_definite(&self) -> bool {
        self.chain.definite
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The steps that lead to one place, up to the first that doesn't; and whether these are all.
    pub fn plain_steps(&self) -> (Vec<PlainStep<'_>>, bool) {
        let steps = self
            .chain
            .steps
            .iter()
            .map_while(|placed| match &placed.step {
                Step::Name(name) => Some(PlainStep::Name(name)),
                Step::Index(index) => Some(PlainStep::Index(*index)),
                _ => None,
            });
        let steps: Vec<_> = steps.collect();
        let all = steps.len() == self.chain.steps.len();
        (steps, all)
    }

    /// What keeps the path from finding anything, whatever the document is; none if nothing is known of it.
    pub fn dead_end(&self) -> Option<DeadEnd<'_>> {
        let mut steps = self
            .chain
            .steps
            .iter()
            .map(|placed| &placed.step)
            .peekable();
        while let Some(step) = steps.next() {
            let Step::Call(call) = step else { continue };
            if call.function.is_none() {
                return Some(DeadEnd::UnknownFunction(&call.name));
            }
            if matches!(steps.peek(), Some(Step::Name(name)) if name.starts_with(')')) {
                return Some(DeadEnd::BehindFunction(&call.name));
            }
        }
        None
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
        if self.chain.single && !document.is_null() {
            let found = self.walk(document, meter)?;
            meter.hold_copy(found).map_err(Stop::from)?;
            return Ok(found.clone());
        }
        let mut reader = Reader::new(&self.slots, meter);
        let answer = self.answer(document, &mut reader)?;
        Ok(reader.copy(answer)?)
    }

    /// Reads the path without copying what it finds: one value for a definite path, else each.
    ///
    /// # Errors
    /// As [`Path::read`].
    pub fn find<'a>(&'a self, document: &'a Value) -> Result<Vec<Cow<'a, Value>>, ReadError> {
        let meter = &Meter::default();
        if self.chain.single && !document.is_null() {
            return Ok(vec![Cow::Borrowed(self.walk(document, meter)?)]);
        }
        let mut reader = Reader::new(&self.slots, meter);
        Ok(match self.answer(document, &mut reader)? {
            Answer::One(found) => vec![found.into_cow()],
            Answer::List(found) => found.into_iter().map(Found::into_cow).collect(),
        })
    }

    /// The one value of a path of names and indices.
    #[inline]
    fn walk<'a>(&'a self, document: &'a Value, meter: &Meter) -> Result<&'a Value, ReadError> {
        let asked = meter.steps(self.chain.steps.len() as u64);
        asked.map_err(Stop::from)?;
        Ok(read::follow(&self.chain, document)?)
    }

    fn answer<'a>(
        &'a self,
        document: &'a Value,
        reader: &mut Reader<'_>,
    ) -> Result<Answer<'a>, ReadError> {
        if document.is_null() {
            return Err(ReadError::NotFound("the document is null".to_owned()));
        }
        let scope = Scope {
            root: document,
            strict: false,
        };
        let answered = reader.answer(&self.chain, document, scope);
        // Visits that the meter wasn't told of yet count as well, whatever came out.
        reader.settled()?;
        Ok(answered?)
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
