//! The article's workflow: a data table keeps a data action's answer for five minutes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{Inputs, Run, Workflow};
use tollgate_architect_test::{Played, Script, ScriptWorld, play};
use tollgate_model::Instant;

const SCRIPT: &str = r#"
flow: CacheExampleFlow.yaml
speech: 0
answers:
  Get On Queue Agent Counts: {success: {counts: [3, 2], statuses: [COMMUNICATING, IDLE]}, after: 250ms}
  Insert IVR Cache Entry: {success: {}, row: IVR Cache, after: 90ms}
  Update IVR Cache Entry: {success: {}, row: IVR Cache, after: 90ms}
tables:
  IVR Cache: {rows: {}, after: 20ms}
"#;

fn workflow() -> Option<Arc<Workflow>> {
    let path = shared::corpus()?.join("caching-in-flows/CacheExampleFlow.yaml");
    Some(shared::parse(&std::fs::read_to_string(path).unwrap()))
}

fn call(
    workflow: &Arc<Workflow>,
    script: &Script,
    world: &mut ScriptWorld,
    at: Duration,
) -> Played {
    let inputs = Inputs {
        wall_at_origin: script.start,
        ..Inputs::default()
    };
    let now = Instant::ZERO + at;
    let mut run = Run::new(Arc::clone(workflow), &inputs, now, 1).unwrap();
    play(&mut run, world, now, script.speech).unwrap()
}

fn counted(played: &Played) -> Vec<(&str, u32)> {
    played
        .calls
        .iter()
        .map(|(action, count)| (action.as_str(), *count))
        .collect()
}

const GET: &str = "Get On Queue Agent Counts";
const INSERT: &str = "Insert IVR Cache Entry";
const UPDATE: &str = "Update IVR Cache Entry";

#[test]
fn the_first_call_inserts_later_ones_take_it_and_after_five_minutes_one_updates() {
    let Some(workflow) = workflow() else {
        return;
    };
    let script = Script::parse(SCRIPT).unwrap();
    let mut world = ScriptWorld::new(&script);
    let minute = Duration::from_secs(60);
    let first = call(&workflow, &script, &mut world, Duration::ZERO);
    assert_eq!(counted(&first), [(GET, 1), (INSERT, 1)]);
    assert_eq!(first.end.to_string(), "transferToAcd to Services");
    for later in [1, 2, 4] {
        assert_eq!(
            counted(&call(&workflow, &script, &mut world, minute * later)),
            []
        );
    }
    let fifth = call(
        &workflow,
        &script,
        &mut world,
        minute * 5 + Duration::from_secs(1),
    );
    assert_eq!(counted(&fifth), [(GET, 1), (UPDATE, 1)]);
    assert_eq!(
        counted(&call(&workflow, &script, &mut world, minute * 6)),
        []
    );
}

/// 400 calls a minute for ten minutes, all in one time line: runs overlap, and those that begin while
/// the first one still fetches find no row either.
#[test]
fn four_hundred_calls_a_minute() {
    let Some(workflow) = workflow() else {
        return;
    };
    let script = Script::parse(SCRIPT).unwrap();
    let mut world = ScriptWorld::new(&script);
    let inputs = Inputs {
        wall_at_origin: script.start,
        ..Inputs::default()
    };
    let begins: Vec<Instant> = (0..4000)
        .map(|n| Instant::ZERO + Duration::from_millis(150) * n)
        .collect();
    let outcome = shared_timeline::all(&workflow, &inputs, &mut world, &begins);
    let platform: u32 = outcome.calls.values().sum();
    let without = 4000;
    println!(
        "4000 interactions: {platform} calls of the platform ({:?}), {} without the table; saved {}",
        outcome.calls,
        without,
        without - platform
    );
    assert_eq!(outcome.ended, 4000);
    // At 0 s and past 300 s: calls 150 ms apart, each sees the row only once it is written. The row is
    // there 360 ms after the first call began (20 + 250 + 90), so that those at 0, 150 and 300 ms
    // miss it; their own lookups come 20 ms later.
    assert_eq!(outcome.calls[GET], 6);
    assert_eq!(outcome.calls[INSERT], 3);
    assert_eq!(outcome.calls[UPDATE], 3);
    assert_eq!(platform, 12);
}

/// Many runs of one world in one time line.
mod shared_timeline {
    use super::*;
    use std::collections::BTreeMap;
    use tollgate_architect::{Answer, Effect, EffectId, Progress};
    use tollgate_architect_test::{Reply, World};

    pub(crate) struct Outcome {
        pub(crate) ended: usize,
        pub(crate) calls: BTreeMap<String, u32>,
    }

    pub(crate) fn all(
        workflow: &Arc<Workflow>,
        inputs: &Inputs,
        world: &mut ScriptWorld,
        begins: &[Instant],
    ) -> Outcome {
        let mut outcome = Outcome {
            ended: 0,
            calls: BTreeMap::new(),
        };
        // When each run goes on; ties by its number.
        let mut heap: BTreeMap<(Instant, usize), Option<(EffectId, Effect)>> = BTreeMap::new();
        for (number, at) in begins.iter().enumerate() {
            heap.insert((*at, number), None);
        }
        let mut runs: BTreeMap<usize, Run> = BTreeMap::new();
        while let Some(((now, number), due)) = heap.pop_first() {
            let run = runs.entry(number).or_insert_with(|| {
                Run::new(Arc::clone(workflow), inputs, now, number as u64).unwrap()
            });
            if let Some((id, effect)) = due {
                // The world changes when the answer comes, not when it was asked.
                let Ok(Reply::After(_, answer)) = world.reply(&effect) else {
                    panic!("{effect:?}");
                };
                let answer: Answer = answer;
                run.answer(id, answer, now).unwrap();
            }
            loop {
                match run.next(now) {
                    Progress::Tell(_) => {}
                    Progress::Effect(id, effect) => {
                        if let Effect::CallData { action, .. } = &effect {
                            *outcome.calls.entry(action.to_string()).or_insert(0) += 1;
                        }
                        let took = match &effect {
                            Effect::CallData { action, .. } if &**action == GET => 250,
                            Effect::CallData { .. } => 90,
                            Effect::Lookup { .. } => 20,
                            _ => 0,
                        };
                        heap.insert(
                            (now + Duration::from_millis(took), number),
                            Some((id, effect)),
                        );
                        break;
                    }
                    Progress::Ended(_) => {
                        outcome.ended += 1;
                        runs.remove(&number);
                        break;
                    }
                    Progress::Wait(_) => break,
                }
            }
        }
        outcome
    }
}
