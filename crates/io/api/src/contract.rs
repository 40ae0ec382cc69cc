//! Contracts as answers show them.

use serde_json::Value;
use tollgate_action::FlattenedSchema;

/// The contract with flattened schemas in the places of its schemas, as the platform shows the one or the other.
pub(crate) fn flattened(contract: &Value) -> Value {
    let mut shown = contract.clone();
    for (side, name) in [
        ("input", "inputSchema"),
        ("output", "successSchema"),
        ("output", "errorSchema"),
    ] {
        let Some(fields) = shown.get_mut(side).and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(schema) = fields.shift_remove(name).filter(|schema| !schema.is_null()) else {
            continue;
        };
        let flat = FlattenedSchema::of(&schema);
        // As the SDKs' models have it: of an input the schema alone.
        let flat = if side == "input" {
            flat.schema
        } else {
            flat.into_json()
        };
        fields.insert(format!("{name}Flattened"), flat);
    }
    shown
}
