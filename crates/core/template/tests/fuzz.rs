//! Damaged templates neither panic, nor hang, nor overflow the stack: every one ends in a text or an error
//! within small bounds.

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
use tollgate_template::{Bounds, Context, References, Template, Value};

const WORDS: &[&str] = &[
    "#set($a = ",
    "#if(",
    "#elseif(",
    "#else",
    "#end",
    "#foreach($b in ",
    "#break",
    "#stop",
    "#literal()",
    "[1..9]",
    "$foreach",
    "$a",
    "$!{a}",
    "${a.b}",
    "$a[0]",
    ".split('",
    ".replaceAll('",
    "(.*)",
    "$esc.html(",
    "$math.add(",
    "$l.add($l)",
    "$m.put('a', $m)",
    "#[[",
    "]]#",
    "#*",
    "*#",
    "##",
    "\\\\",
    "9223372036854775807",
    "1e308",
    " * ",
    " + ",
    "\"$a$a\"",
    "\\u0041",
    "[[[[",
    "((((",
    "{{{{",
];

const STRICT: References = References::Strict { template: "t" };

#[test]
fn damaged_templates_end() {
    let written = include_str!("oracle/templates.txt").split("\n---\n");
    let mut seeds: Vec<String> = written.map(str::to_owned).collect();
    for (_, action) in ask::corpus() {
        let fields = [
            "/config/request/requestUrlTemplate",
            "/config/request/requestTemplate",
            "/config/response/successTemplate",
        ];
        seeds.extend(
            fields
                .iter()
                .filter_map(|field| action.pointer(field)?.as_str().map(str::to_owned)),
        );
    }
    let json = json!({"a": "text", "l": [1, 2.5, "x", null], "m": {"a": {"b": "c"}}, "n": null, "i": i64::MAX,
        "input": {"rawRequest": "{}", "a": "é\"", "queueId": "q"}, "x": "text", "t": true});
    let bounds = Bounds {
        max_steps: 20_000,
        max_output_bytes: 1 << 16,
    };
    let mut mutator = Mutator::new(1, seeds, WORDS);
    let mut rendered = 0_u64;
    let done = mutate::rounds(20_000, || {
        let text = mutator.next();
        for references in [References::AsWritten, STRICT] {
            let Ok(template) = Template::parse_with(&text, references) else {
                return;
            };
            assert!(template.references().len() <= text.len());
            let mut context = Context::new();
            for (name, value) in json.as_object().unwrap() {
                context.insert(name, Value::from_json(value));
            }
            match template.render(&context, &bounds) {
                Ok(out) => {
                    assert!(out.len() <= bounds.max_output_bytes);
                    rendered += u64::from(references == References::AsWritten);
                }
                // Only strict references are refused, and their words have the error's place.
                Err(error) if error.refused.is_some() => {
                    assert_eq!(references, STRICT);
                    let place = format!("t[line {}, column {}]", error.line, error.column);
                    assert!(error.message.contains(&place), "{error}");
                }
                Err(_) => {}
            }
        }
    });
    println!("{done} damaged templates, {rendered} of them rendered");
    assert!(rendered > done / 20, "too few are still templates");
}
