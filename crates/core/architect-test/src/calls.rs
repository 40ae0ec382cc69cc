//! Which data actions a workflow can call, on which path, and how often in one interaction: read off the
//! graph of its steps, nothing is run.
//!
//! A loop counts as often as its literal count says; without one, and on any other circle of steps, a call
//! has no bound. `sum.rs` says how that is found.
//!
//! **What it leaves out.** Conditions: a path counts whether or not it can be true. Persons who hang up,
//! and steps that fail into the workflow's error handling: both end a run early. Called workflows that aren't
//! in the library.

mod range;
mod sum;

pub use range::Count;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tollgate_architect::Library;
use tollgate_architect::Place;
use tollgate_architect::workflow::{Action, Next, Workflow};

/// The calls of one action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calls {
    /// The action's name.
    pub action: String,
    /// At least, in a run that nobody breaks off.
    pub least: u64,
    /// At most.
    pub most: Count,
    /// The steps that call it; empty if only called workflows do.
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

/// The data actions that `workflow` can call, with those of workflows it calls that are in the library.
#[must_use]
pub fn calls(workflow: &Workflow, library: &Library) -> Vec<Calls> {
    let mut names = BTreeSet::new();
    collect(workflow, library, &mut names, &mut BTreeSet::new());
    let ways = ways(workflow);
    let sites = |action: &str| {
        let steps = workflow
            .steps()
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
        let range = sum::of_workflow(workflow, library, action, 0);
        Calls {
            action: action.clone(),
            least: range.least,
            most: range.most,
            sites: sites(action),
        }
    });
    listed.collect()
}

/// Names of workflows that `workflow` calls and the library doesn't have.
#[must_use]
pub fn unknown_workflows(workflow: &Workflow, library: &Library) -> Vec<String> {
    let mut unknown = BTreeSet::new();
    for step in workflow.steps().iter().filter(|step| step.reached) {
        if let Action::CallWorkflow(call) = &step.action
            && !library.contains_key(&*call.workflow)
        {
            unknown.insert(call.workflow.to_string());
        }
    }
    unknown.into_iter().collect()
}

fn collect(
    workflow: &Workflow,
    library: &Library,
    names: &mut BTreeSet<String>,
    seen: &mut BTreeSet<String>,
) {
    if !seen.insert(workflow.name().to_owned()) {
        return;
    }
    for step in workflow.steps().iter().filter(|step| step.reached) {
        match &step.action {
            Action::CallData(call) => {
                names.insert(call.action.to_string());
            }
            Action::CallWorkflow(call) => {
                if let Some(called) = library.get(&*call.workflow) {
                    collect(called, library, names, seen);
                }
            }
            _ => {}
        }
    }
}

/// For each step the branches of the shortest way to it.
fn ways(workflow: &Workflow) -> BTreeMap<u32, Vec<String>> {
    let mut ways = BTreeMap::new();
    let mut open = VecDeque::from([(workflow.start(), Vec::new())]);
    while let Some((next, way)) = open.pop_front() {
        let Next::Step(id) = next else {
            continue;
        };
        if ways.contains_key(&id) {
            continue;
        }
        let step = &workflow.steps()[id as usize];
        if let Action::CallTask { task, .. } | Action::Jump(task) = &step.action {
            open.push_back((workflow.entry(*task), way.clone()));
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
