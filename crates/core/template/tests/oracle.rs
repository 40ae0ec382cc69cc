//! Differential: what Velocity 1.7 and velocity-tools 2.0 answer, we answer.
//!
//! Asks `tests/oracle/run` (Java and three Debian packages). Without Java the test says so and skips,
//! unless `TOLLGATE_REQUIRE_ORACLE` is set.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that runs a process"
)]

use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use tollgate_template::{Bounds, Context, Template, Value};

/// Templates around which Velocity's rules turn.
const TEMPLATES: &str = include_str!("templates.txt");

fn contexts() -> Vec<Json> {
    vec![
        json!({}),
        json!({
            "input": {"name": "O'Brien \"x\"", "queueId": "q-1", "n": 7, "big": 3_000_000_000_i64,
                      "d": 2.5, "list": ["a", "b", "c"], "nums": [3, 1, 2], "empty": "", "flag": true,
                      "none": null, "map": {"k": "v", "l": 1}, "csv": "a,b,,c,,", "uni": "é ü 漢 <&>"},
            "x": "text", "i": 3, "f": 0.1, "t": true, "no": false, "e": [], "m": {}, "s": "12",
        }),
        json!({"input": {"name": "", "n": -1, "d": 1e10, "list": []}, "x": "", "i": 0, "f": -0.0001, "t": false}),
    ]
}

#[test]
fn velocity_answers_the_same() {
    let java = Command::new("java").arg("-version").output();
    if java.is_err() && std::env::var_os("TOLLGATE_REQUIRE_ORACLE").is_none() {
        println!("skipped: no java");
        return;
    }
    let mut cases = Vec::new();
    for template in TEMPLATES.split("\n---\n") {
        for context in contexts() {
            cases.push((template.to_owned(), context));
        }
    }
    let answers = ask(&cases);
    assert_eq!(answers.len(), cases.len());
    let mut differ = 0;
    for ((template, context), answer) in cases.iter().zip(&answers) {
        let ours = render(template, context);
        let theirs = answer.get("ok").and_then(Json::as_str);
        if ours.as_deref().ok() != theirs {
            differ += 1;
            println!(
                "template: {template:?}\n  context {context}\n  ours:   {ours:?}\n  theirs: {answer}"
            );
        }
    }
    println!(
        "velocity: {} of {} cases agree",
        cases.len() - differ,
        cases.len()
    );
    assert_eq!(differ, 0);
}

fn render(template: &str, context: &Json) -> Result<String, String> {
    let template = Template::parse(template).map_err(|error| error.to_string())?;
    let mut values = Context::new();
    for (name, value) in context.as_object().unwrap() {
        values.insert(name, Value::from_json(value));
    }
    let rendered = template.render(&values, &Bounds::default());
    rendered.map_err(|error| error.to_string())
}

fn ask(cases: &[(String, Json)]) -> Vec<Json> {
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/oracle/run");
    let mut oracle = Command::new(run)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let questions: String = cases
        .iter()
        .map(|(template, context)| {
            format!(
                "{}\n",
                json!({"kind": "velocity", "template": template, "context": context})
            )
        })
        .collect();
    let mut stdin = oracle.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()).unwrap());
    let output = oracle.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
