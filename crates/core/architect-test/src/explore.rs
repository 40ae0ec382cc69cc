//! Tries a workflow out: answers drawn from a seed, until every branch was taken or the tries are used up.
//!
//! Values are drawn by type, texts among them from the workflow's own literals, so that conditions become
//! both true and false. What was drawn is written down as a script, so that each run can be repeated,
//! read and kept as a test.

mod draw;
mod matching;
mod pool;

use crate::play::{Played, play};
use crate::script::Script;
use draw::Drawer;
use pool::Pool;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_architect::Coverage;
use tollgate_architect::workflow::Workflow;
use tollgate_architect::{Library, Run};
use tollgate_model::Instant;

/// What exploring found.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// Few runs that take all branches that were found, each as a script with what came of it.
    pub scripts: Vec<Script>,
    /// The branches taken by all tries.
    pub coverage: Coverage,
    /// How the tries ended, by the end's word.
    pub ends: BTreeMap<String, u32>,
    /// Tries.
    pub runs: u32,
    /// The most steps one of them took.
    pub most_steps: u32,
    /// Tries that couldn't be played to an end, with why.
    pub stuck: Vec<String>,
}

/// Tries `workflow` out at most `tries` times; `base` gives what the scripts begin with, such as the file.
#[must_use]
pub fn explore(
    workflow: &Arc<Workflow>,
    library: &Library,
    base: &Script,
    seed: u64,
    tries: u32,
) -> Explored {
    let pool = Pool::of(
        std::iter::once(workflow).chain(library.values()),
        base.start,
    );
    let mut found = Explored::default();
    let mut examples = Examples::default();
    for attempt in 0..tries {
        let mut drawer = Drawer::new(&pool, seed.wrapping_add(u64::from(attempt) << 20), base);
        let script = drawer.begin(workflow);
        let inputs = script.run_inputs(library.clone());
        let mut run = match Run::new(Arc::clone(workflow), &inputs, Instant::ZERO, script.seed) {
            Ok(run) => run,
            Err(why) => {
                found.stuck.push(why.to_string());
                continue;
            }
        };
        found.runs += 1;
        let played = play(&mut run, &mut drawer, Instant::ZERO, script.speech);
        found.most_steps = found.most_steps.max(run.steps());
        let played = match played {
            Ok(played) => played,
            Err(why) => {
                found.stuck.push(why.to_string());
                continue;
            }
        };
        *found.ends.entry(played.end.word().to_owned()).or_insert(0) += 1;
        examples.keep(&played, &drawer);
        if examples.coverage.taken(workflow) == workflow.branch_count() {
            break;
        }
    }
    (found.scripts, found.coverage) = examples.chosen();
    found
}

/// A script and the branches that it takes.
type Example = (Script, Coverage);

/// Scripts of plays that take a branch no other takes, and the branches that they take.
#[derive(Default)]
struct Examples {
    /// Of runs without a fault.
    smooth: Vec<Example>,
    /// Of runs whose workflow deals with a fault.
    handled: Vec<Example>,
    /// What both take.
    coverage: Coverage,
    /// Of runs that fail, which are examples only of branches that nothing else takes.
    failed: Vec<Example>,
    of_failed: Coverage,
}

impl Examples {
    fn keep(&mut self, played: &Played, drawer: &Drawer<'_>) {
        let end = played.end.word();
        let mut lines = played.transcript.lines().iter();
        let faulty = lines.any(|line| line.event == "fails");
        let (list, covered) = match (end, faulty) {
            ("bound", _) => return,
            ("failed", _) => (&mut self.failed, &mut self.of_failed),
            (_, true) => (&mut self.handled, &mut self.coverage),
            (_, false) => (&mut self.smooth, &mut self.coverage),
        };
        let first = list.is_empty() && end != "failed" && !faulty;
        if first || played.coverage.adds_to(covered) {
            let mut script = drawer.written();
            script.expect.end = Some(end.to_owned());
            script.expect.calls.clone_from(&played.calls);
            list.push((script, played.coverage.clone()));
            covered.add(played.coverage.clone());
        }
    }

    /// Few scripts that take all branches that were found, and these branches.
    fn chosen(self) -> (Vec<Script>, Coverage) {
        let mut coverage = self.coverage;
        let mut kept = self.smooth;
        kept.extend(self.handled);
        for (script, of_it) in self.failed {
            if of_it.adds_to(&coverage) {
                coverage.add(of_it.clone());
                kept.push((script, of_it));
            }
        }
        (fewest(kept), coverage)
    }
}

/// Without the scripts whose branches the others take too.
fn fewest(mut kept: Vec<Example>) -> Vec<Script> {
    let mut index = 0;
    while index < kept.len() && kept.len() > 1 {
        let mut others = Coverage::default();
        for (other, (_, coverage)) in kept.iter().enumerate() {
            if other != index {
                others.add(coverage.clone());
            }
        }
        if others.holds(&kept[index].1) {
            kept.remove(index);
        } else {
            index += 1;
        }
    }
    kept.into_iter().map(|(script, _)| script).collect()
}
