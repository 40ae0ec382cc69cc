//! The text of a value, as `concat` joins it.

use crate::found::Found;
use crate::number;
use serde_json::Value;
use std::fmt::Write as _;

/// Adds the texts of a parameter: of each item of a list but nulls, or of the value.
pub(super) fn concat(found: &Found<'_>, text: &mut String) {
    match found {
        Found::Names(names) => {
            text.push('[');
            for (at, name) in names.as_array().into_iter().flatten().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                plain(name, text);
            }
            text.push(']');
        }
        other => match other.value() {
            Some(Value::Array(items)) => items
                .iter()
                .filter(|item| !item.is_null())
                .for_each(|item| plain(item, text)),
            Some(Value::Null) | None => {}
            Some(value) => plain(value, text),
        },
    }
}

/// Java's `toString`: lists as JSON, objects as `{name=value}`.
fn plain(value: &Value, text: &mut String) {
    match value {
        Value::String(it) => text.push_str(it),
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                text.push_str(name);
                text.push('=');
                plain(member, text);
            }
            text.push('}');
        }
        other => json(other, text),
    }
}

fn json(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(it) => text.push_str(if *it { "true" } else { "false" }),
        Value::Number(number) => match number::printed(number.as_str()) {
            Some(printed) => text.push_str(&printed),
            None => text.push_str("Infinity"),
        },
        Value::String(it) => quoted(it, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                json(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                quoted(name, text);
                text.push(':');
                json(member, text);
            }
            text.push('}');
        }
    }
}

fn quoted(content: &str, text: &mut String) {
    text.push('"');
    for letter in content.chars() {
        match letter {
            '"' | '\\' | '/' => {
                text.push('\\');
                text.push(letter);
            }
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => {
                let _ = write!(text, "\\u{:04X}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
}
