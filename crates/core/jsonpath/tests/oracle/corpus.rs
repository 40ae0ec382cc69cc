//! The paths of real actions, in documents made to fit them and not to.

use super::ask;
use serde_json::{Map, Value as Json, json};

pub(crate) fn cases() -> Vec<(String, Json)> {
    let mut cases = Vec::new();
    for (_, action) in ask::corpus() {
        let Some(map) = action["config"]["response"]["translationMap"].as_object() else {
            continue;
        };
        for path in map.values().filter_map(Json::as_str) {
            for document in documents(path) {
                cases.push((path.to_owned(), document));
            }
        }
    }
    cases
}

/// What a leaf may be.
fn leaves() -> Vec<Json> {
    let written = [
        "\"acd\"",
        "\"customer\"",
        "\"external\"",
        "\"connected\"",
        "\"it's \\\"x\\\" /\"",
        "\"\"",
        "null",
        "true",
        "0",
        "-1",
        "2147483648",
        "9223372036854775807",
        "1.5",
        "[]",
        "{}",
        "[\"x\",null,{\"a\":1}]",
        "\"é 漢 😀\"",
    ];
    written
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

fn documents(path: &str) -> Vec<Json> {
    let names = names(path);
    let mut documents = vec![json!({}), json!([]), json!({"unrelated": {"id": 1}})];
    for leaf in leaves() {
        for arrays in [true, false] {
            // Nested as the path goes, and everything flat in one object, once and twice in an array.
            documents.push(nested(&names, &leaf, arrays));
            let flat: Map<String, Json> = names
                .iter()
                .map(|name| (name.clone(), leaf.clone()))
                .collect();
            let mut outer = nested(
                &names[..names.len().min(1)],
                &Json::Object(flat.clone()),
                arrays,
            );
            documents.push(outer.clone());
            if let Some(first) = names.first() {
                outer[first] = json!([flat, {}, leaf]);
                documents.push(outer);
            }
        }
    }
    documents
}

/// The names of a path in order, those in filters left out.
fn names(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_i32;
    let mut name = String::new();
    for c in path.chars().chain(['.']) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c.is_alphanumeric() || c == '-' || c == '_') {
            name.push(c);
        } else if !name.is_empty() {
            names.push(std::mem::take(&mut name));
        }
    }
    names
}

fn nested(names: &[String], leaf: &Json, arrays: bool) -> Json {
    names.iter().rev().fold(leaf.clone(), |inner, name| {
        let inner = if arrays {
            json!([inner.clone(), {"purpose": "acd", "state": "connected"}, inner])
        } else {
            inner
        };
        json!({ name.as_str(): inner, "purpose": "customer", "state": "connected" })
    })
}
