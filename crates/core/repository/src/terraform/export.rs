//! What Terraform's values become in the export of a data action.

use super::value::Value;
use serde_json::{Map, Value as Json, json};

/// What an argument becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Flag,
    Number,
    /// Texts by name.
    Texts,
    /// A text of JSON, which the export holds as JSON.
    Document,
}

/// An argument's value as the export has it.
///
/// # Errors
/// It is of another kind: what was expected.
pub(super) fn converted(kind: Kind, value: &Value) -> Result<Json, String> {
    let wanted = |what: &str| format!("expected {what}, found {}", value.what());
    let text = |value: &Value, what: &str| value.to_text().ok_or_else(|| wanted(what));
    match kind {
        Kind::Text => Ok(json!(&*text(value, "a text")?)),
        Kind::Flag => value
            .to_bool()
            .map(|flag| json!(flag))
            .ok_or_else(|| wanted("true or false")),
        Kind::Number => match value.to_number().map(Value::number) {
            Some(Value::Number(number)) => Ok(Json::Number(number)),
            _ => Err(wanted("a number")),
        },
        Kind::Texts => {
            let Value::Map(entries) = value else {
                return Err(wanted("a map of texts"));
            };
            let entries = entries.iter();
            let all: Result<Map<String, Json>, String> = entries
                .filter(|(_, value)| **value != Value::Null)
                .map(|(key, value)| match value.to_text() {
                    Some(text) => Ok((key.clone(), json!(&*text))),
                    None => Err(format!("{key}: expected a text, found {}", value.what())),
                })
                .collect();
            Ok(Json::Object(all?))
        }
        Kind::Document => {
            let text = text(value, "a text of JSON; write jsonencode({ … })")?;
            tollgate_json::read(&text).map_err(|fault| {
                let (line, column) = (fault.line, fault.column);
                format!(
                    "this is not JSON: {} (its line {line}, column {column})",
                    fault.message
                )
            })
        }
    }
}

/// Puts a value into a document, with the objects above it.
pub(crate) fn put(document: &mut Json, path: &str, value: Json) {
    let mut at = document;
    for name in path.split('.') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
    }
    *at = value;
}

/// Whether a category is one of function data actions, as the provider tells them: in any letters, with `_` and
/// `-` for blanks.
pub(super) fn is_function(category: &str) -> bool {
    let category = category.to_lowercase().replace(['_', '-'], " ");
    category.contains("function data action")
}

/// The name of a block's argument, as messages say it.
pub(super) fn dotted(block: &str, name: &str) -> String {
    match block {
        "" => name.to_owned(),
        block => format!("{block}.{name}"),
    }
}
