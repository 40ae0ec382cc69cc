//! Schemas in the flattened form.

use super::{Shape, join};
use crate::MAX_JSON_DEPTH;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A schema that describes the flattened form of what another describes (the SDKs'
/// `FlattenedJsonSchemaDocument`).
#[derive(Debug, Clone, PartialEq)]
pub struct FlattenedSchema {
    /// The schema: one level of properties, where what is described has any.
    pub schema: Value,
    /// The flattened names of what was an array.
    pub array_properties: Vec<String>,
}

impl FlattenedSchema {
    /// Flattens a schema. Of two properties whose flattened names are the same, the first is described.
    pub fn of(schema: &Value) -> FlattenedSchema {
        let (schema, array_properties) = flattened(schema);
        FlattenedSchema {
            schema,
            array_properties,
        }
    }

    /// As the platform writes it: `{schema, arrayProperties}`.
    pub fn into_json(self) -> Value {
        json!({"schema": self.schema, "arrayProperties": self.array_properties})
    }
}

fn flattened(schema: &Value) -> (Value, Vec<String>) {
    let shape = Shape::of(schema);
    let mut names = Names::default();
    let top = match shape.spread_items() {
        Some(items) if shape.properties.is_empty() => {
            names.below(items, None, 1, true);
            items
        }
        _ if shape.properties.is_empty() => {
            names.closed = shape.closed;
            &shape
        }
        _ => {
            names.below(&shape, None, 0, true);
            &shape
        }
    };
    // A text, a list of texts or an array of anything has no names: it stays what it is.
    if !top.is_spread() && schema.get("type").is_some_and(|kind| kind != "object") {
        return (top.schema.clone(), names.arrays);
    }
    let mut shown = Map::new();
    for name in ["$schema", "title", "description"] {
        if let Some(value) = schema.get(name) {
            shown.insert(name.to_owned(), value.clone());
        }
    }
    shown.insert("type".to_owned(), json!("object"));
    if !names.required.is_empty() {
        shown.insert("required".to_owned(), json!(names.required));
    }
    shown.insert("properties".to_owned(), Value::Object(names.properties));
    shown.insert("additionalProperties".to_owned(), json!(!names.closed));
    (Value::Object(shown), names.arrays)
}

struct Names {
    properties: Map<String, Value>,
    required: Vec<String>,
    arrays: Vec<String>,
    closed: bool,
}

impl Default for Names {
    fn default() -> Self {
        Names {
            properties: Map::new(),
            required: Vec::new(),
            arrays: Vec::new(),
            closed: true,
        }
    }
}

impl Names {
    /// The properties below a place that lies in so many arrays.
    fn below(&mut self, shape: &Shape, above: Option<&str>, lists: usize, required: bool) {
        self.closed &= shape.closed;
        for property in &shape.properties {
            let name = join(above, &property.name);
            let (shape, required) = (&property.shape, required && property.required);
            if shape.array {
                self.arrays.push(name.clone());
            }
            match shape.spread_items() {
                _ if !shape.properties.is_empty() => {
                    self.below(shape, Some(&name), lists, required);
                }
                Some(items) => self.below(items, Some(&name), lists + 1, required),
                None => self.leaf(name, &shape.schema, lists, required && shape.is_leaf()),
            }
        }
    }

    fn leaf(&mut self, name: String, schema: &Value, lists: usize, required: bool) {
        if required {
            self.required.push(name.clone());
        }
        let schema = (0..lists).fold(
            schema.clone(),
            |items, _| json!({"type": "array", "items": items}),
        );
        // Two properties of one name have no flattened form; the first is shown.
        self.properties.entry(name).or_insert(schema);
    }
}

/// A schema for the nested form, made of one for the flattened form: what it names, and which of that it
/// requires at the top, and nothing else. What was an array is known only from its name among the arrays.
pub(crate) fn nested(flat: &Value, arrays: &[String]) -> Value {
    let mut whole = json!({"type": "object"});
    let properties = flat.get("properties").and_then(Value::as_object);
    let required = flat.get("required").and_then(Value::as_array);
    let arrays: BTreeSet<&str> = arrays.iter().map(String::as_str).collect();
    let required: BTreeSet<&str> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let shallow = |name: &str| name.split('.').nth(MAX_JSON_DEPTH).is_none();
    let properties = properties.into_iter().flatten();
    for (name, schema) in properties.filter(|(name, _)| shallow(name)) {
        let (mut place, mut schema) = (&mut whole, schema.clone());
        let mut above = String::new();
        for part in name.split('.') {
            above = if above.is_empty() {
                part.to_owned()
            } else {
                format!("{above}.{part}")
            };
            place = property(place, part);
            if above.len() < name.len() && arrays.contains(above.as_str()) {
                place = items(place);
                schema = schema.get("items").cloned().unwrap_or_else(|| json!({}));
            }
        }
        if place.get("properties").is_none() {
            *place = schema;
        }
        if required.contains(name.as_str()) && !name.contains('.') {
            match &mut whole["required"] {
                Value::Array(names) => names.push(json!(name)),
                none => *none = json!([name]),
            }
        }
    }
    whole
}

/// The schema of a property of an object, made if it isn't there.
fn property<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    if !object.get("properties").is_some_and(Value::is_object) {
        *object = json!({"type": "object", "properties": {}});
    }
    let schema = &mut object["properties"][name];
    if schema.is_null() {
        *schema = json!({});
    }
    schema
}

/// The schema of the items of an array. What the file says of the array itself and is no object, such as `true`,
/// gives way.
fn items(array: &mut Value) -> &mut Value {
    if !array.is_object() {
        *array = json!({});
    }
    array["type"] = json!("array");
    let items = &mut array["items"];
    if items.is_null() {
        *items = json!({"type": "object"});
    }
    items
}
