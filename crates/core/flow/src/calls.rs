//! Which data actions a flow can call, on which path, and how often in one interaction: read off the
//! graph of its steps, nothing is run.
//!
//! For each action every step has a least and a most number of calls from it to each of its ends (the
//! end of the task, of the flow, or once more round the loop). Both are the solution of equations over
//! the steps that lead on, found by going over all steps until nothing changes. The most grows for ever
//! exactly if a cycle has a call on it; what still grows after as many rounds as there are steps is
//! unbounded. A loop counts as often as its literal count says; without one it is unbounded if a call
//! stands in it.
//!
//! **What it leaves out.** Conditions: a path counts whether or not it can be true. Persons who hang up,
//! and steps that fail into the flow's error handling: both end a run early. Called flows that aren't
//! in the library.

mod sum;

pub use sum::Count;

use crate::flow::{Action, Flow, Next};
use crate::place::Place;
use crate::run::Library;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The calls of one action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calls {
    /// The action's name.
    pub action: String,
    /// At least, in a run that nobody breaks off.
    pub least: u64,
    /// At most.
    pub most: Count,
    /// The steps that call it; empty if only called flows do.
    pub sites: Vec<CallSite>,
}

/// A step that calls an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// Where in the file.
    pub place: Place,
    /// The step, for people.
    pub step: String,
    /// The branches of the shortest way to it from the start.
    pub path: Vec<String>,
}

/// The data actions that `flow` can call, with those of flows it calls that are in the library.
#[must_use]
pub fn calls(flow: &Flow, library: &Library) -> Vec<Calls> {
    let mut names = BTreeSet::new();
    collect(flow, library, &mut names, &mut BTreeSet::new());
    let ways = ways(flow);
    let sites = |action: &str| {
        let steps = flow
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.reached);
        let calling = steps.filter(
            |(_, step)| matches!(&step.action, Action::CallData(call) if &*call.action == action),
        );
        let sites = calling.map(|(id, step)| CallSite {
            place: step.place,
            step: step.title(),
            path: ways.get(&(id as u32)).cloned().unwrap_or_default(),
        });
        sites.collect()
    };
    let listed = names.iter().map(|action| {
        let range = sum::of_flow(flow, library, action, 0);
        Calls {
            action: action.clone(),
            least: range.least,
            most: range.most,
            sites: sites(action),
        }
    });
    listed.collect()
}

/// Names of flows that `flow` calls and the library doesn't have.
#[must_use]
pub fn unknown_flows(flow: &Flow, library: &Library) -> Vec<String> {
    let mut unknown = BTreeSet::new();
    for step in flow.steps.iter().filter(|step| step.reached) {
        if let Action::CallFlow(call) = &step.action
            && !library.contains_key(&*call.flow)
        {
            unknown.insert(call.flow.to_string());
        }
    }
    unknown.into_iter().collect()
}

fn collect(
    flow: &Flow,
    library: &Library,
    names: &mut BTreeSet<String>,
    seen: &mut BTreeSet<String>,
) {
    if !seen.insert(flow.name.clone()) {
        return;
    }
    for step in flow.steps.iter().filter(|step| step.reached) {
        match &step.action {
            Action::CallData(call) => {
                names.insert(call.action.to_string());
            }
            Action::CallFlow(call) => {
                if let Some(called) = library.get(&*call.flow) {
                    collect(called, library, names, seen);
                }
            }
            _ => {}
        }
    }
}

/// For each step the branches of the shortest way to it.
fn ways(flow: &Flow) -> BTreeMap<u32, Vec<String>> {
    let mut ways = BTreeMap::new();
    let mut open = VecDeque::from([(flow.tasks[flow.start as usize].entry, Vec::new())]);
    while let Some((next, way)) = open.pop_front() {
        let Next::Step(id) = next else {
            continue;
        };
        if ways.contains_key(&id) {
            continue;
        }
        let step = &flow.steps[id as usize];
        if let Action::CallTask { task, .. } | Action::Jump(task) = &step.action {
            open.push_back((flow.tasks[*task as usize].entry, way.clone()));
        }
        for path in &step.paths {
            let mut longer = way.clone();
            if step.paths.len() > 1 {
                longer.push(format!("{}: {}", step.title(), path.name));
            }
            open.push_back((path.next, longer));
        }
        ways.insert(id, way);
    }
    ways
}
