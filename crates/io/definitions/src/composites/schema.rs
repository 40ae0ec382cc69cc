//! What JSON Schemas say of the places within a value.
//!
//! Only what all drafts say alike is looked at: types, members, items, and which members have to be there. A schema that
//! is put together of others (`$ref`, `allOf` and the like) isn't taken apart: what lies within may be anything.

use serde_json::{Map, Value, json};
use tollgate_config::did_you_mean;
use tollgate_jsonpath::PlainStep;

/// The most members that an error lists.
const TOLD: usize = 12;

/// What lies at a place.
pub(super) struct Place {
    /// Its schema, reduced.
    pub(super) schema: Value,
    /// Whether there is a value, in every value of the schema around it.
    pub(super) certain: bool,
}

impl Place {
    pub(super) fn anything() -> Self {
        Self {
            schema: json!({}),
            certain: false,
        }
    }
}

/// What lies where the steps lead.
///
/// # Errors
/// Nothing can lie there, and why.
pub(super) fn follow(mut schema: &Value, steps: &[PlainStep<'_>]) -> Result<Place, String> {
    let mut certain = true;
    for step in steps {
        let kind = schema.get("type").and_then(Value::as_str);
        let next = match (step, kind) {
            (PlainStep::Name(name), None | Some("object")) => {
                let known = schema.get("properties").and_then(Value::as_object);
                let member = known.and_then(|known| known.get(*name));
                if let (Some(known), None) = (known, member)
                    && !known.is_empty()
                    && is_closed(schema)
                {
                    return Err(no_member(name, known));
                }
                let names = schema.get("required").and_then(Value::as_array);
                certain &= names.is_some_and(|names| names.iter().any(|it| it == name));
                member
            }
            (PlainStep::Index(_), None | Some("array")) => {
                certain = false;
                schema.get("items").filter(|items| items.is_object())
            }
            (PlainStep::Name(name), Some(kind)) => {
                return Err(format!("{name:?} would be in a value of the type {kind}"));
            }
            (PlainStep::Index(index), Some(kind)) => {
                return Err(format!("[{index}] would be in a value of the type {kind}"));
            }
        };
        match next {
            Some(next) => schema = next,
            None => return Ok(Place::anything()),
        }
    }
    Ok(Place {
        schema: reduced(schema),
        certain,
    })
}

/// Whether an object has no members but the ones that the schema names, as far as its author is likely to mean so.
fn is_closed(schema: &Value) -> bool {
    let open = ["$ref", "allOf", "anyOf", "oneOf", "patternProperties"];
    let more = schema.get("additionalProperties");
    !open.iter().any(|word| schema.get(word).is_some())
        && !more.is_some_and(|more| more.is_object())
}

fn no_member(name: &str, known: &Map<String, Value>) -> String {
    let meant = did_you_mean(name, known.keys().map(String::as_str));
    let names: Vec<_> = known.keys().take(TOLD).map(String::as_str).collect();
    let more = if known.len() > TOLD { ", …" } else { "" };
    format!(
        "there is no {name:?} among {}{more}{meant}",
        names.join(", ")
    )
}

/// The part of a schema that means the same in every draft and every place.
pub(super) fn reduced(schema: &Value) -> Value {
    let mut left = Map::new();
    let Some(fields) = schema.as_object() else {
        return Value::Object(left);
    };
    for (word, value) in fields {
        let kept = match (word.as_str(), value) {
            ("title" | "description", Value::String(_)) => value.clone(),
            ("type", Value::String(_) | Value::Array(_)) => value.clone(),
            ("properties", Value::Object(members)) => {
                let members = members.iter();
                let members = members.map(|(name, member)| (name.clone(), reduced(member)));
                Value::Object(members.collect())
            }
            ("items", Value::Object(_)) => reduced(value),
            ("required", Value::Array(names)) if !names.is_empty() => value.clone(),
            _ => continue,
        };
        left.insert(word.clone(), kept);
    }
    Value::Object(left)
}

/// Whether a value is of the schema's type.
pub(super) fn is_of(value: &Value, schema: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    match schema.get("type") {
        None => true,
        Some(Value::Array(kinds)) => kinds.iter().any(is),
        Some(kind) => is(kind),
    }
}

/// The types that a schema names, in words.
pub(super) fn kind_of(schema: &Value) -> String {
    match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}
