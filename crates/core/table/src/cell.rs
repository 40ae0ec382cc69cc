//! Cells of CSV files as values, and values as cells.

use crate::column::{Column, Kind};
use serde_json::Value;

/// The value of a cell; none where it leaves its column out.
pub(crate) fn read(column: &Column, cell: &str) -> Result<Option<Value>, String> {
    let text = cell.trim();
    if column.kind == Kind::String {
        return Ok(Some(Value::String(cell.to_owned())));
    }
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        let found: String = text.chars().take(40).collect();
        format!("expected {}, found {found:?}.", column.kind.word())
    };
    let value = match column.kind {
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        Kind::Integer | Kind::Number => {
            let number = tollgate_json::read_within(text, 0).ok();
            number.filter(Value::is_number).ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    if column.kind == Kind::Integer && !(value.is_i64() || value.is_u64()) {
        return Err(wrong());
    }
    Ok(Some(value))
}

/// A value as a cell, quoted where it has to be.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Null => {}
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
}

pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    // A line of one empty cell would be no row at all, and spaces at the ends are cut by some readers.
    let is_plain =
        !text.is_empty() && text.trim() == text && !text.contains([',', '"', '\r', '\n']);
    if is_plain {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}
