//! A path and a document, with a zero byte between them: compiles, reads with much room and with little, ends.
//! What is read doesn't depend on the room, and what is found is what is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tollgate_jsonpath::{Path, ReadError};
use tollgate_meter::{Budget, Meter};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (text, document) = text.split_once('\0').unwrap_or((&text, ""));
    let document = tollgate_json::read(document).unwrap_or_else(|_| {
        json!({"a": [{"b": "x", "c": [1, 2.5, -3]}, {"b": null, "a": {"a": [[]]}}], "b": {"c": true}})
    });
    let Ok(path) = Path::compile(text) else {
        return;
    };
    let read = path.read(&document);
    let small = Meter::new(Budget::TRIAL);
    match path.read_within(&document, &small) {
        Err(ReadError::TooLarge(_)) => {}
        within => assert_eq!(within, read),
    }
    assert!(small.stopped().is_some() || small.steps_used() <= Budget::TRIAL.steps);
    let Ok(read) = read else {
        return;
    };
    let found = path.find(&document).expect("what can be read can be found");
    let found: Vec<Value> = found.into_iter().map(|value| value.into_owned()).collect();
    if path.is_definite() {
        assert_eq!(found, [read]);
    } else {
        assert_eq!(Value::Array(found), read);
    }
});
