//! A script, written as YAML.

use super::{Script, Scripted, Table, Turn};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tollgate_architect::{Happening, Person};
use tollgate_expression::time::{write_date_time, write_duration};

impl Script {
    /// The script as YAML that reads back equal.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        write(self)
    }
}

fn write(script: &Script) -> String {
    let default = Script::default();
    let unless = |same: bool, value: Json| if same { Json::Null } else { value };
    let start = json!(write_date_time(script.start));
    let answers = script.answers.iter().map(|(name, list)| {
        let list: Json = list.iter().map(answer).collect();
        (name.clone(), list)
    });
    let tables = script.tables.iter();
    let tables = tables.map(|(name, facts)| (name.clone(), table(facts)));
    let expect = &script.expect;
    let root = mapping([
        ("workflow", json!(script.workflow)),
        ("set", json!(script.set)),
        ("library", json!(script.library)),
        ("start", unless(script.start == default.start, start)),
        (
            "seed",
            unless(script.seed == default.seed, json!(script.seed)),
        ),
        (
            "speech",
            unless(script.speech == default.speech, json!(script.speech)),
        ),
        ("inputs", json!(script.inputs)),
        ("interaction", json!(script.interaction)),
        ("participant", json!(script.participant)),
        ("ids", json!(script.ids)),
        ("person", script.person.iter().map(turn).collect()),
        ("events", script.events.iter().map(event).collect()),
        ("answers", Json::Object(answers.collect())),
        ("tables", Json::Object(tables.collect())),
        (
            "expect",
            mapping([
                ("end", json!(expect.end)),
                ("calls", json!(expect.calls)),
                ("variables", json!(expect.variables)),
                ("participant", json!(expect.participant)),
            ]),
        ),
    ]);
    let mut out = String::new();
    block(&root, 0, &mut out);
    out
}

/// A mapping of what isn't empty.
fn mapping<const COUNT: usize>(entries: [(&str, Json); COUNT]) -> Json {
    let filled = entries.into_iter().filter(|(_, value)| match value {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(object) => !object.is_empty(),
        _ => true,
    });
    Json::Object(filled.map(|(key, value)| (key.to_owned(), value)).collect())
}

fn turn(turn: &Turn) -> Json {
    let mut does = match &turn.does {
        Person::Presses(keys) => json!({"press": keys}),
        Person::Says(text) => json!({"say": text}),
        Person::Means { intent, slots } if slots.is_empty() => json!({"intent": intent}),
        Person::Means { intent, slots } => json!({"intent": intent, "slots": slots}),
        Person::Learns(text) => json!({"learns": text}),
        Person::IsSilent => json!({"silent": true}),
        Person::WantsAgent => json!({"agent": true}),
        Person::HangsUp => json!({"hangUp": true}),
    };
    after(&mut does, turn.after);
    does
}

fn event((at, what): &(Duration, Happening)) -> Json {
    let mut happens = json!({what.to_string(): true});
    after(&mut happens, *at);
    happens
}

fn table(table: &Table) -> Json {
    let mut written = json!({"rows": table.rows});
    if table.fails {
        written["fails"] = json!(true);
    }
    after(&mut written, table.after);
    written
}

fn answer(answer: &Scripted) -> Json {
    let outputs = match answer.path.as_str() {
        "timeout" => json!(true),
        _ => Json::Object(answer.outputs.clone()),
    };
    let mut written = json!({&answer.path: outputs});
    after(&mut written, answer.after);
    if let Some(row) = &answer.row {
        written["row"] = json!(row);
    }
    written
}

fn after(written: &mut Json, span: Duration) {
    if !span.is_zero() {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        written["after"] = json!(write_duration(millis));
    }
}

/// Mappings and lists of mappings as blocks, all else in JSON's form, which is YAML too.
fn block(json: &Json, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent);
    match json {
        Json::Object(object) if !object.is_empty() => {
            for (key, value) in object {
                out.push_str(&format!("{pad}{}:", plain(key)));
                child(value, indent, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&format!("{pad}- {item}\n"));
            }
        }
        other => out.push_str(&format!("{pad}{other}\n")),
    }
}

fn child(value: &Json, indent: usize, out: &mut String) {
    let nested = match value {
        Json::Object(object) => !object.is_empty(),
        Json::Array(items) => items.iter().any(Json::is_object),
        _ => false,
    };
    if nested {
        out.push('\n');
        block(value, indent + 1, out);
    } else {
        out.push_str(&format!(" {value}\n"));
    }
}

/// A key without quotes where it needs none.
fn plain(key: &str) -> String {
    let simple = key.chars().next().is_some_and(char::is_alphabetic)
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || " ._-/".contains(c))
        && !key.ends_with(' ');
    if simple {
        key.to_owned()
    } else {
        Json::String(key.to_owned()).to_string()
    }
}
