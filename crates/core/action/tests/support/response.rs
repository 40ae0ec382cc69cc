//! A response in which every path of a translation map finds what the contract wants.
//!
//! The success template is rendered with a mark for each key; where a mark comes out tells which part of the
//! contract the key fills, and so what the path must find. The response is then built path by path.

use super::field;
use serde_json::{Map, Value, json};
use tollgate_action::Action;
use tollgate_jsonpath::Path;
use tollgate_template::{Bounds, Context, Template, Value as Variable};

/// A response that fits the action: made from its paths, or from its contract if it has none.
pub(crate) fn fitting(action: &Action) -> String {
    let rows = rows(action);
    if rows.is_empty() {
        return action.example_output().to_string();
    }
    let output = marked(action, &rows);
    let schema = action
        .definition()
        .pointer("/contract/output/successSchema")
        .unwrap();
    let mut document = Value::Null;
    for (key, path) in &rows {
        let leaf = output
            .as_ref()
            .and_then(|output| find(output, &mark(key), schema));
        put(&mut document, &steps(path), &leaf.unwrap_or(json!("text")));
    }
    document.to_string()
}

/// The keys and paths of the translation map.
pub(crate) fn rows(action: &Action) -> Vec<(String, String)> {
    let map = action
        .definition()
        .pointer("/config/response/translationMap");
    let rows = map.and_then(Value::as_object).into_iter().flatten();
    rows.map(|(key, path)| (key.clone(), path.as_str().unwrap().to_owned()))
        .collect()
}

fn mark(key: &str) -> String {
    format!("mark of {key}")
}

fn marked(action: &Action, rows: &[(String, String)]) -> Option<Value> {
    let template = field(action.definition(), "/config/response/successTemplate");
    let mut context = Context::new();
    for (key, path) in rows {
        let definite = Path::compile(path).unwrap().is_definite();
        let mark = if definite {
            json!(mark(key))
        } else {
            json!([mark(key)])
        };
        context.insert(key, Variable::text(&mark.to_string()));
    }
    let rendered = Template::parse(template).ok()?;
    let rendered = rendered.render(&context, &Bounds::default()).ok()?;
    let first = serde_json::Deserializer::from_str(&rendered)
        .into_iter()
        .next();
    first?.ok()
}

/// What the schema wants at the place of the mark.
fn find(output: &Value, mark: &str, schema: &Value) -> Option<Value> {
    match output {
        Value::String(text) if text == mark => Some(sample(schema)),
        Value::Array(items) => items.iter().find_map(|item| {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            find(item, mark, schema)
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let schema = schema.get("properties").and_then(|all| all.get(name));
            find(field, mark, schema.unwrap_or(&Value::Null))
        }),
        _ => None,
    }
}

fn sample(schema: &Value) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => json!(7),
        Some("boolean") => json!(true),
        Some("array") => json!([sample(schema.get("items").unwrap_or(&Value::Null))]),
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields = properties.into_iter().flatten();
            Value::Object(
                fields
                    .map(|(name, schema)| (name.clone(), sample(schema)))
                    .collect(),
            )
        }
        _ => json!("text"),
    }
}

/// A step of a path, as far as building needs it.
#[derive(Debug)]
enum Step {
    Name(String),
    Element(usize),
    /// An element for which all of these hold: a path below it, whether equal, and a literal.
    Filter(Vec<(Vec<String>, bool, Value)>),
    Length,
}

fn steps(path: &str) -> Vec<Step> {
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("[?(") {
            let end = inner.find(")]").unwrap();
            steps.push(Step::Filter(conditions(&inner[..end])));
            rest = &inner[end + 2..];
        } else if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap();
            let text = inner[..end].trim();
            let quoted = text.trim_matches('\'');
            steps.push(if quoted == text {
                Step::Element(text.parse().unwrap_or(0))
            } else {
                Step::Name(quoted.to_owned())
            });
            rest = &inner[end + 1..];
        } else {
            rest = rest.trim_start_matches('.');
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            match &rest[..end] {
                // A dot before a bracket.
                "" => {}
                "length()" | "size()" => steps.push(Step::Length),
                name => steps.push(Step::Name(name.to_owned())),
            }
            rest = &rest[end..];
        }
    }
    steps
}

fn conditions(filter: &str) -> Vec<(Vec<String>, bool, Value)> {
    let first = filter.split("||").next().unwrap();
    let mut all = Vec::new();
    for condition in first.split("&&") {
        let (equal, sign) = if condition.contains("!=") {
            (false, "!=")
        } else {
            (true, "==")
        };
        let (path, literal) = condition.split_once(sign).unwrap_or((condition, "'any'"));
        let literal = literal.trim().trim_matches(['\'', '"']);
        let path = path.trim().trim_start_matches("@.").replace("[0]", ".0");
        all.push((
            path.split('.').map(str::to_owned).collect(),
            equal,
            json!(literal),
        ));
    }
    all
}

fn put(node: &mut Value, steps: &[Step], leaf: &Value) {
    let Some((step, rest)) = steps.split_first() else {
        if node.is_null() {
            node.clone_from(leaf);
        }
        return;
    };
    match step {
        Step::Name(name) => put(member(node, name), rest, leaf),
        Step::Element(at) => put(element(node, *at), rest, leaf),
        Step::Length => put(node, &[], &json!(["text"])),
        Step::Filter(conditions) => {
            let count = node.as_array().map_or(0, Vec::len);
            let fits = |item: &Value| {
                conditions.iter().all(|(path, equal, literal)| {
                    let held = item.pointer(&format!("/{}", path.join("/")));
                    held.is_none_or(|held| (held == literal) == *equal)
                })
            };
            let at = (0..count)
                .find(|at| node.get(at).is_some_and(fits))
                .unwrap_or(count);
            let item = element(node, at);
            for (path, equal, literal) in conditions {
                let mut place = &mut *item;
                for name in path {
                    place = match name.parse() {
                        Ok(at) => element(place, at),
                        Err(_) => member(place, name),
                    };
                }
                if place.is_null() {
                    *place = if *equal {
                        literal.clone()
                    } else {
                        json!("other")
                    };
                }
            }
            put(item, rest, leaf);
        }
    }
}

fn member<'a>(node: &'a mut Value, name: &str) -> &'a mut Value {
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    let fields = node.as_object_mut().unwrap();
    fields.entry(name.to_owned()).or_insert(Value::Null)
}

fn element(node: &mut Value, at: usize) -> &mut Value {
    if !node.is_array() {
        *node = Value::Array(Vec::new());
    }
    let items = node.as_array_mut().unwrap();
    if items.len() <= at {
        items.resize(at + 1, Value::Null);
    }
    &mut items[at]
}
