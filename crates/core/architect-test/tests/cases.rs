//! The cases beside the repository: small flows, each with what is right by a reference.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tollgate_architect::{Problems, Run, Severity, Workflow};
use tollgate_architect_test::{Played, Script, ScriptWorld, play};
use tollgate_model::Instant;

#[test]
fn cases_hold() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let folder = corpus.join("../cases/flows");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let faults = faults(case);
        for fault in &faults {
            println!("{name}: {fault}");
        }
        if !faults.is_empty() {
            wrong.push(name);
        }
    }
    assert!(cases.len() >= 22, "{} cases", cases.len());
    assert_eq!(wrong, Vec::<String>::new());
}

/// What doesn't hold of a case.
fn faults(case: &Path) -> Vec<String> {
    let read = |file: &str| std::fs::read_to_string(case.join(file)).unwrap();
    let facts: Json = serde_json::from_str(&read("case.json")).unwrap();
    let workflow = match Workflow::parse(&read("flow.yaml")) {
        Ok(workflow) => workflow,
        Err(problems) => return named_besides(&facts, &problems),
    };
    let mut faults = named_besides(&facts, workflow.warnings());
    if facts.get("outputs").is_none() && facts.get("transcript").is_none() {
        return faults;
    }
    let played = played(Arc::new(workflow), &read("script.yaml"));
    for (name, wanted) in facts["outputs"].as_object().into_iter().flatten() {
        let found = played.outputs.get(name);
        if found != Some(wanted) {
            faults.push(format!("{name} is {found:?}, not {wanted}"));
        }
    }
    let transcript = played.transcript.to_string();
    for words in facts["transcript"].as_array().into_iter().flatten() {
        let words = words.as_str().unwrap();
        if !transcript.contains(words) {
            faults.push(format!("the transcript lacks {words:?}"));
        }
    }
    faults
}

/// Problems, but for warnings and for those that name what may be unsupported in the case.
fn named_besides(facts: &Json, problems: &Problems) -> Vec<String> {
    let allowed: Vec<&str> = facts["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let problems = problems.as_slice().iter();
    problems
        .filter(|problem| problem.severity != Severity::Warning)
        .map(ToString::to_string)
        .filter(|problem| !allowed.iter().any(|step| problem.contains(step)))
        .collect()
}

fn played(workflow: Arc<Workflow>, script: &str) -> Played {
    let script = Script::parse(script).unwrap();
    let inputs = script.run_inputs(BTreeMap::new());
    let mut run = Run::new(workflow, &inputs, Instant::ZERO, script.seed).unwrap();
    let mut world = ScriptWorld::new(&script);
    play(&mut run, &mut world, Instant::ZERO, script.speech).unwrap()
}
