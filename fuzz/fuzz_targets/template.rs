//! A template and its values, with a zero byte between them: parses, renders, ends within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};
use tollgate_template::{Bounds, Context, Template, Value};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (text, values) = text.split_once('\0').unwrap_or((&text, ""));
    let values: Json = tollgate_json::read(values).unwrap_or_else(|_| {
        json!({"x": "text", "i": 3, "big": 1e300, "l": [1, "b", null], "m": {"a": {"b": 1}}, "n": null, "t": true,
            "input": {"rawRequest": "{}", "a": "é"}})
    });
    let Ok(template) = Template::parse(text) else {
        return;
    };
    let mut context = Context::new();
    for (name, value) in values.as_object().into_iter().flatten() {
        context.insert(name, Value::from_json(value));
    }
    let bounds = Bounds {
        max_steps: 20_000,
        max_output_bytes: 1 << 16,
    };
    if let Ok(out) = template.render(&context, &bounds) {
        assert!(out.len() <= bounds.max_output_bytes);
    }
    let _ = template.references();
});
