//! Asks the reference implementation (`tests/oracle/run`): Velocity 1.7 and JsonPath 2.0.

use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Whether there is a Java to ask; without one the test is to skip, unless the environment requires it.
pub(crate) fn is_there() -> bool {
    let required = std::env::var_os("TOLLGATE_REQUIRE_ORACLE").is_some();
    required || Command::new("java").arg("-version").output().is_ok()
}

/// What a template prints; none if it fails.
pub(crate) fn velocity(template: &str, context: &Value) -> Value {
    json!({"kind": "velocity", "template": template, "context": context})
}

/// What a path finds; none if it fails.
pub(crate) fn jsonpath(path: &str, document: &Value) -> Value {
    json!({"kind": "jsonpath", "path": path, "document": document})
}

/// The answers to the questions, in their order.
pub(crate) fn ask(questions: &[Value]) -> Vec<Option<Value>> {
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/oracle/run");
    let mut oracle = Command::new(run)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text: String = questions
        .iter()
        .map(|question| format!("{question}\n"))
        .collect();
    let mut stdin = oracle.stdin.take().unwrap();
    // The pipe to the oracle fills up while its answers wait to be read.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = oracle.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line)
                .unwrap()
                .get("ok")
                .cloned()
        })
        .collect();
    assert_eq!(answers.len(), questions.len());
    answers
}
