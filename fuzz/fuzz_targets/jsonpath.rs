//! A path and a document, with a zero byte between them: compiles, reads, ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tollgate_jsonpath::Path;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (text, document) = text.split_once('\0').unwrap_or((&text, ""));
    let document = tollgate_json::read(document).unwrap_or_else(|_| {
        json!({"a": [{"b": "x", "c": [1, 2.5, -3]}, {"b": null, "a": {"a": [[]]}}], "b": {"c": true}})
    });
    if let Ok(path) = Path::compile(text) {
        let read = path.read(&document);
        assert!(read.is_err() || path.find(&document).is_ok());
    }
});
