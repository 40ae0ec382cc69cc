//! Small actions with one known answer each, through the commands that a user has.
//!
//! A case is a folder with `action.json`, a whole export, and `case.json`, whose `steps` all hold: `render` and
//! `translate` give what they expect or fail with these words, `validate` passes or refuses and says these words
//! in a fault or a warning. Skipped with a word where the cases are absent.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test, which reads cases that aren't ours"
)]

use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a command ended.
struct Ended {
    good: bool,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str], stdin: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // A command that refuses before it reads closes the pipe.
    pipe.write_all(stdin.as_bytes()).ok();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        good: output.status.success(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn words<'a>(step: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let words = step.get(name).and_then(Value::as_array);
    words
        .into_iter()
        .flatten()
        .map(|word| word.as_str().unwrap())
}

/// What is wrong with a step, if anything is.
fn step(file: &Path, step: &Value) -> Result<(), String> {
    let path = file.to_str().unwrap();
    let ended = match step["do"].as_str().unwrap() {
        "validate" => return validate(file, step),
        "render" => {
            let mut arguments = vec!["action", "render", path, "--input", "@-"];
            let credentials = step.get("credentials").and_then(Value::as_object);
            let credentials = credentials.into_iter().flatten();
            let credentials: Vec<String> = credentials
                .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
                .collect();
            for credential in &credentials {
                arguments.extend(["--credential", credential]);
            }
            if step["flatten"] == true {
                arguments.push("--flatten");
            }
            let input = step.get("input").cloned().unwrap_or_else(|| json!({}));
            run(&arguments, &input.to_string())
        }
        "translate" => {
            let mut arguments = vec!["action", "translate", path, "--response", "@-"];
            if step["flatten"] == true {
                arguments.push("--flatten");
            }
            let response = &step["response"];
            let text = response
                .as_str()
                .map_or_else(|| response.to_string(), str::to_owned);
            run(&arguments, &text)
        }
        other => return Err(format!("no such step: {other}")),
    };
    if step.get("expectError").is_some() {
        if ended.good {
            return Err(format!("no error, but {}", ended.stdout));
        }
        return says(&ended.stderr, words(step, "expectError"));
    }
    if !ended.good {
        return Err(ended.stderr);
    }
    let got: Value = serde_json::from_str(&ended.stdout).unwrap();
    let want = &step["expect"];
    let right = match step["do"].as_str() {
        Some("render") => {
            want.as_object()
                .unwrap()
                .iter()
                .all(|(name, want)| match name.as_str() {
                    "headers" => {
                        let lower = |of: &Value| -> Map<String, Value> {
                            let of = of.as_object().into_iter().flatten();
                            of.map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
                                .collect()
                        };
                        let got = lower(&got["headers"]);
                        lower(want)
                            .iter()
                            .all(|(name, want)| got.get(name) == Some(want))
                    }
                    name => got[name] == *want,
                })
        }
        _ => got == *want,
    };
    if right {
        Ok(())
    } else {
        Err(format!("{got}, expected {want}"))
    }
}

fn validate(file: &Path, step: &Value) -> Result<(), String> {
    let named = run(&["action", "validate", file.to_str().unwrap()], "");
    let piped = run(
        &["action", "validate", "-"],
        &std::fs::read_to_string(file).unwrap(),
    );
    for ended in [named, piped] {
        match step["expect"].as_str() {
            Some("valid") if !ended.good => return Err(ended.stderr),
            Some("refused") if ended.good => return Err(format!("valid: {}", ended.stdout)),
            _ => {}
        }
        // The file's own name and that of its action say nothing of what is wrong.
        let told = ended.stderr.replace(file.to_str().unwrap(), "");
        says(
            &told,
            words(step, "warns").chain(words(step, "expectError")),
        )?;
    }
    Ok(())
}

/// Whether a text holds all words, in any letter case.
fn says<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let lower = text.to_lowercase();
    for word in words {
        if !lower.contains(&word.to_lowercase()) {
            return Err(format!("lacks {word:?}: {text}"));
        }
    }
    Ok(())
}

#[test]
fn every_case_has_its_answer() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/cases/actions");
    let Ok(entries) = root.read_dir() else {
        println!("skipped: there are no cases");
        return;
    };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let (mut tried, mut wrong) = (0, Vec::new());
    for folder in folders
        .iter()
        .filter(|folder| folder.join("case.json").is_file())
    {
        tried += 1;
        let case = std::fs::read_to_string(folder.join("case.json")).unwrap();
        let case: Value = serde_json::from_str(&case).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy();
        for (number, one) in case["steps"].as_array().unwrap().iter().enumerate() {
            if let Err(why) = step(&folder.join("action.json"), one) {
                wrong.push(format!("{name}, step {number}: {}", why.trim()));
            }
        }
    }
    println!("{tried} cases");
    assert!(tried > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}
