//! The vendor's data types are known here, with their properties: the reference is read where it lies.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value as Json, json};
use std::path::Path;
use tollgate_expression::{DataType, Type, Value, data_types};

/// The rows of a table of the reference; where it is absent the test says so and has nothing to do.
fn reference(name: &str) -> Option<Vec<Vec<String>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/reference");
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        eprintln!("skipped: no {name} in {}", folder.display());
        return None;
    };
    let row = |line: &str| line.split('\t').map(str::to_owned).collect();
    Some(text.lines().skip(1).map(row).collect())
}

/// What the reference has of a type and we have not, or otherwise.
fn lacks(name: &str, usage: &str, collection: &str, properties: &str) -> Vec<String> {
    let Some(known) = DataType::find(name) else {
        return vec!["the type".to_owned()];
    };
    let mut lacks = Vec::new();
    if known.is_variable() != (usage == "variable") {
        lacks.push(format!("use as {usage}"));
    }
    if known.is_variable() && known.collection != (collection == "yes") {
        lacks.push("collections".to_owned());
    }
    let properties = properties.split(", ").filter(|text| !text.is_empty());
    for (property, kind) in properties.filter_map(|text| text.split_once(": ")) {
        let found = known.properties.split(' ').any(|listed| {
            let (name, listed) = listed.split_once(':').unwrap_or((listed, "string"));
            name == property && listed == kind
        });
        if !found {
            lacks.push(format!("{property}: {kind}"));
        }
    }
    lacks
}

#[test]
fn every_type_of_the_reference_is_known() {
    let Some(rows) = reference("types.tsv") else {
        return;
    };
    let mut unknown = Vec::new();
    for row in &rows {
        let [name, usage, collection, ..] = row.as_slice() else {
            panic!("a short row: {row:?}");
        };
        if usage == "tollgate only" {
            assert!(Type::of_variable(name).is_none(), "{name} is no type there");
            continue;
        }
        let lacks = lacks(name, usage, collection, &row[8]);
        let word = if lacks.is_empty() {
            "known"
        } else {
            "not known"
        };
        println!("{word:>9}  {name} {}", lacks.join(", "));
        if !lacks.is_empty() {
            unknown.push(name.clone());
        }
    }
    let known = rows.len() - unknown.len();
    println!("{known} of {} types", rows.len());
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn variables_have_the_types_that_variables_may_have() {
    let collection = Type::of_variable("queueCollection").unwrap();
    assert_eq!(collection.to_string(), "queue collection");
    assert_eq!(
        Type::of_variable("workitem").unwrap().to_string(),
        "workitem"
    );
    for word in [
        "workitemCollection",
        "audio",
        "customer",
        "flow",
        "currencyEnum",
        "any",
    ] {
        assert_eq!(Type::of_variable(word), None, "{word}");
    }
}

/// What becomes of a value of each type that variables have is what the schema of the type says.
#[test]
fn a_types_schema_is_that_of_its_values() {
    let sample = |word: &str| match word {
        "boolean" => json!(true),
        "integer" => json!(7),
        "decimal" => json!(1.5),
        "currency" => json!("10.00|USD"),
        "dateTime" => json!("2026-01-05T10:00:00Z"),
        "duration" => json!("PT1S"),
        "externalContact" => json!({"id": "c-1"}),
        "phoneNumber" => json!("+13175550100"),
        _ => json!("a text"),
    };
    for known in data_types().filter(|known| known.is_variable()) {
        let kind = Type::of_variable(known.word).unwrap();
        let value = Value::from_json(&sample(known.word), kind);
        let value = value.or_else(|_| Value::from_json(&json!({"id": "i", "name": "n"}), kind));
        let written = value.unwrap().to_json();
        let found = match &written {
            Json::Bool(_) => "boolean",
            Json::Number(number) if number.is_f64() => "number",
            Json::Number(_) => "integer",
            Json::Object(_) => "object",
            Json::String(_) => "string",
            other => panic!("{}: {other}", known.word),
        };
        let schema = Value::json_schema(kind);
        let wanted = schema["type"].as_str();
        assert!(
            wanted.is_none_or(|wanted| wanted == found),
            "{}: {schema}, {written}",
            known.word
        );
        if known.collection {
            let many = Type::many(kind.base);
            let list = json!({"type": "array", "items": schema});
            assert_eq!(Value::json_schema(many), list);
        }
    }
}
