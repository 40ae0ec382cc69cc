//! A template and its values, with a zero byte between them: parses, renders with lenient references and with
//! strict ones, ends within bounds. Only strict ones refuse what has no value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};
use tollgate_template::{Bounds, Context, References, Template, Value};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (text, values) = text.split_once('\0').unwrap_or((&text, ""));
    let values: Json = tollgate_json::read(values).unwrap_or_else(|_| {
        json!({"x": "text", "i": 3, "big": 1e300, "l": [1, "b", null], "m": {"a": {"b": 1}}, "n": null, "t": true,
            "input": {"rawRequest": "{}", "a": "é"}})
    });
    for references in [References::AsWritten, References::Strict { template: "t" }] {
        let Ok(template) = Template::parse_with(text, references) else {
            continue;
        };
        // What a template puts into a value stays there: each rendering has its own.
        let mut context = Context::new();
        for (name, value) in values.as_object().into_iter().flatten() {
            context.insert(name, Value::from_json(value));
        }
        let bounds = Bounds {
            max_steps: 20_000,
            max_output_bytes: 1 << 16,
        };
        match template.render(&context, &bounds) {
            Ok(out) => assert!(out.len() <= bounds.max_output_bytes),
            Err(error) if error.refused.is_some() => {
                assert_ne!(references, References::AsWritten);
                let place = format!("t[line {}, column {}]", error.line, error.column);
                assert!(error.message.contains(&place), "{error}");
            }
            Err(_) => {}
        }
        let _ = template.references();
    }
});
