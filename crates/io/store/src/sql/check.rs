//! Values from outside, checked before anything is written.

use crate::error::{Invalid, StoreResult};
use crate::limits;

/// A name: 1–256 characters, none of them a control character.
pub(super) fn name(field: &str, text: &str) -> StoreResult<()> {
    let length = text.chars().count();
    if !(1..=limits::NAME_CHARS).contains(&length) {
        return Err(Invalid::new(field, "must have 1 to 256 characters").into());
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(field, "holds a control character").into());
    }
    Ok(())
}

/// Free text, perhaps empty.
pub(super) fn text(field: &str, text: &str) -> StoreResult<()> {
    if text.chars().count() > limits::TEXT_CHARS {
        return Err(Invalid::new(field, "has more than 16384 characters").into());
    }
    no_nul(field, text)
}

/// A document that isn't JSON.
pub(super) fn document(field: &str, text: &str) -> StoreResult<()> {
    if text.len() > limits::DOCUMENT_BYTES {
        return Err(Invalid::new(field, "is larger than 1 MiB").into());
    }
    no_nul(field, text)
}

/// PostgreSQL can't keep it; SQLite shouldn't differ.
fn no_nul(field: &str, text: &str) -> StoreResult<()> {
    if text.contains('\0') {
        return Err(Invalid::new(field, "holds a NUL character").into());
    }
    Ok(())
}

/// At most so many.
pub(super) fn at_most(field: &str, count: usize, limit: usize) -> StoreResult<()> {
    if count > limit {
        return Err(
            Invalid::new(field, format!("has {count} entries; at most {limit} fit")).into(),
        );
    }
    Ok(())
}

/// What names are compared by: the text in lower case.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}
