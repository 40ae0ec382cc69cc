//! Nobody reads JSON past this crate. Looks at the text of every source file; tests and benchmarks are left
//! out, since what they read the project has written.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// What reads JSON, or reads a `Value` once more, by which private keys would come to life.
const READS: [&str; 12] = [
    "serde_json::from_",
    "serde_json::Deserializer",
    "serde_json::StreamDeserializer",
    "serde_json::value::RawValue",
    "parse::<Value>",
    "parse::<Json>",
    "parse::<serde_json::Value>",
    " Value::from_str(",
    "::deserialize(",
    "axum::Json",
    ".json().await",
    ".json::<",
];

/// Files that may, and why.
const ALLOWED: [(&str, &str); 1] = [("crates/core/json/src/lib.rs", "the door itself")];

#[test]
fn json_comes_in_by_one_door() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut files = Vec::new();
    for folder in ["crates", "fuzz"] {
        sources(&root.join(folder), &mut files).unwrap();
    }
    assert!(files.len() > 300, "only {} files were found", files.len());
    let mut allowed = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let found: Vec<_> = READS.iter().filter(|read| reads(&text, read)).collect();
        match ALLOWED.iter().find(|(file, _)| *file == name) {
            Some((file, _)) if !found.is_empty() => allowed.push(*file),
            None if !found.is_empty() => wrong.push(format!("{name}: {found:?}")),
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "use tollgate_json in:\n{}",
        wrong.join("\n")
    );
    let listed: Vec<_> = ALLOWED.iter().map(|(file, _)| *file).collect();
    assert_eq!(allowed, listed, "files that needn't be allowed any more");
}

/// Whether a source has this outside of comments and of the tests at its end, or imports it in a list.
fn reads(text: &str, what: &str) -> bool {
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let code = code
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join(" ");
    let lists = code.split("serde_json::{").skip(1);
    let mut listed = lists.flat_map(|list| list.split('}').next().unwrap_or_default().split(','));
    code.contains(what)
        || listed.any(|item| format!("serde_json::{}", item.trim()).starts_with(what))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !["tests", "benches", "target"].contains(&&*name) {
                sources(&path, found)?;
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
    Ok(())
}

#[test]
fn what_reads_is_found() {
    for text in [
        "let x = serde_json::from_str(y);",
        "use serde_json::{Value,\n    from_slice, json};",
        "use serde_json::{Deserializer, json};",
        "serde_json::from_reader(z)",
        "let x: Value = answer.json().await?;",
        "Line::deserialize(value)",
    ] {
        assert!(READS.iter().any(|read| reads(text, read)), "{text}");
    }
    for text in [
        "// serde_json::from_str(y)",
        "use serde_json::{Value, json};",
    ] {
        assert!(!READS.iter().any(|read| reads(text, read)), "{text}");
    }
}
