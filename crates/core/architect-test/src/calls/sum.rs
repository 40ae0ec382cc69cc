//! The least and the most calls from each step to each of its ends.

use std::collections::BTreeMap;
use std::fmt;
use tollgate_architect::workflow::{Action, LoopKind, Next, Workflow};
use tollgate_architect::{Library, MAX_DEPTH};
use tollgate_expression::Expr;
use tollgate_expression::Value;

/// A number of calls, or no bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Count {
    /// So many.
    Finite(u64),
    /// As many as the run goes on.
    Unbounded,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Count::Finite(count) => count.fmt(f),
            Count::Unbounded => f.write_str("unbounded"),
        }
    }
}

impl Count {
    fn plus(self, other: Count) -> Count {
        match (self, other) {
            (Count::Finite(l), Count::Finite(r)) => Count::Finite(l.saturating_add(r)),
            _ => Count::Unbounded,
        }
    }

    fn times(self, rounds: Count) -> Count {
        match (self, rounds) {
            (Count::Finite(0), _) | (_, Count::Finite(0)) => Count::Finite(0),
            (Count::Finite(l), Count::Finite(r)) => Count::Finite(l.saturating_mul(r)),
            _ => Count::Unbounded,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) least: u64,
    pub(super) most: Count,
}

const NONE: Range = Range {
    least: 0,
    most: Count::Finite(0),
};

impl Range {
    fn then(self, after: Range) -> Range {
        Range {
            least: self.least.saturating_add(after.least),
            most: self.most.plus(after.most),
        }
    }

    fn or(self, other: Range) -> Range {
        Range {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }
}

/// Where a way from a step can end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Goal {
    Return,
    End,
    Again(u32),
    /// Wherever the run is broken off, so that a circle without an end counts too. Only the most
    /// matters.
    Stopped,
}

type Goals = BTreeMap<Goal, Range>;

fn add(goals: &mut Goals, goal: Goal, range: Range) {
    let joined = goals.get(&goal).map_or(range, |before| before.or(range));
    goals.insert(goal, joined);
}

/// Calls of `action` in one run of `workflow`.
pub(super) fn of_workflow(
    workflow: &Workflow,
    library: &Library,
    action: &str,
    depth: usize,
) -> Range {
    let own: Vec<Range> = workflow
        .steps()
        .iter()
        .map(|step| match &step.action {
            Action::CallData(call) if &*call.action == action => Range {
                least: 1,
                most: Count::Finite(1),
            },
            Action::CallWorkflow(call) => match library.get(&*call.workflow) {
                Some(called) if depth < MAX_DEPTH => {
                    of_workflow(called, library, action, depth + 1)
                }
                _ => NONE,
            },
            _ => NONE,
        })
        .collect();
    let mut goals: Vec<Goals> = vec![Goals::new(); workflow.steps().len()];
    let rounds = workflow.steps().len() + 2;
    for round in 0..=2 * rounds {
        let mut changed = false;
        for id in (0..workflow.steps().len()).rev() {
            let mut new = from_step(workflow, &goals, &own, id);
            if new == goals[id] {
                continue;
            }
            changed = true;
            if round > rounds {
                // It has grown for longer than any way without a cycle could make it.
                for (goal, range) in &mut new {
                    let before = goals[id].get(goal);
                    if before.is_none_or(|before| before.most < range.most) {
                        range.most = Count::Unbounded;
                    }
                }
            }
            goals[id] = new;
        }
        if !changed {
            break;
        }
    }
    let start = to(workflow.start(), &goals);
    let all = start.values().copied().reduce(Range::or).unwrap_or(NONE);
    let ends = start.iter().filter(|(goal, _)| **goal != Goal::Stopped);
    Range {
        least: ends.map(|(_, range)| range.least).min().unwrap_or(0),
        ..all
    }
}

/// The goals of going on there.
fn to(next: Next, goals: &[Goals]) -> Goals {
    match next {
        Next::Step(id) => goals[id as usize].clone(),
        Next::Again(id) => Goals::from([(Goal::Again(id), NONE)]),
        Next::Return => Goals::from([(Goal::Return, NONE)]),
        Next::Misunderstood => Goals::from([(Goal::End, NONE)]),
    }
}

fn from_step(workflow: &Workflow, goals: &[Goals], own: &[Range], id: usize) -> Goals {
    let step = &workflow.steps()[id];
    let mut found = Goals::new();
    match &step.action {
        Action::End { .. } | Action::PreviousMenu => add(&mut found, Goal::End, NONE),
        Action::EndTask(_) => add(&mut found, Goal::Return, NONE),
        Action::Jump(task) => {
            for (goal, range) in to(workflow.entry(*task), goals) {
                // What was left by jumping is never returned to.
                let goal = if goal == Goal::Return {
                    Goal::End
                } else {
                    goal
                };
                add(&mut found, goal, range);
            }
        }
        Action::CallTask { task, .. } => {
            for (goal, range) in to(workflow.entry(*task), goals) {
                if goal != Goal::Return {
                    add(&mut found, goal, range);
                    continue;
                }
                for path in &step.paths {
                    for (goal, after) in to(path.next, goals) {
                        add(&mut found, goal, range.then(after));
                    }
                }
            }
        }
        Action::Loop { kind, .. } => {
            let rounds = match kind {
                LoopKind::Count(Expr::Constant(Value::Integer(count))) => {
                    Count::Finite(u64::try_from(*count).unwrap_or(0))
                }
                _ => Count::Unbounded,
            };
            let again = Goal::Again(id as u32);
            let body = to(step.paths[0].next, goals);
            let once = body.get(&again).copied();
            let all = match (once, rounds) {
                (Some(once), Count::Finite(count)) => Some(Range {
                    least: once.least.saturating_mul(count),
                    most: once.most.times(rounds),
                }),
                // Perhaps no round at all.
                (Some(once), Count::Unbounded) => Some(Range {
                    least: 0,
                    most: once.most.times(rounds),
                }),
                (None, Count::Finite(0) | Count::Unbounded) => Some(NONE),
                (None, _) => None,
            };
            if let Some(all) = all {
                for (goal, after) in to(step.paths[1].next, goals) {
                    add(&mut found, goal, all.then(after));
                }
            }
            if rounds != Count::Finite(0) {
                for (goal, range) in body {
                    if goal != again {
                        // Left in the first round, or after all the others.
                        let before = match rounds {
                            Count::Finite(count) => Count::Finite(count.saturating_sub(1)),
                            Count::Unbounded => Count::Unbounded,
                        };
                        let others = once.map_or(Count::Finite(0), |once| once.most.times(before));
                        let range = Range {
                            least: range.least,
                            most: range.most.plus(others),
                        };
                        add(&mut found, goal, range);
                    }
                }
            }
        }
        action => {
            if own[id].most > Count::Finite(0) {
                let stopped = Range {
                    least: u64::MAX,
                    ..own[id]
                };
                add(&mut found, Goal::Stopped, stopped);
            }
            for (index, path) in step.paths.iter().enumerate() {
                let leaves = match action {
                    Action::Transfer { .. } => index == 0,
                    Action::Menu { choices, .. } => index == choices.len(),
                    _ => false,
                };
                if leaves {
                    add(&mut found, Goal::End, own[id]);
                    continue;
                }
                for (goal, after) in to(path.next, goals) {
                    add(&mut found, goal, own[id].then(after));
                }
            }
        }
    }
    found
}
