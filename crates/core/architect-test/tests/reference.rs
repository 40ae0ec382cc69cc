//! Every step of the vendor's reference is known: carried out, or left by a way that is documented.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use std::collections::BTreeMap;
use tollgate_architect::{Does, Kinds, Severity, StepType, step_types};
use tollgate_architect_test::{Script, explore};

/// Steps of the reference that the vendor doesn't have: tollgate alone had them once.
const NOBODYS: &str = "only in tollgate";

#[test]
fn every_step_of_the_reference_is_known() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let path = corpus.join("../reference/actions.tsv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no reference at {}", path.display());
        return;
    };
    let known: BTreeMap<&str, &StepType> = step_types().map(|step| (step.word, step)).collect();
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for row in text.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (word, known_by, ways) = (columns[1], columns[2], columns[5]);
        let Some(step) = known.get(word) else {
            if known_by != NOBODYS {
                wrong.push(format!("{word}: unknown"));
            }
            continue;
        };
        if known_by == NOBODYS {
            wrong.push(format!("{word}: the vendor doesn't have it"));
        }
        let what = what(step);
        println!("{word}: {what}");
        *counts.entry(what).or_insert(0) += 1;
        wrong.extend(differences(step, ways));
    }
    println!("{counts:?}");
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(counts.values().sum::<u32>(), 158);
}

fn what(step: &StepType) -> &'static str {
    match (step.does, step.not_here) {
        (Does::Control, _) => "carried out",
        (Does::Ask | Does::Say(_) | Does::End(_) | Does::Choice, _) => "carried out",
        (Does::Call | Does::LookUp | Does::Tell | Does::Transfer, Some(_)) => {
            "carried out by whoever drives the run, else a failing path"
        }
        (Does::Call | Does::LookUp | Does::Tell | Does::Transfer, None) => {
            "carried out by whoever drives the run"
        }
        (Does::Nothing, Some(_)) => "a failing path",
        (Does::Nothing, None) => "its only path",
    }
}

/// A kind of workflow that a step may stand in.
fn kind_of(step: &StepType) -> &'static str {
    let (Kinds::Only(kinds) | Kinds::Seen(kinds)) = step.kinds else {
        return "inboundCall";
    };
    match kinds.split(' ').next().unwrap_or_default() {
        "call" => "inboundCall",
        "message" => "inboundShortMessage",
        "email" => "inboundEmail",
        "chat" => "inboundChat",
        "bot" => "botFlow",
        kind => kind,
    }
}

#[test]
fn every_step_that_needs_no_setting_runs_and_leaves_by_each_of_its_ways() {
    let mut count = 0;
    for step in step_types() {
        // These need others around them, or one of several settings.
        let alone = !matches!(
            step.word,
            "loop" | "loopNext" | "loopExit" | "loopAnythingElse" | "callDigitalBotFlow"
        );
        if !step.needed.is_empty() || !alone || step.does == Does::Choice {
            continue;
        }
        count += 1;
        let ways: Vec<String> = step
            .ways
            .iter()
            .filter(|way| way.written)
            .map(|way| format!("{}: {{actions: []}}", way.name))
            .collect();
        let outputs = match ways.is_empty() {
            true => String::new(),
            false => format!("outputs: {{{}}}", ways.join(", ")),
        };
        let text = format!(
            "{}:\n  name: W\n  startUpRef: S\n  tasks:\n    - task: {{name: S, actions: [{{{}: {{{outputs}}}}}]}}\n",
            kind_of(step),
            step.word
        );
        let workflow = shared::parse(&text);
        let found = explore(&workflow, &BTreeMap::new(), &Script::default(), 1, 500);
        let word = step.word;
        assert_eq!(
            workflow.warnings().count(Severity::Unsupported),
            0,
            "{word}"
        );
        assert_eq!(found.stuck, Vec::<String>::new(), "{word}");
        assert_eq!(
            found.coverage.missed(&workflow),
            Vec::<String>::new(),
            "{word}"
        );
    }
    assert!(count > 100, "{count} steps");
}

/// Ways out that the reference has and the table hasn't, or the other way round.
fn differences(step: &StepType, ways: &str) -> Vec<String> {
    const NAMED_BY_THE_FILE: [&str; 4] = ["one per intent", "cases", "until cases", "choices"];
    // Read from the file by code of their own.
    if matches!(
        step.word,
        "switch" | "askForIntent" | "callTask" | "loopUntil"
    ) {
        return Vec::new();
    }
    let ways = ways.split(',').map(str::trim);
    let ways = ways.map(|way| way.split(" (").next().unwrap_or_default());
    let ways: Vec<&str> = ways.filter(|way| !way.is_empty()).collect();
    let written = |name: &str| step.ways.iter().any(|way| way.written && way.name == name);
    let mut wrong = Vec::new();
    for way in &ways {
        let named = NAMED_BY_THE_FILE.contains(way);
        if named && !step.names_ways || !named && !written(way) {
            wrong.push(format!("{}: lacks the way {way}", step.word));
        }
    }
    for way in step.ways.iter().filter(|way| way.written) {
        let noted = (step.word, way.name) == ("askForAuthentication", "failure");
        if !ways.contains(&way.name) && !noted {
            wrong.push(format!("{}: has the way {}", step.word, way.name));
        }
    }
    wrong
}
