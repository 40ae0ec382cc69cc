//! A thousand runs at once, in virtual time; the memory of each.

mod shared;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{Answer, Effect, EffectId, Inputs, Person, Progress, Run};
use tollgate_model::Instant;

const RUNS: usize = 1000;

/// Bytes of a run while it waits: what the documentation states, for the workflow below.
const STATED: usize = 2048;

#[test]
fn a_thousand_runs_at_once_and_none_is_lost() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let path = corpus.join("flows/genesys-cloud-call-park__orbit-parked-call-retrieval.yaml");
    let workflow = shared::parse(&std::fs::read_to_string(path).unwrap());
    let mut inputs = Inputs::default();
    inputs
        .interaction
        .insert("Call.Ani".to_owned(), "tel:+13175550100".into());
    let mut runs: Vec<Run> = (0..RUNS)
        .map(|seed| Run::new(Arc::clone(&workflow), &inputs, Instant::ZERO, seed as u64).unwrap())
        .collect();
    let mut due: BTreeMap<(Instant, usize), Option<(EffectId, Answer)>> = (0..RUNS)
        .map(|number| ((Instant::ZERO, number), None))
        .collect();
    let (mut open, mut most_open, mut most_bytes, mut sum_bytes) = (0_usize, 0, 0, 0);
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut calls = 0;
    while let Some(((now, number), answer)) = due.pop_first() {
        let run = &mut runs[number];
        if let Some((id, answer)) = answer {
            run.answer(id, answer, now).unwrap();
            open -= 1;
        }
        loop {
            match run.next(now) {
                Progress::Tell(_) => {}
                Progress::Effect(id, effect) => {
                    open += 1;
                    if open > most_open {
                        most_open = open;
                        sum_bytes = 0;
                    }
                    let bytes = run.bytes();
                    most_bytes = most_bytes.max(bytes);
                    sum_bytes += bytes;
                    let (span, answer) = match effect {
                        // Three in a row, all waiting at once: the digits, then two actions.
                        Effect::Person(_) => (
                            4_000 + number as u64 % 7,
                            Answer::Person(Person::Presses("12".to_owned())),
                        ),
                        Effect::CallData { .. } => {
                            calls += 1;
                            let outputs = serde_json::json!({
                                "conversationID": ["3f2a9c1e-7b64-4d1f-9a55-0c8e6d2b4a10"],
                                "participantID": ["88e4a7f0-0c1d-4b7e-8f9a-1f2e3d4c5b6a"],
                            });
                            let outputs = outputs.as_object().unwrap().clone();
                            let path = if number % 10 == 0 {
                                "failure"
                            } else {
                                "success"
                            };
                            (300 + number as u64 % 11, Answer::with(path, outputs))
                        }
                        other => panic!("{other:?}"),
                    };
                    due.insert(
                        (now + Duration::from_millis(span), number),
                        Some((id, answer)),
                    );
                    break;
                }
                Progress::Ended(end) => {
                    *ends.entry(end.to_string()).or_insert(0) += 1;
                    break;
                }
                Progress::Wait(_) => break,
            }
        }
    }
    println!(
        "{RUNS} runs, {most_open} waiting at once, {calls} calls, at most {most_bytes} bytes each; {ends:?}"
    );
    assert_eq!(most_open, RUNS);
    assert_eq!(ends.values().sum::<usize>(), RUNS);
    // One in ten finds nobody and never calls the second action.
    assert_eq!(calls, RUNS + RUNS * 9 / 10);
    assert!(
        most_bytes <= STATED,
        "{most_bytes} bytes, {STATED} are stated"
    );
    assert!(sum_bytes > 0);
}
