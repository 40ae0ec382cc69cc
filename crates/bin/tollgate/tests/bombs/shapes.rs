//! Texts that a reader of JSON may end at.

use serde_json::{Value, json};

/// Each with its name.
pub(crate) fn shapes() -> Vec<(String, String)> {
    let raw = "$serde_json::private::RawValue";
    let number = "$serde_json::private::Number";
    let escaped: String = raw
        .chars()
        .map(|c| format!("\\u{:04x}", c as u32))
        .collect();
    let mut all = vec![
        ("lists".to_owned(), deep("[", "]", 100_000)),
        ("open lists".to_owned(), "[".repeat(200_000)),
        ("objects".to_owned(), deep("{\"a\":", "}", 40_000)),
        ("both".to_owned(), deep("[{\"a\":", "}]", 30_000)),
        ("as deep as is read".to_owned(), deep("[", "]", 127)),
        (
            "objects as deep as is read".to_owned(),
            deep("{\"a\":", "}", 127),
        ),
        (
            "a number that is none".to_owned(),
            format!("{{\"{number}\":\"x\"}}"),
        ),
        (
            "a number's name".to_owned(),
            format!("{{\"{number}\":{}}}", deep("[", "]", 126)),
        ),
        (
            "names within names".to_owned(),
            deep(&format!("{{\"{number}\":"), "}", 127),
        ),
    ];
    for (name, key) in [("raw", raw), ("escaped raw", &escaped)] {
        for levels in [2, 40, 120] {
            all.push((format!("{levels} {name} values"), restarting(key, levels)));
        }
    }
    all
}

pub(crate) fn deep(open: &str, close: &str, levels: usize) -> String {
    format!("{}1{}", open.repeat(levels), close.repeat(levels))
}

/// Texts within texts, each as deep as a reader takes. A quote within them is spelt as `\u0022` at every
/// level, so that the text grows by a little with each.
fn restarting(key: &str, levels: usize) -> String {
    (0..levels).fold("1".to_owned(), |inner, _| {
        let inner = inner.replace('\\', "\\u005c").replace('"', "\\u0022");
        let (open, close) = ("[".repeat(126), "]".repeat(126));
        format!("{open}{{\"{key}\":\"{inner}\"}}{close}")
    })
}

/// Lists, objects, or both by turns.
pub(crate) fn value(levels: usize, shape: usize) -> Value {
    (0..levels).fold(json!(1), |inner, level| {
        if (shape == 2 && level % 2 == 0) || shape == 0 {
            json!([inner])
        } else {
            json!({"a": inner})
        }
    })
}
