//! The templates of real actions, with values made from their contracts and paths.

use super::ask;
use serde_json::{Map, Value as Json, json};

/// Values for an input or a result: present, unusual, at the edges, absent.
fn values() -> Vec<Json> {
    let written = [
        "\"3f2a-b1\"",
        "\"O'Brien \\\"x\\\" \\\\ / <&>\"",
        "\"\"",
        "\"é ü 漢 😀\\n\\t\"",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9223372036854775807",
        "9223372036854775808",
        "123456789012345678901234567890",
        "0.1",
        "1e7",
        "12345678.9",
        "1e23",
        "5e-324",
        "1.7976931348623157E308",
        "123456789.123456789",
        "\"tel:+13175550125\"",
        "[\"a\",\"b/c\",null]",
        "[]",
        "{\"a\":1,\"b\":[2.5]}",
        "\"$x #if ${y}\"",
    ];
    written
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

pub(crate) fn cases() -> Vec<(String, Json)> {
    let mut cases = Vec::new();
    for (_, action) in ask::corpus() {
        let request = &action["config"]["request"];
        let mut templates: Vec<String> = Vec::new();
        for field in ["requestUrlTemplate", "requestTemplate"] {
            templates.extend(request[field].as_str().map(str::to_owned));
        }
        let headers = request["headers"].as_object().cloned().unwrap_or_default();
        templates.extend(
            headers
                .values()
                .filter_map(|it| it.as_str().map(str::to_owned)),
        );
        let schema = &action["contract"]["input"]["inputSchema"]["properties"];
        let inputs: Vec<String> = schema
            .as_object()
            .map(|it| it.keys().cloned().collect())
            .unwrap_or_default();
        for template in &templates {
            for context in request_contexts(&inputs) {
                cases.push((template.clone(), context));
            }
        }
        let response = &action["config"]["response"];
        if let Some(template) = response["successTemplate"].as_str() {
            let map = response["translationMap"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let keys: Vec<String> = map.keys().cloned().collect();
            for context in response_contexts(&keys, &response["translationMapDefaults"]) {
                cases.push((template.to_owned(), context));
            }
        }
    }
    cases
}

/// One context for each value, one with all inputs missing, and one where they take turns.
fn request_contexts(inputs: &[String]) -> Vec<Json> {
    let values = values();
    let raw = "{\"a\": \"b/c\", \"n\": 1.0}";
    let context = |fields: Map<String, Json>| {
        let mut fields = fields;
        fields.insert("rawRequest".to_owned(), json!(raw));
        json!({"input": fields, "credentials": {"a": "s3cret"}})
    };
    let mut contexts = vec![json!({}), context(Map::new())];
    for value in &values {
        contexts.push(context(
            inputs
                .iter()
                .map(|name| (name.clone(), value.clone()))
                .collect(),
        ));
    }
    for turn in 0..5 {
        let fields = inputs.iter().enumerate();
        let fields = fields.map(|(at, name)| {
            (
                name.clone(),
                values[(at * 5 + turn * 3) % values.len()].clone(),
            )
        });
        contexts.push(context(fields.collect()));
    }
    contexts
}

/// Results as they reach the success template: serialised, or the defaults.
fn response_contexts(keys: &[String], defaults: &Json) -> Vec<Json> {
    let raw = json!("{\"a\":\"b/c\"}");
    let context = |value: &dyn Fn(&String) -> Option<Json>| {
        let found = keys
            .iter()
            .filter_map(|key| Some((key.clone(), value(key)?)));
        let mut fields: Map<String, Json> = found.collect();
        fields.insert("rawResult".to_owned(), raw.clone());
        Json::Object(fields)
    };
    let mut contexts = vec![json!({}), context(&|key| defaults.get(key).cloned())];
    for value in values() {
        contexts.push(context(&|_| Some(json!(value.to_string()))));
        contexts.push(context(&|_| {
            Some(json!(json!([value.clone()]).to_string()))
        }));
    }
    contexts
}
