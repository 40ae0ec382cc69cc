//! The output contract of an action whose errors are answered inline.

use serde_json::{Map, Value, json};

/// The contract of what `Tollgate-Errors: inline` answers: how the call ended, and the output where there is one.
pub(super) fn widened(schema: &Value) -> Value {
    let mut whole = Map::new();
    let mut result = schema.clone();
    if let Value::Object(fields) = schema {
        // A name of the whole schema's own would change what its references lead to.
        let is_name = |name: &str| ["id", "$id"].contains(&name) && schema[name].is_string();
        let kept = fields
            .iter()
            .filter(|(name, _)| *name != "$schema" && !is_name(name));
        result = Value::Object(
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        );
        let draft = fields.get_key_value("$schema");
        whole.extend(draft.map(|(name, value)| (name.clone(), value.clone())));
    }
    lead_below(&mut result);
    whole.extend([
        ("type".to_owned(), json!("object")),
        (
            "required".to_owned(),
            json!(["ok", "code", "status", "retryAfterMillis", "message"]),
        ),
        (
            "properties".to_owned(),
            json!({
                "ok": {"type": "boolean"},
                "code": {"type": "string"},
                "status": {"type": "integer"},
                "retryAfterMillis": {"type": "integer"},
                "message": {"type": "string"},
                "result": result,
            }),
        ),
    ]);
    whole.into()
}

/// Has references within a schema lead to where it lies now.
fn lead_below(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(to) if name == "$ref" && to.starts_with('#') => {
                        *to = format!("#/properties/result{}", &to[1..]);
                    }
                    value => lead_below(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(lead_below),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_lies_in_a_property_and_its_references_lead_there() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "https://example.com/order",
            "type": "object",
            "properties": {"id": {"$ref": "#/definitions/id"}, "whole": {"$ref": "#"}},
            "definitions": {"id": {"type": "string"}},
            "additionalProperties": false,
        });
        let widened = widened(&schema);
        assert_eq!(widened["$schema"], schema["$schema"]);
        let expected = json!({
            "type": "object",
            "properties": {
                "id": {"$ref": "#/properties/result/definitions/id"},
                "whole": {"$ref": "#/properties/result"},
            },
            "definitions": {"id": {"type": "string"}},
            "additionalProperties": false,
        });
        assert_eq!(widened["properties"]["result"], expected);
        assert_eq!(widened["properties"]["retryAfterMillis"]["type"], "integer");
    }
}
