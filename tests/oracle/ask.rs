// Asks the reference (`tests/oracle/run`: Velocity 1.7, velocity-tools 2.0, JsonPath 2.9, and the patterns of
// Java itself). Included by path in the tests of the language crates.
//
// Without Java a test says so and skips, unless `TOLLGATE_REQUIRE_ORACLE` is set, as it is in the checks.

use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A template and its values, as a question.
#[allow(dead_code, reason = "each crate asks its own kind")]
pub(crate) fn template(template: &str, context: &Json) -> Json {
    json!({"kind": "velocity", "template": template, "context": context})
}

/// The same of a success template, where a name that nothing has set is an error.
#[allow(dead_code, reason = "each crate asks its own kind")]
pub(crate) fn strict_template(template: &str, context: &Json) -> Json {
    json!({"kind": "velocity", "template": template, "context": context, "strict": true})
}

/// A path and its document, as a question.
#[allow(dead_code, reason = "each crate asks its own kind")]
pub(crate) fn path(path: &str, document: &Json) -> Json {
    json!({"kind": "jsonpath", "path": path, "document": document})
}

/// A pattern, a text, and what a method of `String` is given beside them, as a question.
#[allow(dead_code, reason = "each crate asks its own kind")]
pub(crate) fn regex(method: &str, pattern: &str, text: &str, with: &Json) -> Json {
    json!({"kind": "regex", "method": method, "pattern": pattern, "text": text, "with": with})
}

/// Answers in the order of the questions, all from one process; none where there is no Java.
pub(crate) fn ask(questions: &[Json]) -> Option<Vec<Json>> {
    let java = Command::new("java").arg("-version").output();
    if java.is_err() && std::env::var_os("TOLLGATE_REQUIRE_ORACLE").is_none() {
        println!("skipped: there is no java to ask the reference with");
        return None;
    }
    let mut oracle = Command::new(root().join("tests/oracle/run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = questions
        .iter()
        .map(|question| format!("{question}\n"))
        .collect();
    let mut stdin = oracle.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = oracle.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Json> = text
        .lines()
        .map(|line| {
            // A `NaN` is none.
            let unreadable = |_| json!({"error": format!("the reference printed no JSON: {line}")});
            serde_json::from_str(line).unwrap_or_else(unreadable)
        })
        .collect();
    assert_eq!(
        answers.len(),
        questions.len(),
        "the reference left questions unanswered"
    );
    Some(answers)
}

/// Real actions, by file name; empty, with a word, where the corpus is absent.
#[allow(dead_code, reason = "each crate asks its own kind")]
pub(crate) fn corpus() -> Vec<(String, Json)> {
    let corpus = root().join("../shared/corpus");
    let mut found = Vec::new();
    for folder in ["actions", "caching-in-flows", "more/actions"] {
        let Ok(entries) = std::fs::read_dir(corpus.join(folder)) else {
            println!("skipped: there is no ../shared/corpus/{folder}");
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                found.push((name, serde_json::from_str(&text).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Paths and documents with what is right, one JSON object a line; none, with a word, where they are absent.
#[allow(dead_code, reason = "each crate reads its own")]
pub(crate) fn written_paths() -> Option<Vec<Json>> {
    let Ok(text) = std::fs::read_to_string(root().join("../shared/cases/paths.jsonl")) else {
        println!("skipped: there is no ../shared/cases/paths.jsonl");
        return None;
    };
    let cases = text.lines().map(|line| serde_json::from_str(line).unwrap());
    Some(cases.collect())
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."))
}

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    /// One of several.
    #[allow(dead_code, reason = "each crate rolls its own")]
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    /// One of several words.
    #[allow(dead_code, reason = "each crate rolls its own")]
    pub(crate) fn word<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}
