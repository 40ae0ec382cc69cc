//! Damaged paths neither panic, nor hang, nor overflow the stack: every one ends in a value or an error.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that reads files and the clock"
)]

#[path = "../../../../tests/oracle/ask.rs"]
#[allow(dead_code, reason = "only the corpus is needed here")]
mod ask;
#[path = "../../../../fuzz/mutate.rs"]
mod mutate;

use mutate::Mutator;
use serde_json::json;
use tollgate_jsonpath::Path;

const WORDS: &[&str] = &[
    "$",
    "@",
    "..",
    ".*",
    "[*]",
    "[0]",
    "[-1]",
    "[1:]",
    "[:-1]",
    "[0,1]",
    "['a','b']",
    "[?(",
    ")]",
    "@.a",
    " == ",
    " =~ /a.*/i",
    " && ",
    " || ",
    "!",
    "in ['a', 1]",
    ".length()",
    ".sum()",
    "99999999999",
    "'",
    "\"",
    "((((",
    "[[[[",
    "\\",
    " === ",
    " empty false",
    " subsetof ",
    " contains ",
    " size 2",
    ".append(",
    ".concat($.a, \"x\")",
    ".index(-1)",
    ".first()",
    "$..",
    "{\"a\":1}",
];
const WRITTEN: &[&str] = &[
    "$.a.b[0].c",
    "$.a[0].participants[0].messages",
    "$.participants[0]['purpose','messages'].messages[*]",
    "$.a[*].b.concat(\"x\", $.participants[0].purpose)",
    "$.participants[?(@.purpose == 'acd' || @.messages empty true)].messages.length()",
    "participants[-1:].messages[0,1]",
    "$..purpose",
    "$.a[*].b",
    "$..messages[0]",
    "$.a[0,1].b",
    ".participants",
    "$..a",
    "$.a[?(@.b == 'x' && !@.c || @.d > 1)].e",
    "$['a','b']",
    "$.a[1:3]",
    "$..[?(@.a =~ /x.*/i)]",
    "$.a.length()",
    "$.*.b[*]",
    "a.b",
    ".a",
    "$.a[?(@.b in ['x', 1])]",
    "$..a..b..*",
    "$.a[?(@.b nin $..b || @.c.length() == 3)].c.append(4)",
    "$.concat($.a[*].b, \"-\", {\"x\": [1, 'y']})",
    "$..[?(@.c[?(@ > 1)] empty false)].c[0].x",
    "$..[0].b",
    "$.a[*].c.length($.x[*])",
];

#[test]
fn damaged_paths_end() {
    let mut seeds: Vec<String> = WRITTEN.iter().map(|it| (*it).to_owned()).collect();
    for (_, action) in ask::corpus() {
        let map = action
            .pointer("/config/response/translationMap")
            .and_then(|it| it.as_object());
        let paths = map
            .into_iter()
            .flatten()
            .filter_map(|(_, path)| path.as_str());
        seeds.extend(paths.map(str::to_owned));
    }
    let mut document = json!({"a": [{"b": "x", "c": [1, 2, 3], "d": 2.5}, {"b": null, "e": {"a": "é"}}, [[]], true], "b": {"a": 1}});
    for _ in 0..40 {
        document = json!({"a": [document, {"b": "xyz"}], "participants": [{"purpose": "acd", "messages": [1, 2]}]});
    }
    let mut mutator = Mutator::new(1, seeds, WORDS);
    let mut read = 0_u64;
    let done = mutate::rounds(20_000, || {
        let text = mutator.next();
        let Ok(path) = Path::compile(&text) else {
            return;
        };
        let found = path.read(&document);
        if found.is_ok() {
            read += 1;
            assert!(path.find(&document).is_ok());
        }
    });
    println!("{done} damaged paths, {read} of them found something");
    assert!(read > done / 50, "too few are still paths");
}
