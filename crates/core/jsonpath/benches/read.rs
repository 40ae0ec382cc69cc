//! Reading typical paths, beside serde_json_path on equivalent ones: time and allocations.
//!
//! `find` copies nothing, as serde_json_path's query does; `read` copies what it finds. What each finds is
//! compared first.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use divan::{AllocProfiler, Bencher};
use serde_json::{Value, json};
use serde_json_path::JsonPath;
use tollgate_jsonpath::Path;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

/// Ours, and the same in RFC 9535's words.
const PATHS: &[(&str, &str)] = &[
    (
        "$.results[0].data[0].stats.count",
        "$.results[0].data[0].stats.count",
    ),
    ("$.participants[*].id", "$.participants[*].id"),
    (
        "$.participants[?(@.purpose == 'customer')].attributes",
        "$.participants[?@.purpose == 'customer'].attributes",
    ),
    ("$..conversationId", "$..conversationId"),
];

fn main() {
    let document = document();
    for (ours, theirs) in PATHS {
        let found = Path::compile(ours).unwrap();
        let found: Vec<Value> = found
            .find(&document)
            .unwrap()
            .into_iter()
            .map(|it| it.into_owned())
            .collect();
        let query = JsonPath::parse(theirs).unwrap();
        let expected: Vec<Value> = query.query(&document).all().into_iter().cloned().collect();
        assert_eq!(found, expected, "{ours}");
    }
    divan::main();
}

fn document() -> Value {
    let participant = |number: usize| {
        json!({
            "id": format!("p-{number}"), "purpose": if number.is_multiple_of(3) { "customer" } else { "agent" },
            "conversationId": format!("c-{number}"),
            "attributes": {"a": "some text", "b": number}, "messages": [{"messageId": "m-1"}, {"messageId": "m-2"}],
        })
    };
    json!({
        "results": [{"data": [{"metric": "oWaiting", "stats": {"count": 7}}]}],
        "participants": (0..20).map(participant).collect::<Vec<_>>(),
        "total": 20,
    })
}

#[divan::bench(args = PATHS.iter().map(|it| it.0))]
fn find_tollgate(bencher: Bencher<'_, '_>, path: &str) {
    let (path, document) = (Path::compile(path).unwrap(), document());
    bencher.bench_local(|| path.find(&document).unwrap().len());
}

#[divan::bench(args = PATHS.iter().map(|it| it.1))]
fn find_serde_json_path(bencher: Bencher<'_, '_>, path: &str) {
    let (path, document) = (JsonPath::parse(path).unwrap(), document());
    bencher.bench_local(|| path.query(&document).len());
}

#[divan::bench(args = PATHS.iter().map(|it| it.0))]
fn read_tollgate(bencher: Bencher<'_, '_>, path: &str) {
    let (path, document) = (Path::compile(path).unwrap(), document());
    bencher.bench_local(|| path.read(&document).unwrap());
}

#[divan::bench(args = PATHS.iter().map(|it| it.1))]
fn read_serde_json_path(bencher: Bencher<'_, '_>, path: &str) {
    let (path, document) = (JsonPath::parse(path).unwrap(), document());
    bencher.bench_local(|| {
        let found = path.query(&document).all();
        Value::Array(found.into_iter().cloned().collect())
    });
}

#[divan::bench(args = PATHS.iter().map(|it| it.0))]
fn compile_tollgate(bencher: Bencher<'_, '_>, path: &str) {
    bencher.bench_local(|| Path::compile(path).unwrap());
}
