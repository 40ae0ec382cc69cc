//! Reads JSON that others wrote: the only door by which it comes in.
//!
//! *Decides* how deep a text may be nested, and that every object is read as an object. *Doesn't decide*
//! how long a text may be: who holds a text has bounded its bytes already. An object that people wrote is read
//! field by field ([`Doc`]).
//!
//! **Depth.** Reading, printing, comparing and dropping a nested value all recurse, so the depth of a value
//! is a matter of the stack, and the stack's end is the process's end. The depth is therefore counted in the
//! text, by one pass without recursion (`scan`), before `serde_json` sees it. No text can hide brackets
//! from that pass: as far as a text is JSON, the pass and the parser agree on where strings begin and end,
//! and the parser stops where it is none.
//!
//! **Private keys.** Some features of `serde_json` speak with its parser through objects with a key of their
//! own: with `arbitrary_precision` an object `{"$serde_json::private::Number": "1"}` is read as the number 1,
//! with `raw_value` one of another name is parsed anew, with a depth of its own. Whoever writes such a key
//! into a text has that done to it. Here every key of this form gets one more `$` in front before it is
//! parsed, and loses it afterwards (`private`): the parser never meets its own keys, and what is read is
//! what the text says.
//!
//! A value in which such a key was read must not go through serde again as a `Value` (`from_value`); as
//! text, it may.
//!
//! Invariants, tested in `tests/reader.rs` against a plain reference: *a text is read if and only if it is
//! JSON within the depth*; *what is read is what the reference reads*; *a place lies in the text*.

mod doc;
mod fault;
mod private;
mod scan;

pub use doc::{Doc, DocError};
pub use fault::Fault;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most levels of lists and objects of a text that has no closer bound of its own: as many as `serde_json`
/// itself takes. A scalar has no level.
pub const MAX_DEPTH: usize = 127;

/// The one value of a text, of at most [`MAX_DEPTH`] levels.
///
/// # Errors
/// The text isn't JSON, or is nested deeper.
pub fn read(text: &str) -> Result<Value, Fault> {
    read_within(text, MAX_DEPTH)
}

/// The one value of a text, of at most so many levels; never more than [`MAX_DEPTH`].
///
/// # Errors
/// The text isn't JSON, or is nested deeper.
pub fn read_within(text: &str, levels: usize) -> Result<Value, Fault> {
    let safe = private::mark(text, scan::scan(text, levels.min(MAX_DEPTH))?);
    let read = serde_json::from_str(safe.text());
    read.map(|value| safe.unmark(value))
        .map_err(|error| safe.fault(&error))
}

/// The first value of a text, of at most so many levels, as Java's readers take it: what follows is left
/// alone. Also the byte at which the value ends.
///
/// # Errors
/// The text is empty, or its first value isn't JSON or is nested deeper.
pub fn read_first(text: &str, levels: usize) -> Result<(Value, usize), Fault> {
    let found = scan::scan_first(text, levels.min(MAX_DEPTH))?;
    let safe = private::mark(text, found);
    let mut values = serde_json::Deserializer::from_str(safe.text()).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => {
            let end = safe.origin(values.byte_offset());
            Ok((safe.unmark(value), end))
        }
        Some(Err(error)) => Err(safe.fault(&error)),
        None => Err(Fault::at_end(text, "the text is empty")),
    }
}

/// The one value of a text in UTF-8, of at most [`MAX_DEPTH`] levels.
///
/// # Errors
/// The text isn't UTF-8 or isn't JSON, or is nested deeper.
pub fn read_bytes(text: &[u8]) -> Result<Value, Fault> {
    read(utf8(text)?)
}

/// The one value of a text, read into a type of its own, which holds no [`Value`].
///
/// # Errors
/// The text isn't JSON, is nested deeper than [`MAX_DEPTH`] levels, or says something else.
pub fn read_as<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let safe = private::mark(text, scan::scan(text, MAX_DEPTH)?);
    serde_json::from_str(safe.text()).map_err(|error| safe.fault(&error))
}

/// The one value of a text in UTF-8, read into a type of its own, which holds no [`Value`].
///
/// # Errors
/// As [`read_as`]; or the text isn't UTF-8.
pub fn read_bytes_as<T: DeserializeOwned>(text: &[u8]) -> Result<T, Fault> {
    read_as(utf8(text)?)
}

/// Whether a text is JSON of at most [`MAX_DEPTH`] levels that [`read`] would read, without keeping it.
///
/// # Errors
/// As [`read`].
pub fn check(text: &str) -> Result<(), Fault> {
    read(text).map(drop)
}

/// Whether a text opens more than `levels` brackets within each other, whether or not it is JSON.
#[must_use]
pub fn text_deeper_than(text: &str, levels: usize) -> bool {
    scan::scan(text, levels).is_err()
}

/// How many levels of lists and objects a value has; a scalar has none.
#[must_use]
pub fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

fn utf8(text: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(text).map_err(|error| {
        let (sound, _) = text.split_at(error.valid_up_to());
        Fault::at_end(&String::from_utf8_lossy(sound), "the text is not UTF-8")
    })
}
