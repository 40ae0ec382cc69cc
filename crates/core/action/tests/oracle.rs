//! Differential: whole actions of the corpus make the requests and outputs that Velocity 1.7 and JsonPath 2.9
//! make, whatever the values: requests with lenient references, success templates with strict ones. Where
//! the reference says that a name isn't set, the error says so in its words.
//!
//! Without Java the test says so and skips, unless `TOLLGATE_REQUIRE_ORACLE` is set.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../../../tests/oracle/ask.rs"]
#[allow(
    dead_code,
    clippy::disallowed_methods,
    reason = "shared with other tests; it runs a process"
)]
mod ask;
mod support;

use serde_json::{Map, Value, json};
use support::response;
use tollgate_action::{Action, Credentials, RawInput, Request};

/// What the reference doesn't have: the macros for two vendors' systems, and a tool of the vendor's own.
const NOT_THERE: [&str; 3] = ["$salesforce.", "$msdynamics.", "$encoding."];

/// Values an input or a response may hold; none leaves the field out.
fn values() -> Vec<Option<Value>> {
    let texts = [
        "",
        " a b/c?d&e=f%g#h+i ",
        "é漢😀\u{2028}\u{85}",
        "q\"q'q\\q",
        "a\tb",
        "$input.x ${k} #if(1)",
        "[]",
    ];
    let mut values: Vec<Option<Value>> = vec![None, Some(Value::Null)];
    values.extend(texts.map(|text| Some(json!(text))));
    let numbers = "[0, -1, 2147483648, 9223372036854775807, 12345678901234567890, 0.1, 1.0, 1e10, 1e-7, \
                   123456789012345678.5, -0.0, true, false, [], {}, [1, \"a/b\"], {\"k/1\": [null, 2.50]}]";
    let numbers: Vec<Value> = serde_json::from_str(numbers).unwrap();
    values.extend(numbers.into_iter().map(Some));
    values
}

/// The actions of the corpus, their output contract taken out: what it would refuse is compared as well.
fn actions() -> Vec<(String, Action)> {
    let mut actions = Vec::new();
    for file in support::corpus() {
        let mut definition: Value = serde_json::from_str(&file.text).unwrap();
        definition["contract"]["output"] = json!({"successSchema": {}});
        if let Ok(action) = Action::from_json(&definition.to_string()) {
            actions.push((file.name, action));
        }
    }
    actions
}

/// The inputs to try: every field at its example, then each value in all fields at once.
fn inputs(action: &Action) -> Vec<Value> {
    let example = action.example_input();
    let mut inputs = vec![example.clone()];
    for value in values() {
        let fields = example.as_object().unwrap().keys();
        let fields = fields.filter_map(|name| Some((name.clone(), value.clone()?)));
        inputs.push(Value::Object(fields.collect::<Map<_, _>>()));
    }
    inputs
}

#[test]
fn requests_are_the_references() {
    let actions = actions();
    if actions.is_empty() {
        println!("skipped: no corpus");
        return;
    }
    let (mut cases, mut questions) = (Vec::new(), Vec::new());
    for (name, action) in &actions {
        for part in parts(action) {
            let alone = alone(action, &part);
            for input in inputs(action) {
                let input = RawInput::from_value(input);
                let mut fields = input.value().clone();
                fields["rawRequest"] = json!(input.text());
                questions.push(ask::template(&part.template, &json!({"input": fields})));
                let ours = alone.render(&input, &Credentials::none());
                let ours = ours.map(|request| part_of(&request, &part.name));
                cases.push((name, part.field.clone(), ours, input.text().to_owned()));
            }
        }
    }
    let Some(answers) = answers(&questions) else {
        return;
    };
    let (mut agreed, mut refused, mut differ) = (0, 0, 0);
    for ((name, field, ours, input), theirs) in cases.iter().zip(&answers) {
        let theirs = theirs.as_ref().and_then(Value::as_str);
        match (ours, theirs) {
            (Ok(ours), Some(theirs)) if ours == theirs => agreed += 1,
            // What is refused must be at fault in the reference's answer as well.
            (Err(error), Some(theirs)) if error.field == *field && !can_be_sent(theirs) => {
                refused += 1;
            }
            (Err(error), None) if error.field == *field => agreed += 1,
            _ => {
                differ += 1;
                println!(
                    "{name}: {field}\n  input  {input}\n  ours   {ours:?}\n  theirs {theirs:?}"
                );
            }
        }
    }
    println!("requests: {agreed} parts agree, {refused} can't be sent, {differ} differ");
    assert_eq!(differ, 0);
}

/// The answers to questions, in their order, each without a value where the reference fails; none without Java.
fn answers(questions: &[Value]) -> Option<Vec<Option<Value>>> {
    let answers = ask::ask(questions)?;
    Some(
        answers
            .iter()
            .map(|answer| answer.get("ok").cloned())
            .collect(),
    )
}

/// A field of a request that the reference renders, too.
struct Part {
    field: String,
    /// `url`, `body`, or the header's name.
    name: String,
    template: String,
}

fn parts(action: &Action) -> Vec<Part> {
    let request = &action.definition()["config"]["request"];
    let part = |field: &str, name: &str, template: &Value| Part {
        field: format!("config.request.{field}"),
        name: name.to_owned(),
        template: template.as_str().unwrap_or_default().to_owned(),
    };
    let mut parts = vec![part(
        "requestUrlTemplate",
        "url",
        &request["requestUrlTemplate"],
    )];
    if action.method().has_body() {
        parts.push(part("requestTemplate", "body", &request["requestTemplate"]));
    }
    for (name, template) in request["headers"].as_object().unwrap() {
        // It is accepted, and not sent.
        if !name.eq_ignore_ascii_case("Transfer-Encoding") {
            parts.push(part(&format!("headers.{name}"), name, template));
        }
    }
    parts.retain(|part| !NOT_THERE.iter().any(|tool| part.template.contains(tool)));
    parts
}

/// The action with that part alone, so that no other part's fault hides it.
fn alone(action: &Action, part: &Part) -> Action {
    let mut definition = action.definition().clone();
    let request = &mut definition["config"]["request"];
    if part.name != "url" {
        let path = request["requestUrlTemplate"]
            .as_str()
            .unwrap()
            .starts_with('/');
        let url = if path { "/x" } else { "https://h/x" };
        request["requestUrlTemplate"] = json!(url);
    }
    if part.name != "body" {
        request["requestTemplate"] = json!("");
    }
    let headers = request["headers"].as_object_mut().unwrap();
    headers.retain(|name, _| *name == part.name);
    Action::from_json(&definition.to_string()).unwrap()
}

fn part_of(request: &Request, part: &str) -> String {
    match part {
        "url" => request.url.clone(),
        "body" => request.body.clone().unwrap_or_default(),
        name => {
            let header = request.headers.iter().find(|(header, _)| header == name);
            header.unwrap().1.clone()
        }
    }
}

/// Whether a URL or a header's value can be sent as it is.
fn can_be_sent(text: &str) -> bool {
    let refused = |letter: char| !letter.is_ascii_graphic() || "\"<>\\^`{|}[]#%".contains(letter);
    !text.contains(refused)
}

/// One response, read by a key's path.
struct Reading {
    case: usize,
    key: String,
    default: Option<String>,
}

#[test]
fn outputs_are_the_references() {
    let actions = actions();
    if actions.is_empty() {
        println!("skipped: no corpus");
        return;
    }
    let mut cases = Vec::new();
    for (name, action) in &actions {
        let fitting: Value = serde_json::from_str(&response::fitting(action)).unwrap();
        let mut responses = vec![fitting.clone(), json!({}), json!([]), json!(null)];
        for value in values() {
            responses.extend(with_leaves(&fitting, &value));
        }
        cases.extend(
            responses
                .into_iter()
                .map(|response| (name, action, response)),
        );
    }
    let Some(contexts) = contexts(&cases) else {
        return;
    };
    let templates: Vec<Value> = cases
        .iter()
        .zip(&contexts)
        .map(|((_, action, _), context)| {
            let template = support::field(action.definition(), "/config/response/successTemplate");
            ask::strict_template(template, context)
        })
        .collect();
    let Some(answers) = ask::ask(&templates) else {
        return;
    };
    let (mut agreed, mut unset, mut failed, mut differ) = (0, 0, 0, 0);
    for ((name, action, response), theirs) in cases.iter().zip(&answers) {
        let input = RawInput::from_value(action.example_input());
        let ours = action.translate(&input, &response.to_string());
        let text = theirs["ok"].as_str();
        match (&ours, text.and_then(first_value), unset_words(theirs)) {
            (Ok(ours), Some(theirs), _) if *ours == theirs => agreed += 1,
            (Err(ours), None, Some(words)) if ours.to_string().contains(&words) => unset += 1,
            (Err(_), None, None) => failed += 1,
            (ours, ..) => {
                differ += 1;
                println!("{name}\n  response {response}\n  ours     {ours:?}\n  theirs   {theirs}");
            }
        }
    }
    println!(
        "outputs: {agreed} agree, {unset} miss a name in the same words, {failed} fail in both, {differ} \
         differ"
    );
    assert_eq!(differ, 0);
}

/// What the reference says of a name that isn't set, with the vendor's name for the template.
fn unset_words(answer: &Value) -> Option<String> {
    let (_, words) = answer["error"].as_str()?.split_once(": ")?;
    let template = words.replace(" at template[", " at successTemplate[");
    words.starts_with("Variable $").then_some(template)
}

/// What the success templates see: each key at what the reference finds, as the reference serialises it.
fn contexts(cases: &[(&String, &Action, Value)]) -> Option<Vec<Value>> {
    let (mut readings, mut paths) = (Vec::new(), Vec::new());
    for (case, (_, action, response)) in cases.iter().enumerate() {
        let defaults = &action.definition()["config"]["response"]["translationMapDefaults"];
        for (key, path) in response::rows(action) {
            paths.push(ask::path(&path, response));
            let default = defaults
                .get(&key)
                .and_then(Value::as_str)
                .map(str::to_owned);
            readings.push(Reading { case, key, default });
        }
    }
    let found = answers(&paths)?;
    // In a list, the reference prints a value as it serialises it.
    let lists: Vec<Value> = found
        .iter()
        .map(|found| ask::template("$y", &json!({"y": [found.clone()]})))
        .collect();
    let printed = answers(&lists)?;
    let mut contexts: Vec<Value> = cases
        .iter()
        .map(|(_, action, response)| {
            let mut input = action.example_input();
            input["rawRequest"] = json!(action.example_input().to_string());
            json!({"input": input, "rawResult": response.to_string()})
        })
        .collect();
    for ((reading, found), printed) in readings.into_iter().zip(found).zip(printed) {
        let list = printed.unwrap();
        let list = list.as_str().unwrap();
        let text = match found {
            Some(_) => Some(list[1..list.len() - 1].to_owned()),
            None => reading.default,
        };
        if let Some(text) = text {
            contexts[reading.case][reading.key] = json!(text);
        }
    }
    Some(contexts)
}

fn first_value(text: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .next()?
        .ok()
}

/// The document with each of its scalars in turn, and then all at once, put to a value or left out.
fn with_leaves(document: &Value, value: &Option<Value>) -> Vec<Value> {
    let mut pointers = Vec::new();
    leaves(document, String::new(), &mut pointers);
    let mut documents: Vec<Value> = pointers
        .iter()
        .map(|pointer| replaced(document, std::slice::from_ref(pointer), value))
        .collect();
    documents.push(replaced(document, &pointers, value));
    documents
}

fn leaves(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, field)| leaves(field, format!("{pointer}/{name}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| leaves(item, format!("{pointer}/{at}"), found)),
        _ => found.push(pointer),
    }
}

fn replaced(document: &Value, pointers: &[String], value: &Option<Value>) -> Value {
    let mut document = document.clone();
    for pointer in pointers {
        match (value, pointer.rsplit_once('/')) {
            (Some(value), _) => {
                if let Some(place) = document.pointer_mut(pointer) {
                    place.clone_from(value);
                }
            }
            (None, Some((around, name))) => {
                if let Some(Value::Object(fields)) = document.pointer_mut(around) {
                    fields.shift_remove(name);
                }
            }
            (None, None) => {}
        }
    }
    document
}
