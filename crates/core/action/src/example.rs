//! A value that fits a schema, always the same for the same schema.

use crate::contract::reference;
use serde_json::{Map, Number, Value};

/// How deep an example goes; a schema that is deeper gets nulls there.
const MAX_DEPTH: usize = 16;

/// The simplest value that is of the schema's kind: its default if that fits the kind, its first choice, or
/// a text, number, list or object of the smallest size allowed. A pattern is not followed.
pub(crate) fn of(schema: &Value) -> Value {
    value(schema, schema, "value", MAX_DEPTH)
}

fn value(root: &Value, schema: &Value, name: &str, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    let named = schema.get("$ref").and_then(Value::as_str);
    if let Some(named) = named.and_then(|named| reference::resolve(root, named)) {
        return value(root, named, name, depth - 1);
    }
    let kind = kind(schema);
    for given in ["const", "default", "example"] {
        if let Some(given) = schema.get(given).filter(|given| is_of(given, kind)) {
            return given.clone();
        }
    }
    if let Some(first) = schema.get("enum").and_then(|choices| choices.get(0)) {
        return first.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let (Some(first), "any") = (schema.get(choice).and_then(|all| all.get(0)), kind) {
            return value(root, first, name, depth - 1);
        }
    }
    match kind {
        "object" => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields = properties.into_iter().flatten().map(|(name, schema)| {
                let field = value(root, schema, name, depth - 1);
                (name.clone(), field)
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        "array" => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let wanted = count(schema, "minItems").clamp(1, 8);
            Value::Array(vec![value(root, items, name, depth - 1); wanted])
        }
        "integer" | "number" => {
            let least = schema.get("minimum").and_then(Value::as_i64);
            Value::Number(Number::from(least.unwrap_or(1)))
        }
        "boolean" => Value::Bool(true),
        "null" => Value::Null,
        _ => Value::String(text(schema, name)),
    }
}

/// A text that tells where it came from, of a length that the schema allows.
fn text(schema: &Value, name: &str) -> String {
    let (least, most) = (count(schema, "minLength"), count(schema, "maxLength"));
    let mut text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-05T09:00:00Z".to_owned(),
        Some("date") => "2026-01-05".to_owned(),
        Some("email") => "kim@example.com".to_owned(),
        Some("uri") => "https://example.com/".to_owned(),
        Some("uuid") => "00000000-0000-4000-8000-000000000001".to_owned(),
        _ => format!("{name}-1"),
    };
    while text.chars().count() < least.min(1024) {
        text.push('x');
    }
    if most > 0 {
        text = text.chars().take(most).collect();
    }
    text
}

fn kind(schema: &Value) -> &str {
    let named = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first(),
        other => other,
    };
    let implied = || match (schema.get("properties"), schema.get("items")) {
        (Some(_), _) => "object",
        (None, Some(_)) => "array",
        _ => "any",
    };
    named.and_then(Value::as_str).unwrap_or_else(implied)
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn count(schema: &Value, name: &str) -> usize {
    let count = schema.get(name).and_then(Value::as_u64).unwrap_or(0);
    usize::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::json;

    #[test]
    fn an_example_is_of_the_schemas_kind() {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"}, "page": {"type": "integer", "default": "1"},
            "size": {"type": "integer", "default": 25}, "kind": {"enum": ["a", "b"]},
            "rows": {"type": "array", "items": {"properties": {"id": {"type": ["null", "string"]}}}},
            "code": {"type": "string", "minLength": 8, "maxLength": 8}, "any": {}, "flag": {"$ref": "#/definitions/flag"}},
            "definitions": {"flag": {"type": "boolean"}}});
        let expected = json!({"name": "name-1", "page": 1, "size": 25, "kind": "a",
            "rows": [{"id": null}], "code": "code-1xx", "any": "any-1", "flag": true});
        assert_eq!(of(&schema), expected);
    }
}
