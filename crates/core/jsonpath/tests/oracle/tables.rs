//! Every operator between every two kinds of operands, every function of every kind of value.

use serde_json::{Value as Json, json};

const OPERATORS: [&str; 24] = [
    "==", "!=", "===", "!==", "<", "<=", ">", ">=", "=~", "in", "NIN", "subsetof", "AnyOf",
    "noneof", "contains", "size", "empty", "exists", "all", "type", "matches", "=>", "like",
    "EMPTY",
];

const LITERALS: [&str; 29] = [
    "'x'",
    "\"xyz\"",
    "''",
    "'1'",
    "'1.0'",
    "'true'",
    "'null'",
    "1",
    "1.0",
    "0",
    "-1",
    "3",
    "1e0",
    "true",
    "false",
    "null",
    "[]",
    "['x', 'y']",
    "[1, 2]",
    "['1', null, true]",
    "{}",
    "{\"a\": 1}",
    "[[1]]",
    "/x.*/",
    "/X/i",
    "/1.*/",
    "/.*/",
    "@.other",
    "$.list",
];

const FUNCTIONS: [&str; 14] = [
    "length", "size", "min", "max", "avg", "sum", "stddev", "concat", "keys", "first", "last",
    "index", "append", "nothing",
];

const PARAMETERS: [&str; 22] = [
    "",
    " ",
    "1",
    "0",
    "-1",
    "-2",
    "2.9",
    "\"x\"",
    "\"x\", 1",
    "$.list",
    "$.list[*]",
    "$.none",
    "$..n",
    "@.list",
    "$.object",
    "$.object.keys()",
    "{\"a\": [1, 'y']}",
    "x",
    "[1]",
    "$.list.length()",
    "$",
    "$.number, $.text",
];

/// Values of every kind.
fn values() -> Vec<Json> {
    let written = [
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "1.0",
        "1.50",
        "1e20",
        "12345678901234567890",
        "0.00001",
        "123456789012345678.5",
        "\"x\"",
        "\"xyz\"",
        "\"\"",
        "\"1\"",
        "\"1.0\"",
        "\"true\"",
        "\"$.list\"",
        "\"['x']\"",
        "\"'x'\"",
        "[]",
        "[\"x\"]",
        "[\"x\",\"y\",\"z\"]",
        "[1,2]",
        "[1.0,2]",
        "[null,true,\"1\"]",
        "[[1],[2,3]]",
        "[{\"n\":4}]",
        "[5]",
        "[\"a\\\\tb\",\"$\",\"[1]\"]",
        "{}",
        "{\"a\":1}",
        "{\"n\":7,\"m\":[1,2,\"/\"]}",
    ];
    written
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

/// The rest of the document.
fn around(value: &Json) -> Json {
    json!({
        "v": [{"x": value, "other": "x"}, {"other": value}],
        "m": value,
        "l": [value, "x", value],
        "list": ["x", 1, null],
        "object": {"k": 1, "j": "y"},
        "number": 2.5,
        "text": "t",
    })
}

pub(crate) fn relations() -> Vec<(String, Json)> {
    let mut cases = Vec::new();
    for value in values() {
        for operator in OPERATORS {
            for literal in LITERALS {
                let relation = format!("@.x {operator} {literal}");
                cases.push((format!("$.v[?({relation})].other"), around(&value)));
            }
            cases.push((format!("$.v[?('x' {operator} @.x)].other"), around(&value)));
            cases.push((
                format!("$.v[?([1, 2] {operator} @.x)].other"),
                around(&value),
            ));
            cases.push((
                format!("$.v[?(!(@.x {operator} @.x))].other"),
                around(&value),
            ));
            cases.push((format!("$.l[?(@ {operator} $.m)]"), around(&value)));
        }
    }
    cases
}

pub(crate) fn functions() -> Vec<(String, Json)> {
    let mut cases = Vec::new();
    for value in values() {
        for function in FUNCTIONS {
            for parameter in PARAMETERS {
                for path in ["$.m", "$.l[*]", "$..m"] {
                    let path = format!("{path}.{function}({parameter})");
                    cases.push((path, around(&value)));
                }
            }
            cases.push((format!("$.l[?(@.{function}() == 1)]"), around(&value)));
            cases.push((format!("$.v[?(@.x.{function}())].other"), around(&value)));
        }
    }
    cases
}
