//! A script, written as YAML.

use super::{Script, Scripted};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tollgate_architect::Person;
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
    let mut root = Map::new();
    root.insert("workflow".to_owned(), json!(script.workflow));
    let mut put = |key: &str, value: Json, wanted: bool| {
        if wanted {
            root.insert(key.to_owned(), value);
        }
    };
    put("set", json!(script.set), !script.set.is_empty());
    put("library", json!(script.library), !script.library.is_empty());
    put(
        "start",
        json!(write_date_time(script.start)),
        script.start != default.start,
    );
    put("seed", json!(script.seed), script.seed != default.seed);
    put(
        "speech",
        json!(script.speech),
        script.speech != default.speech,
    );
    put(
        "inputs",
        Json::Object(script.inputs.clone()),
        !script.inputs.is_empty(),
    );
    put(
        "interaction",
        Json::Object(script.interaction.clone()),
        !script.interaction.is_empty(),
    );
    put(
        "participant",
        json!(script.participant),
        !script.participant.is_empty(),
    );
    put("ids", json!(script.ids), !script.ids.is_empty());
    let person = script.person.iter().map(|turn| {
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
    });
    put(
        "person",
        Json::Array(person.collect()),
        !script.person.is_empty(),
    );
    let answers = script
        .answers
        .iter()
        .map(|(name, list)| (name.clone(), Json::Array(list.iter().map(answer).collect())));
    put(
        "answers",
        Json::Object(answers.collect()),
        !script.answers.is_empty(),
    );
    let tables = script.tables.iter().map(|(name, table)| {
        let mut written = json!({"rows": table.rows});
        if table.fails {
            written["fails"] = json!(true);
        }
        after(&mut written, table.after);
        (name.clone(), written)
    });
    put(
        "tables",
        Json::Object(tables.collect()),
        !script.tables.is_empty(),
    );
    let mut expect = Map::new();
    if let Some(end) = &script.expect.end {
        expect.insert("end".to_owned(), json!(end));
    }
    if !script.expect.calls.is_empty() {
        expect.insert("calls".to_owned(), json!(script.expect.calls));
    }
    if !script.expect.variables.is_empty() {
        expect.insert("variables".to_owned(), json!(script.expect.variables));
    }
    if !script.expect.participant.is_empty() {
        expect.insert("participant".to_owned(), json!(script.expect.participant));
    }
    let wanted = !expect.is_empty();
    put("expect", Json::Object(expect), wanted);
    let mut out = String::new();
    block(&Json::Object(root), 0, &mut out);
    out
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
