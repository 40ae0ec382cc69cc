//! Differential: what Java's patterns answer, ours answer; an error where they fail. What can't be the same
//! is in `differs`, each kind with its reason.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that runs a process"
)]

#[path = "../../../../../tests/oracle/ask.rs"]
mod ask;
mod generate;
mod hand;
mod pieces;

use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_meter::Meter;
use tollgate_pattern::{Error, Flags, Pattern};

/// Questions of the generator.
const GENERATED: usize = 24_000;

/// A question: method, pattern, text, second argument.
pub(crate) type Case = (&'static str, String, String, Json);

#[test]
fn written_patterns_agree() {
    compare("written", &hand::cases(), 40_000);
}

#[test]
fn generated_patterns_agree() {
    let variable = |name: &str| std::env::var(name).ok()?.parse().ok();
    let seed = variable("TOLLGATE_SEED").unwrap_or(1);
    let count = variable("TOLLGATE_CASES").map_or(GENERATED, |count| count as usize);
    compare("generated", &generate::cases(seed, count), count / 2);
}

/// Asks Java for all cases at once; at least `succeeding` of them must not be errors.
fn compare(what: &str, cases: &[Case], succeeding: usize) {
    let Some(answers) = answers(cases) else {
        return;
    };
    let mut tally = Tally::default();
    let mut patterns = BTreeMap::new();
    let mut halves = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let pattern = compiled(&mut patterns, case);
        let ours = run(pattern, case);
        if agree(&ours, answer) {
            tally.agree += 1;
            tally.succeed += usize::from(ours.is_ok());
            tally.linear += usize::from(pattern.as_ref().is_ok_and(Pattern::is_linear));
        } else if let Some(reason) = differs(&ours, answer) {
            *tally.reasons.entry(reason).or_default() += 1;
        } else if narrow(case) != *case {
            halves.push((case, answer, ours));
        } else {
            tally.differ(case, answer, &ours);
        }
    }
    // What differs in texts with characters of two halves, and doesn't with others in their places, differs
    // for what Java tries between the halves.
    let narrowed: Vec<Case> = halves.iter().map(|(case, ..)| narrow(case)).collect();
    let again = answers_of_some(&narrowed);
    for ((case, answer, ours), (case_again, answer_again)) in
        halves.iter().zip(narrowed.iter().zip(&again))
    {
        let ours_again = run(compiled(&mut patterns, case_again), case_again);
        if agree(&ours_again, answer_again) {
            let reason = "Java looks at the halves of a character, or matches between them";
            *tally.reasons.entry(reason).or_default() += 1;
        } else {
            tally.differ(case, answer, ours);
        }
    }
    println!(
        "patterns, {what}: {} of {} cases agree ({} of them answers, the others errors; {} of them linear), \
         {} differ with a reason, {} differ",
        tally.agree,
        cases.len(),
        tally.succeed,
        tally.linear,
        tally.reasons.values().sum::<usize>(),
        tally.differ
    );
    for (reason, count) in &tally.reasons {
        println!("  {count}: {reason}");
    }
    assert_eq!(tally.differ, 0);
    assert!(
        tally.succeed >= succeeding,
        "too few cases succeed to show anything"
    );
}

#[derive(Default)]
struct Tally {
    agree: usize,
    succeed: usize,
    linear: usize,
    differ: usize,
    reasons: BTreeMap<&'static str, usize>,
    shown: BTreeSet<String>,
}

impl Tally {
    fn differ(&mut self, case: &Case, answer: &Json, ours: &Result<Json, Error>) {
        self.differ += 1;
        // One of a pattern says enough.
        if self.shown.len() < 40 && self.shown.insert(case.1.clone()) {
            println!("{} {:?} in {:?} with {}", case.0, case.1, case.2, case.3);
            let ours = ours.as_ref().map(Json::to_string);
            println!("  ours:   {ours:?}\n  theirs: {answer}");
        }
    }
}

fn answers(cases: &[Case]) -> Option<Vec<Json>> {
    let questions = cases.iter();
    let questions: Vec<Json> = questions
        .map(|(method, pattern, text, with)| ask::regex(method, pattern, text, with))
        .collect();
    ask::ask(&questions)
}

fn answers_of_some(cases: &[Case]) -> Vec<Json> {
    if cases.is_empty() {
        return Vec::new();
    }
    answers(cases).unwrap_or_default()
}

/// Every pattern is compiled once.
fn compiled<'p>(
    patterns: &'p mut BTreeMap<String, Result<Pattern, Error>>,
    case: &Case,
) -> &'p Result<Pattern, Error> {
    patterns
        .entry(case.1.clone())
        .or_insert_with(|| Pattern::compile(&case.1, Flags::default(), &Meter::default()))
}

fn agree(ours: &Result<Json, Error>, answer: &Json) -> bool {
    let theirs = answer.get("ok").filter(|_| answer.get("error").is_none());
    ours.as_ref().ok() == theirs
}

/// The same with a character of one half in the place of each that has two.
fn narrow((method, pattern, text, with): &Case) -> Case {
    let narrow = |text: &str| -> String {
        let chars = text.chars();
        chars
            .map(|c| if c > '\u{FFFF}' { '\u{263A}' } else { c })
            .collect()
    };
    (method, narrow(pattern), narrow(text), with.clone())
}

fn run(pattern: &Result<Pattern, Error>, (method, _, text, with): &Case) -> Result<Json, Error> {
    let pattern = pattern.as_ref().map_err(Error::clone)?;
    let meter = Meter::default();
    let replacement = with.as_str().unwrap_or_default();
    Ok(match *method {
        "matches" => json!(pattern.matches(text, &meter)?),
        "replaceAll" => json!(pattern.replace(text, replacement, true, &meter)?),
        "replaceFirst" => json!(pattern.replace(text, replacement, false, &meter)?),
        "split" => {
            let limit = i32::try_from(with.as_i64().unwrap()).unwrap();
            json!(pattern.split(text, limit, &meter)?)
        }
        _ => {
            let mut all = Vec::new();
            let units = |at: usize| text[..at].encode_utf16().count() as i64;
            let mut search = pattern.search(text, true, &meter)?;
            while search.advance()?.is_some() {
                for group in 0..pattern.groups() {
                    let (start, end) = match search.group(group) {
                        Some((start, end)) => (units(start), units(end)),
                        None => (-1, -1),
                    };
                    all.extend([start, end]);
                }
            }
            json!(all)
        }
    })
}

/// Why both differ, if there is a reason.
fn differs(ours: &Result<Json, Error>, answer: &Json) -> Option<&'static str> {
    let error = answer["error"].as_str().unwrap_or_default();
    if error.starts_with("StackOverflowError") {
        return Some("Java's stack overflows");
    }
    if error.starts_with("NullPointerException") {
        return Some("Java fails with a fault of its own: a class ends with && and nothing");
    }
    if let Err(Error::Malformed { message, .. }) = ours
        && message.ends_with("not supported")
    {
        return Some("(?c) and \\N{…} are refused");
    }
    None
}
