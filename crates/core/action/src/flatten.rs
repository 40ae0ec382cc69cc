//! Architect's flattened form of an output (`?flatten=true`).
//!
//! Architect's variables hold scalars and lists of scalars. An object within an object becomes names joined
//! by dots (`address.city`); an array of objects becomes one list for each of their properties
//! (`contacts.id`, `contacts.name`), all of the array's length, null where an element lacks the property.
//! An array at the top gives lists named by the properties alone. What is documented ends here. Ours:
//! an array of objects inside such an array gives a list of lists; an array that is empty gives an empty
//! list for each property that the contract names; any other array is left as it is; so is a scalar at the
//! top. Names come in the order in which they are met.

use serde_json::{Map, Value};
use tollgate_meter::{Exhausted, Meter};

type Flat<T = ()> = Result<T, Exhausted>;

/// The flattened form; the schema is the output contract's, or null.
pub(crate) fn flatten(value: &Value, schema: &Value, meter: &Meter) -> Flat<Value> {
    let mut flat = Map::new();
    match value {
        Value::Object(fields) => object(fields, schema, "", &mut flat, meter)?,
        Value::Array(items) if is_table(items, schema, meter)? => {
            table(items, schema, "", &mut flat, meter)?;
        }
        other => {
            meter.hold_copy(other)?;
            return Ok(other.clone());
        }
    }
    Ok(Value::Object(flat))
}

fn object(
    fields: &Map<String, Value>,
    schema: &Value,
    prefix: &str,
    flat: &mut Map<String, Value>,
    meter: &Meter,
) -> Flat {
    for (name, value) in fields {
        let schema = property(schema, name);
        let name = join(prefix, name);
        // Names grow with the nesting: each holds those it lies under.
        meter.work(NAME + name.len())?;
        meter.hold(NAME + name.len())?;
        match value {
            Value::Object(fields) => object(fields, schema, &name, flat, meter)?,
            Value::Array(items) if is_table(items, schema, meter)? => {
                table(items, schema, &name, flat, meter)?;
            }
            other => {
                meter.hold_copy(other)?;
                flat.insert(name, other.clone());
            }
        }
    }
    Ok(())
}

/// One list a property: each element is flattened, and its values go under one another.
fn table(
    items: &[Value],
    schema: &Value,
    prefix: &str,
    flat: &mut Map<String, Value>,
    meter: &Meter,
) -> Flat {
    let schema = schema.get("items").unwrap_or(&Value::Null);
    let mut columns: Map<String, Value> = Map::new();
    if items.is_empty() {
        let mut found = Vec::new();
        names(schema, "", &mut found, meter)?;
        for name in found {
            columns.insert(name, Value::Array(Vec::new()));
        }
    }
    for (row, item) in items.iter().enumerate() {
        let Value::Object(item) = flatten(item, schema, meter)? else {
            continue;
        };
        for (name, value) in item {
            let column = columns
                .entry(name)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(column) = column {
                // A column has a place for each row, whatever the rows have.
                fill(column, row, meter)?;
                column.push(value);
            }
        }
    }
    for (name, mut column) in columns {
        if let Value::Array(column) = &mut column {
            fill(column, items.len(), meter)?;
        }
        let name = join(prefix, &name);
        meter.hold(NAME + name.len())?;
        flat.insert(name, column);
    }
    Ok(())
}

/// Bytes of a name beside its text.
const NAME: usize = 128;
/// Bytes of a place in a column.
const PLACE: usize = 80;

fn fill(column: &mut Vec<Value>, rows: usize, meter: &Meter) -> Flat {
    let missing = rows.saturating_sub(column.len());
    meter.work(missing * PLACE)?;
    meter.hold((missing + 1) * PLACE)?;
    column.resize(rows, Value::Null);
    Ok(())
}

/// Whether an array becomes lists: all its elements are objects or, when it is empty, are to be.
fn is_table(items: &[Value], schema: &Value, meter: &Meter) -> Flat<bool> {
    if items.is_empty() {
        return Ok(schema.pointer("/items/properties").is_some());
    }
    meter.work(items.len())?;
    Ok(items.iter().all(Value::is_object))
}

/// The flattened names of a schema's properties.
fn names(schema: &Value, prefix: &str, found: &mut Vec<String>, meter: &Meter) -> Flat {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let name = join(prefix, name);
        meter.work(NAME + name.len())?;
        meter.hold(NAME + name.len())?;
        let before = found.len();
        names(schema, &name, found, meter)?;
        if found.len() == before {
            found.push(name);
        }
    }
    Ok(())
}

fn property<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let property = schema.get("properties").and_then(|all| all.get(name));
    property.unwrap_or(&Value::Null)
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::flatten;
    use serde_json::{Value, json};
    use tollgate_meter::Meter;

    #[test]
    fn objects_and_arrays_of_objects_lose_their_nesting() {
        for (output, flat) in [
            (
                json!({"a": 1, "b": {"c": "x", "d": {"e": null}}}),
                json!({"a": 1, "b.c": "x", "b.d.e": null}),
            ),
            (json!({"ids": ["a", "b"]}), json!({"ids": ["a", "b"]})),
            (
                json!({"rows": [{"id": 1, "at": {"city": "Bonn"}}, {"id": 2, "name": "n"}]}),
                json!({"rows.id": [1, 2], "rows.at.city": ["Bonn", null], "rows.name": [null, "n"]}),
            ),
            (
                json!([{"Name": "a"}, {"Name": "b"}]),
                json!({"Name": ["a", "b"]}),
            ),
            (
                json!({"mixed": [1, {"a": 2}]}),
                json!({"mixed": [1, {"a": 2}]}),
            ),
            (
                json!({"rows": [{"in": [{"x": 1}, {"x": 2}]}]}),
                json!({"rows.in.x": [[1, 2]]}),
            ),
            (json!("text"), json!("text")),
        ] {
            assert_eq!(flatten(&output, &Value::Null, &Meter::default()), Ok(flat));
        }
    }

    #[test]
    fn an_empty_array_of_objects_gives_an_empty_list_a_property() {
        let schema = json!({"properties": {"rows": {"type": "array", "items": {
            "properties": {"id": {"type": "string"}, "at": {"properties": {"city": {}}}}}}}});
        let flat = flatten(&json!({"rows": []}), &schema, &Meter::default()).unwrap();
        assert_eq!(flat, json!({"rows.id": [], "rows.at.city": []}));
    }
}
