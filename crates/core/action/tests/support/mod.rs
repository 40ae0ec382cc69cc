//! What the tests on the corpus share: its files, and responses that fit an action's paths.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "shared by tests, each of which uses a part"
)]

pub(crate) mod made;
pub(crate) mod response;

use std::path::PathBuf;

/// A file of the corpus: its name and text.
pub(crate) struct CorpusFile {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Every action of the corpus, by name; none where the corpus is absent.
pub(crate) fn corpus() -> Vec<CorpusFile> {
    let root = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../shared/corpus"
    ));
    if !root.is_dir() {
        return Vec::new();
    }
    let mut files = Vec::new();
    for folder in ["actions", "caching-in-flows", "more/actions"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                files.push(CorpusFile {
                    name: path.file_name().unwrap().to_string_lossy().into_owned(),
                    text: std::fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// An SDK-free look at a definition.
pub(crate) fn field<'a>(definition: &'a serde_json::Value, pointer: &str) -> &'a str {
    definition
        .pointer(pointer)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}
