//! There and back: of a value that fits a contract, the flattened form gives the value again, and is of the
//! flattened schema. Contracts and values are generated from seeds; `TOLLGATE_SEEDS` sets how many.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test, whose seeds may be set from outside"
)]

mod support;

use serde_json::{Map, Value, json};
use support::made::action;
use tollgate_action::{FlattenedSchema, RawInput};

/// Names of properties, no two of which become the same in the flattened form.
const NAMES: [&str; 10] = ["a", "b", "c.d", "e_", "_f", "g__h", "", "i.", "..j", "k-l"];

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    /// The schema of an object that names properties. What isn't described is left to the end of the objects
    /// that lie in no array: there, the flattened form tells all of it.
    fn object(&mut self, depth: usize, in_row: bool) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        while properties.is_empty() {
            for name in NAMES {
                if self.roll(3) > 0 {
                    continue;
                }
                let schema = match self.roll(if depth == 0 { 5 } else { 9 }) {
                    0 => json!({"type": "string"}),
                    1 => json!({"type": ["integer", "null"]}),
                    2 => json!({"type": "array", "items": {"type": "integer"}}),
                    3 => json!({"type": "array"}),
                    4 if in_row => json!({"enum": [1, 2]}),
                    4 => json!({"type": "object"}),
                    5 | 6 => self.object(depth - 1, in_row),
                    _ => json!({"type": "array", "items": self.object(depth - 1, true)}),
                };
                if self.roll(2) == 0 {
                    required.push(name);
                }
                properties.insert(name.to_owned(), schema);
            }
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    /// A value that fits a schema, without what the flattened form can't tell: see the module `flatten`.
    fn value(&mut self, schema: &Value, in_row: bool) -> Value {
        if schema.get("enum").is_some() {
            return json!(1 + self.roll(2));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        match (schema["type"].as_str(), properties, schema.get("items")) {
            (Some("object"), Some(properties), _) => {
                let mut fields = Map::new();
                for (name, inner) in properties {
                    let value = self.value(inner, in_row);
                    let given = self.roll(2) == 0 && !is_hollow(inner, &value);
                    // An element without what may be null is one in which that is null.
                    if given || requires(schema, name) || in_row && may_be_null(inner) {
                        fields.insert(name.clone(), value);
                    }
                }
                Value::Object(fields)
            }
            (Some("object"), ..) if self.roll(2) == 0 => json!({}),
            (Some("object"), ..) => json!({"x": {"y": 1}, "z": []}),
            (Some("array"), _, Some(items)) => {
                (0..self.roll(4)).map(|_| self.value(items, true)).collect()
            }
            (Some("array"), ..) => match self.roll(4) {
                0 => json!([]),
                1 => json!([{"q": 1, "r": {"s": "t"}}, {"q": [2], "r": {"s": null}}]),
                2 => json!([[1, {"a.b": {}}], {"c": 2}]),
                _ => json!(["u", null]),
            },
            (Some("integer"), ..) => json!(self.roll(9)),
            (Some(_), ..) => json!("text"),
            (None, ..) if self.roll(2) == 0 => Value::Null,
            (None, ..) => json!(self.roll(9)),
        }
    }
}

fn requires(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|all| all.iter().any(|one| one == name))
}

/// Whether a place may be null, or has one below it, in the same element of an array.
fn may_be_null(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    schema["type"].is_array()
        || properties
            .into_iter()
            .flatten()
            .any(|(_, it)| may_be_null(it))
}

/// Whether a value is an object of named properties that has nothing in it, or only such.
fn is_hollow(schema: &Value, value: &Value) -> bool {
    let Some(properties) = schema.get("properties") else {
        return false;
    };
    let fields = value.as_object().into_iter().flatten();
    fields.fold(true, |hollow, (name, value)| {
        hollow && is_hollow(&properties[name], value)
    })
}

/// Whether a list holds the place of something that isn't there.
fn holds_places(flat: &Value) -> bool {
    match flat {
        Value::Array(items) => items
            .iter()
            .any(|item| item.is_null() || holds_places(item)),
        Value::Object(fields) => fields.values().any(holds_places),
        _ => false,
    }
}

#[test]
fn there_and_back() {
    let seeds = std::env::var("TOLLGATE_SEEDS").map_or(500, |text| text.parse().unwrap());
    let (mut spread, mut described) = (0, 0);
    for seed in 0..seeds {
        let dice = &mut Dice(seed);
        let mut schema = dice.object(3, false);
        if dice.roll(8) == 0 {
            schema = json!({"type": "array", "items": dice.object(2, true)});
        }
        let value = dice.value(&schema, false);
        let both = action(&[
            ("/contract/input/inputSchema", schema.clone()),
            ("/contract/output/successSchema", schema.clone()),
        ]);
        let told = || format!("seed {seed}: {value} of {schema}");
        both.check_input(&value)
            .unwrap_or_else(|error| panic!("{}: {error}", told()));
        let flat = both.flatten(&value).unwrap();
        spread += usize::from(flat != value);
        let back = both.unflatten(RawInput::from_value(flat.clone()));
        let back = back.unwrap_or_else(|error| panic!("{}: {flat}: {error}", told()));
        assert_eq!(*back.value(), value, "{}: {flat}", told());
        if !holds_places(&flat) {
            described += 1;
            let flattened = FlattenedSchema::of(&schema).schema;
            let flattened = action(&[("/contract/input/inputSchema", flattened)]);
            let fits = flattened.check_input(&flat);
            fits.unwrap_or_else(|error| panic!("{}: {flat}: {error}", told()));
        }
    }
    // The generator reaches what this is about.
    assert!(
        spread > seeds as usize / 2 && described > seeds as usize / 4,
        "{spread} {described}"
    );
}

/// Parts of names, of which some contracts know some.
const PARTS: [&str; 8] = [".", "__", "a", "c.d", "c__d", "g__h", "", "x"];

/// Whatever names and values are given, they are read or refused; what was read once stays what it is when it
/// is flattened and read again.
#[test]
fn any_input_is_read_or_refused() {
    let (mut read, mut refused) = (0, 0);
    for seed in 0..500 {
        let dice = &mut Dice(seed);
        let schema = dice.object(2, false);
        let action = action(&[
            ("/contract/input/inputSchema", schema.clone()),
            ("/contract/output/successSchema", schema.clone()),
        ]);
        let mut given = Map::new();
        for _ in 0..dice.roll(4) {
            let name: String = (0..1 + dice.roll(4))
                .map(|_| PARTS[dice.roll(PARTS.len())])
                .collect();
            let value = match dice.roll(5) {
                0 => Value::Null,
                1 => json!({"a": 1}),
                2 => json!([1, null]),
                3 => json!([[1], null, []]),
                _ => json!("text"),
            };
            given.insert(name, value);
        }
        let Ok(whole) = action.unflatten(RawInput::from_value(Value::Object(given.clone()))) else {
            refused += 1;
            continue;
        };
        read += 1;
        let Ok(flat) = action.flatten(whole.value()) else {
            continue;
        };
        let again = action
            .unflatten(RawInput::from_value(flat))
            .map(|again| again.value().clone());
        let flat = again.as_ref().ok().map(|again| action.flatten(again));
        let Some(Ok(flat)) = flat else {
            continue;
        };
        let twice = action.unflatten(RawInput::from_value(flat)).unwrap();
        assert_eq!(
            Ok(twice.value()),
            again.as_ref(),
            "seed {seed}: {given:?} of {schema}"
        );
    }
    assert!(read > 100 && refused > 10, "{read} {refused}");
}
