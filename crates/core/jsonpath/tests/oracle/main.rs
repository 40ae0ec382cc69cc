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
mod generate_filter;
mod intended;
mod tables;

use intended::Difference;
use serde_json::Value as Json;
use tollgate_jsonpath::Path;

/// Cases of the generator.
const GENERATED: usize = 20_000;

#[test]
fn generated_paths_agree() {
    let seed = std::env::var("TOLLGATE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let cases = generate::cases(seed.unwrap_or(1), GENERATED);
    compare("generated", &cases, GENERATED / 4);
}

#[test]
fn real_paths_agree() {
    compare("real", &corpus::cases(), 0);
}

#[test]
fn relations_agree() {
    compare("relations", &tables::relations(), 3_000);
}

#[test]
fn functions_agree() {
    compare("functions", &tables::functions(), 5_000);
}

/// Small cases with what is right of each, where they lie.
#[test]
fn written_paths_are_right() {
    let Some(lines) = ask::written_paths() else {
        return;
    };
    let mut wrong = 0;
    for case in &lines {
        let (path, document) = (case["path"].as_str().unwrap(), &case["document"]);
        let right = match (read(path, document), case.get("expect")) {
            (Ours::Found(_, found), Some(expected)) => same(&found, expected),
            (Ours::Missing(..) | Ours::NoPath(_), None) => true,
            _ => false,
        };
        if !right {
            wrong += 1;
            println!("{case}\n  ours: {}", read(path, document));
        }
    }
    println!("jsonpath, written: {} cases, {wrong} wrong", lines.len());
    assert_eq!(wrong, 0);
}

/// Asks the reference for all cases at once; at least `succeeding` of them must find something.
fn compare(what: &str, cases: &[(String, Json)], succeeding: usize) {
    let questions: Vec<Json> = cases
        .iter()
        .map(|(path, document)| ask::path(path, document))
        .collect();
    let Some(answers) = ask::ask(&questions) else {
        return;
    };
    let (mut agree, mut succeed, mut full, mut differ) = (0, 0, 0, 0);
    let mut on_purpose = std::collections::BTreeMap::<&str, usize>::new();
    for ((path, document), answer) in cases.iter().zip(&answers) {
        let ours = read(path, document);
        let theirs = answer.get("ok");
        // Whether it is a path, what it yields, and at which of both it fails.
        let definite = answer.get("definite").and_then(Json::as_bool);
        let same = match (&ours, theirs) {
            (Ours::Found(mine, ours), Some(theirs)) => {
                same(ours, theirs) && definite == Some(*mine)
            }
            (Ours::Missing(mine, _), None) => definite == Some(*mine),
            (Ours::NoPath(_), None) => definite.is_none(),
            _ => false,
        };
        if same {
            agree += 1;
            succeed += usize::from(theirs.is_some());
            full += usize::from(theirs.is_some_and(|found| *found != Json::Array(Vec::new())));
        } else if let Some(reason) = (Difference {
            path,
            ours: &ours,
            theirs: theirs.ok_or(answer["error"].as_str().unwrap_or_default()),
        })
        .reason()
        {
            *on_purpose.entry(reason).or_default() += 1;
        } else {
            differ += 1;
            if differ <= 40 {
                println!("path: {path}\n  document {document}");
                println!("  ours:   {ours}\n  theirs: {answer}");
            }
        }
    }
    println!(
        "jsonpath, {what}: {agree} of {} cases agree ({succeed} of them values, {full} not \
         empty, the others errors), {} differ on purpose, {differ} differ",
        cases.len(),
        on_purpose.values().sum::<usize>()
    );
    for (reason, count) in on_purpose {
        println!("  {count} on purpose: {reason}");
    }
    assert_eq!(differ, 0);
    assert!(full >= succeeding, "too few cases succeed to show anything");
}

/// What we answer, with whether the path is definite.
pub(crate) enum Ours {
    Found(bool, Json),
    Missing(bool, String),
    NoPath(String),
}

impl std::fmt::Display for Ours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ours::Found(definite, found) => write!(f, "{found}, definite: {definite}"),
            Ours::Missing(definite, why) => write!(f, "nothing: {why}, definite: {definite}"),
            Ours::NoPath(why) => write!(f, "no path: {why}"),
        }
    }
}

fn read(path: &str, document: &Json) -> Ours {
    let path = match Path::compile(path) {
        Ok(path) => path,
        Err(error) => return Ours::NoPath(error.to_string()),
    };
    match path.read(document) {
        Ok(found) => Ours::Found(path.is_definite(), found),
        Err(error) => Ours::Missing(path.is_definite(), error.to_string()),
    }
}

/// The same JSON; numbers by value, and whole numbers only like whole numbers: `1.0` isn't `1`. The reference
/// writes a double's digits in its own way.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let whole = |text: &str| {
                text.bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'-')
            };
            let (left, right) = (a.to_string(), b.to_string());
            whole(&left) == whole(&right) && (left == right || a.as_f64() == b.as_f64())
        }
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
