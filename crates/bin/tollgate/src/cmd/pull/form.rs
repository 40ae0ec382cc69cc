//! What files hold: actions as the vendor exports them, tables, and how two of them differ.

use serde_json::{Map, Value, json};
use tollgate_store::LOGIN;

/// Fields that are named of a file that has changed, at the most.
const MAX_FIELDS: usize = 3;

/// An action, as the API shows it with its contract and its config, in the form and order of an export.
pub(super) fn action(shown: &Value, kind: &str) -> Value {
    let id = shown["id"].as_str().unwrap_or_default();
    let login = id.starts_with(LOGIN);
    let mut config = arranged(&shown["config"], &["request", "response", "timeoutSeconds"]);
    let request = [
        "requestUrlTemplate",
        "requestType",
        "headers",
        "requestTemplate",
    ];
    let response = [
        "translationMap",
        "translationMapDefaults",
        "successTemplate",
    ];
    replace(&mut config, "request", &request);
    replace(&mut config, "response", &response);
    let mut contract = arranged(&shown["contract"], &["input", "output"]);
    replace(&mut contract, "input", &["inputSchema"]);
    replace(&mut contract, "output", &["successSchema"]);
    json!({
        "name": shown["name"],
        "integrationType": kind,
        "actionType": if login { "customAuth" } else { "custom" },
        "config": config,
        "contract": contract,
        "secure": shown["secure"].as_bool().unwrap_or(false),
    })
}

/// A data table with its schema; what only the organisation knows of it (ids, versions) is left out.
pub(super) fn table(shown: &Value) -> Value {
    json!({
        "name": shown["name"],
        "description": shown["description"].as_str().unwrap_or_default(),
        "schema": shown["schema"],
    })
}

/// An object's fields, the named ones first. Addresses of what is there as text are left out, as exports have it.
fn arranged(object: &Value, first: &[&str]) -> Map<String, Value> {
    let Some(fields) = object.as_object() else {
        return Map::new();
    };
    let named = first.iter().filter_map(|name| fields.get_key_value(*name));
    let others = fields
        .iter()
        .filter(|(name, _)| !first.contains(&name.as_str()) && !name.ends_with("Uri"));
    named
        .chain(others)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn replace(object: &mut Map<String, Value>, field: &str, first: &[&str]) {
    if let Some(part) = object.get_mut(field)
        && part.is_object()
    {
        *part = arranged(part, first).into();
    }
}

/// The same value with the fields of its objects in the order of another, new ones behind: an API that answers in
/// another order each time changes no file.
pub(super) fn in_order_of(value: Value, other: &Value) -> Value {
    match (value, other) {
        (Value::Object(mut fields), Value::Object(order)) => {
            let mut all = Map::new();
            for (name, before) in order {
                if let Some(value) = fields.shift_remove(name) {
                    all.insert(name.clone(), in_order_of(value, before));
                }
            }
            all.extend(fields);
            all.into()
        }
        (Value::Array(items), Value::Array(order)) => {
            let mut before = order.iter();
            let ordered = items.into_iter().map(|item| match before.next() {
                Some(before) => in_order_of(item, before),
                None => item,
            });
            Value::Array(ordered.collect())
        }
        (value, _) => value,
    }
}

/// The first fields that differ, without what they say: it may be secret.
pub(super) fn differing(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    differ(one, other, "", &mut found);
    if found.len() > MAX_FIELDS {
        found[MAX_FIELDS] = "…".to_owned();
        found.truncate(MAX_FIELDS + 1);
    }
    found
}

fn differ(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    if one == other || found.len() > MAX_FIELDS {
        return;
    }
    let below = |part: &str| match at {
        "" => part.to_owned(),
        _ => format!("{at}.{part}"),
    };
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a
                .keys()
                .chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let null = &Value::Null;
                let (left, right) = (a.get(name), b.get(name));
                if left.is_none() || right.is_none() {
                    found.push(below(name));
                } else {
                    differ(
                        left.unwrap_or(null),
                        right.unwrap_or(null),
                        &below(name),
                        found,
                    );
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (left, right)) in a.iter().zip(b).enumerate() {
                differ(left, right, &format!("{at}[{index}]"), found);
            }
        }
        _ if at.is_empty() => found.push("all of it".to_owned()),
        _ => found.push(at.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{action, differing, in_order_of};
    use serde_json::json;

    #[test]
    fn an_action_has_the_form_of_an_export() {
        let shown = json!({
            "selfUri": "/x", "id": "custom_-_1", "version": 3, "integrationId": "i", "category": "c",
            "contract": {"output": {"successSchema": {}, "successSchemaUri": "/s"}, "input": {"inputSchemaUri": "/i"}},
            "config": {
                "timeoutSeconds": 5,
                "response": {"successTemplateUri": "/t", "successTemplate": "x", "translationMap": {}},
                "request": {"requestTemplate": "b", "requestTemplateUri": "/r", "requestUrlTemplate": "/a"},
            },
            "name": "N",
        });
        let text = action(&shown, "custom-rest-actions").to_string();
        let expected = concat!(
            r#"{"name":"N","integrationType":"custom-rest-actions","actionType":"custom","config":{"#,
            r#""request":{"requestUrlTemplate":"/a","requestTemplate":"b"},"#,
            r#""response":{"translationMap":{},"successTemplate":"x"},"timeoutSeconds":5},"#,
            r#""contract":{"input":{},"output":{"successSchema":{}}},"secure":false}"#
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn the_order_of_the_file_is_kept() {
        let before = json!({"b": 1, "a": [{"y": 1, "x": 2}], "gone": 0});
        let now = json!({"a": [{"x": 3, "y": 1}], "new": 1, "b": 1});
        let text = in_order_of(now, &before).to_string();
        assert_eq!(text, r#"{"b":1,"a":[{"y":1,"x":3}],"new":1}"#);
    }

    #[test]
    fn differing_fields_are_named_without_their_values() {
        let one = json!({"a": {"b": 1, "c": [1, {"d": "secret"}]}, "e": 1});
        let other = json!({"a": {"b": 2, "c": [1, {"d": "x"}]}});
        assert_eq!(differing(&one, &other), ["a.b", "a.c[1].d", "e"]);
        assert_eq!(differing(&json!(1), &json!([])), ["all of it"]);
        let many = json!({"a": 1, "b": 1, "c": 1, "d": 1});
        assert_eq!(differing(&many, &json!({})), ["a", "b", "c", "…"]);
    }
}
