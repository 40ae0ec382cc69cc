//! Values from outside, checked before anything is written: `Invalid` names the field and says why.

use crate::error::{Invalid, StoreResult};
use crate::limits;

/// Checks a name: 1–256 characters, none of them a control character.
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

/// Checks free text, which may be empty.
pub(super) fn text(field: &str, text: &str) -> StoreResult<()> {
    if text.chars().count() > limits::TEXT_CHARS {
        return Err(Invalid::new(field, "has more than 16384 characters").into());
    }
    no_nul(field, text)
}

/// Checks a document that isn't JSON.
pub(super) fn document(field: &str, text: &str) -> StoreResult<()> {
    if text.len() > limits::DOCUMENT_BYTES {
        return Err(Invalid::new(field, "is larger than 1 MiB").into());
    }
    no_nul(field, text)
}

/// Refuses NUL characters: PostgreSQL can't keep them, and SQLite shouldn't differ.
fn no_nul(field: &str, text: &str) -> StoreResult<()> {
    if text.contains('\0') {
        return Err(Invalid::new(field, "holds a NUL character").into());
    }
    Ok(())
}

/// Checks the key of a data table's row.
pub(super) fn row_key(key: &str) -> StoreResult<()> {
    if !(1..=limits::ROW_KEY_CHARS).contains(&key.chars().count()) || key.contains('\0') {
        return Err(Invalid::new("key", "must have 1 to 256 characters, none of them NUL").into());
    }
    Ok(())
}

/// Checks that a collection has at most so many entries.
pub(super) fn at_most(field: &str, count: usize, limit: usize) -> StoreResult<()> {
    if count > limit {
        return Err(
            Invalid::new(field, format!("has {count} entries; at most {limit} fit")).into(),
        );
    }
    Ok(())
}

/// The form of a name that names are compared by: all in lower case.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}
