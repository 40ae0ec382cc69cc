//! How often a run calls one action, at least and at most: an equation for each step, solved by repetition.
//!
//! **The unknowns.** A way from a step ends at one of a few [`Goal`]s: the task returns, the run ends, a loop
//! that the step stands in goes round again. For each step and each goal that a way from the step reaches, the
//! unknown is the [`Range`] of calls on those ways, the step's own call included.
//!
//! **The equations.** A step's goals are those of the steps that its ways out lead to, with its own calls added:
//! [`Solver::plain`]. Three kinds of steps differ. After a *jump* nothing returns: the task's return is the run's
//! end. A *called task* that returns goes on by the calling step's ways out. A *loop* of a known number of rounds
//! has the calls of a round as often as it goes round.
//!
//! **The solution.** At first no step has a goal. All equations are applied again and again until nothing
//! changes; after n repetitions every way of n steps is counted. A way that visits no step twice is no longer
//! than there are steps, and going round a circle that calls nothing adds nothing. So a number that still grows
//! after more repetitions than there are steps belongs to a circle with a call on it, and has no bound: it is
//! set to [`Count::Unbounded`], which grows no further. Thus the repetition comes to an end, within as many
//! repetitions again.

use super::range::{Count, Range};
use std::collections::BTreeMap;
use tollgate_architect::workflow::{Action, LoopKind, Next, Path, Step, Workflow};
use tollgate_architect::{Library, MAX_DEPTH};
use tollgate_expression::{Expr, Value};

/// Where a way from a step ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Goal {
    /// The task, menu or state is at its end.
    Return,
    /// The run is over.
    End,
    /// The loop that begins at this step goes round once more.
    Again(u32),
    /// Anywhere: somebody breaks the run off. It makes a circle count that no way leaves; only the most matters.
    Stopped,
}

/// The calls on the ways from a step, by the goal they reach.
type Goals = BTreeMap<Goal, Range>;

fn add(goals: &mut Goals, goal: Goal, range: Range) {
    let joined = goals.get(&goal).map_or(range, |before| before.or(range));
    goals.insert(goal, joined);
}

/// Calls of `action` in one run of `workflow`, which is called by `depth` others.
pub(super) fn of_workflow(
    workflow: &Workflow,
    library: &Library,
    action: &str,
    depth: usize,
) -> Range {
    let own = workflow.steps().iter().map(|step| match &step.action {
        Action::CallData(call) if &*call.action == action => Range::ONE,
        Action::CallWorkflow(call) => match library.get(&*call.workflow) {
            Some(called) if depth < MAX_DEPTH => of_workflow(called, library, action, depth + 1),
            _ => Range::NONE,
        },
        _ => Range::NONE,
    });
    let mut solver = Solver {
        workflow,
        own: own.collect(),
        goals: vec![Goals::new(); workflow.steps().len()],
    };
    solver.solve();
    let start = solver.to(workflow.start());
    let all = start.values().copied().reduce(Range::or);
    let ends = start.iter().filter(|(goal, _)| **goal != Goal::Stopped);
    let most = all.unwrap_or(Range::NONE).most;
    Range {
        least: ends.map(|(_, range)| range.least).min().unwrap_or(0),
        // What waits in a queue begins again and again.
        most: if workflow.waits() {
            most.times(Count::Unbounded)
        } else {
            most
        },
    }
}

struct Solver<'a> {
    workflow: &'a Workflow,
    /// Each step's own calls.
    own: Vec<Range>,
    /// Each step's goals, as far as they are known.
    goals: Vec<Goals>,
}

impl Solver<'_> {
    /// Applies the equations until nothing changes.
    fn solve(&mut self) {
        let steps = self.goals.len();
        // Two more than there are steps: the first finds the ways of one step, the last that nothing grows.
        let enough = steps + 2;
        for round in 0..=2 * enough {
            let mut changed = false;
            // Ways lead mostly to steps further down, so these come first.
            for id in (0..steps).rev() {
                let mut new = self.from(id);
                if new == self.goals[id] {
                    continue;
                }
                changed = true;
                if round > enough {
                    widen(&mut new, &self.goals[id]);
                }
                self.goals[id] = new;
            }
            if !changed {
                break;
            }
        }
    }

    /// The goals of going on there.
    fn to(&self, next: Next) -> Goals {
        match next {
            Next::Step(id) => self.goals[id as usize].clone(),
            Next::Again(id) => Goals::from([(Goal::Again(id), Range::NONE)]),
            Next::Return => Goals::from([(Goal::Return, Range::NONE)]),
            Next::Misunderstood | Next::Continue => Goals::from([(Goal::End, Range::NONE)]),
        }
    }

    /// The equation of a step: its goals from those that are known of the others.
    fn from(&self, id: usize) -> Goals {
        let step = &self.workflow.steps()[id];
        let mut goals = self.carried_out(id, step);
        // What lies behind a step that can't be carried out is counted as if it could be.
        if step.is_unsupported() {
            add(&mut goals, Goal::End, Range::NONE);
        }
        goals
    }

    fn carried_out(&self, id: usize, step: &Step) -> Goals {
        match &step.action {
            Action::End { .. } | Action::PreviousMenu => Goals::from([(Goal::End, Range::NONE)]),
            Action::EndTask(_) => Goals::from([(Goal::Return, Range::NONE)]),
            Action::Jump(task) => self.jump(*task),
            Action::CallTask { task, .. } => self.called_task(*task, &step.paths),
            Action::Loop { kind, .. } => self.looping(
                id as u32,
                rounds(kind),
                step.paths[0].next,
                step.paths[1].next,
            ),
            Action::Transfer { .. } => self.plain(id, Some(0)),
            Action::Menu { choices, .. } => self.plain(id, Some(choices.len())),
            _ => self.plain(id, None),
        }
    }

    /// A step that is left by its ways out; the one in the position `ends` ends the run.
    fn plain(&self, id: usize, ends: Option<usize>) -> Goals {
        let mut found = Goals::new();
        let own = self.own[id];
        if own.most > Count::ZERO {
            let stopped = Range {
                least: u64::MAX,
                ..own
            };
            add(&mut found, Goal::Stopped, stopped);
        }
        let paths = self.workflow.steps()[id].paths.iter();
        for (position, path) in paths.enumerate() {
            if ends == Some(position) {
                add(&mut found, Goal::End, own);
                continue;
            }
            for (goal, after) in self.to(path.next) {
                add(&mut found, goal, own.then(after));
            }
        }
        found
    }

    /// To a task for good: whatever is left by a jump is never returned to.
    fn jump(&self, task: u32) -> Goals {
        let mut found = Goals::new();
        for (goal, range) in self.to(self.workflow.entry(task)) {
            let goal = match goal {
                Goal::Return => Goal::End,
                other => other,
            };
            add(&mut found, goal, range);
        }
        found
    }

    /// A called task: where it returns, the run goes on by any way out of the calling step.
    fn called_task(&self, task: u32, paths: &[Path]) -> Goals {
        let mut found = Goals::new();
        for (goal, range) in self.to(self.workflow.entry(task)) {
            if goal != Goal::Return {
                add(&mut found, goal, range);
                continue;
            }
            for path in paths {
                for (goal, after) in self.to(path.next) {
                    add(&mut found, goal, range.then(after));
                }
            }
        }
        found
    }

    /// A loop: it is done after all its rounds, or left within one of them.
    fn looping(&self, id: u32, rounds: Count, body: Next, done: Next) -> Goals {
        let mut found = Goals::new();
        let again = Goal::Again(id);
        let body = self.to(body);
        // The calls of a round that comes to its end; none if no way leads there.
        let once = body.get(&again).copied();
        let all = match (once, rounds) {
            (Some(once), Count::Finite(count)) => Some(Range {
                least: once.least.saturating_mul(count),
                most: once.most.times(rounds),
            }),
            // Perhaps there is no round at all.
            (Some(once), Count::Unbounded) => Some(Range {
                least: 0,
                most: once.most.times(rounds),
            }),
            (None, Count::Finite(0) | Count::Unbounded) => Some(Range::NONE),
            (None, _) => None,
        };
        if let Some(all) = all {
            for (goal, after) in self.to(done) {
                add(&mut found, goal, all.then(after));
            }
        }
        if rounds == Count::ZERO {
            return found;
        }
        // Left within the first round at the earliest, within the last at the latest.
        let others = match rounds {
            Count::Finite(count) => Count::Finite(count.saturating_sub(1)),
            Count::Unbounded => Count::Unbounded,
        };
        let others = once.map_or(Count::ZERO, |once| once.most.times(others));
        for (goal, range) in body.into_iter().filter(|(goal, _)| *goal != again) {
            let range = Range {
                least: range.least,
                most: range.most.plus(others),
            };
            add(&mut found, goal, range);
        }
        found
    }
}

/// What has grown has no bound.
fn widen(new: &mut Goals, before: &Goals) {
    for (goal, range) in new {
        if before
            .get(goal)
            .is_none_or(|before| before.most < range.most)
        {
            range.most = Count::Unbounded;
        }
    }
}

/// How many rounds a loop has, as far as the file tells.
fn rounds(kind: &LoopKind) -> Count {
    match kind {
        LoopKind::Count(Expr::Constant(Value::Integer(count))) => {
            Count::Finite(u64::try_from(*count).unwrap_or(0))
        }
        _ => Count::Unbounded,
    }
}
