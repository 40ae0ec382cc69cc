//! Differential: what JsonPath 2.9 finds, we find, and we fail where it fails. What differs on purpose is in
//! `intended.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that runs a process"
)]

#[path = "../../../../../tests/oracle/ask.rs"]
mod ask;
mod corpus;
mod generate;
mod intended;

use intended::Difference;
use serde_json::Value as Json;
use tollgate_jsonpath::Path;

/// Cases of the generator.
const GENERATED: usize = 12_000;

#[test]
fn generated_paths_agree() {
    let seed = std::env::var("TOLLGATE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let cases = generate::cases(seed.unwrap_or(1), GENERATED);
    compare("generated", &cases, GENERATED * 2 / 5);
}

#[test]
fn real_paths_agree() {
    compare("real", &corpus::cases(), 0);
}

/// Asks the reference for all cases at once; at least `succeeding` of them must not be errors.
fn compare(what: &str, cases: &[(String, Json)], succeeding: usize) {
    let questions: Vec<Json> = cases
        .iter()
        .map(|(path, document)| ask::path(path, document))
        .collect();
    let Some(answers) = ask::ask(&questions) else {
        return;
    };
    let (mut agree, mut succeed, mut differ) = (0, 0, 0);
    let mut on_purpose = std::collections::BTreeMap::<&str, usize>::new();
    for ((path, document), answer) in cases.iter().zip(&answers) {
        let ours = read(path, document);
        let theirs = answer.get("ok");
        let same = match (&ours, theirs) {
            (Ok((definite, ours)), Some(theirs)) => {
                same(ours, theirs) && answer["definite"] == Json::Bool(*definite)
            }
            (Err(_), None) => true,
            _ => false,
        };
        if same {
            agree += 1;
            succeed += usize::from(theirs.is_some());
        } else if let Some(reason) = (Difference {
            path,
            ours: ours.as_ref().map(|it| &it.1).map_err(String::as_str),
            theirs: theirs.ok_or(answer["error"].as_str().unwrap_or_default()),
        })
        .reason()
        {
            *on_purpose.entry(reason).or_default() += 1;
        } else {
            differ += 1;
            if differ <= 40 {
                println!("path: {path}\n  document {document}");
                println!("  ours:   {ours:?}\n  theirs: {answer}");
            }
        }
    }
    println!(
        "jsonpath, {what}: {agree} of {} cases agree ({succeed} of them values, the others errors), \
         {} differ on purpose, {differ} differ",
        cases.len(),
        on_purpose.values().sum::<usize>()
    );
    for (reason, count) in on_purpose {
        println!("  {count} on purpose: {reason}");
    }
    assert_eq!(differ, 0);
    assert!(
        succeed >= succeeding,
        "too few cases succeed to show anything"
    );
}

fn read(path: &str, document: &Json) -> Result<(bool, Json), String> {
    let path = Path::compile(path).map_err(|error| error.to_string())?;
    let found = path.read(document).map_err(|error| error.to_string())?;
    Ok((path.is_definite(), found))
}

/// The same JSON, numbers by value: the reference writes a double's digits in its own way.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
