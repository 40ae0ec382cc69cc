//! Which steps can be reached from the start.
//!
//! A run fails where a step isn't known and goes no further, but what the vendor's runs may call behind it must be
//! there all the same. So what lies behind such a step is reached, and listed with what a flow calls; it is marked
//! as blocked, and its branches are none that runs here could take.

use super::Reader;
use crate::workflow::{Action, Next, Settings, Step};

/// What was reached.
struct Reached {
    /// Whether a way leads to it, of each task.
    tasks: Vec<bool>,
    /// Where steps lead that can't be carried out, and ways that aren't known.
    behind: Vec<Next>,
}

impl Reader<'_> {
    /// Marks the steps that can be reached; names tasks and menus that can't.
    pub(super) fn mark_reached(&mut self, start: u32, queue: Option<u32>, settings: &Settings) {
        let mut reached_tasks = vec![false; self.tasks.len()];
        reached_tasks[start as usize] = true;
        let mut open = vec![
            self.tasks[start as usize].entry,
            settings.escalation_next,
            settings.recognition_next,
        ];
        open.extend(queue.map(Next::Step));
        let mut reached = Reached {
            tasks: reached_tasks,
            behind: Vec::new(),
        };
        self.mark(open, &mut reached, |_| {});
        self.mark(vec![settings.error_next], &mut reached, |step| {
            step.after_failure = true
        });
        while !reached.behind.is_empty() {
            let behind = std::mem::take(&mut reached.behind);
            self.mark(behind, &mut reached, |step| step.blocked = true);
        }
        if self.problems.has_errors() {
            // What leads to a task may stand in what is wrong.
            return;
        }
        for (task, reached) in self.tasks.iter().zip(reached.tasks) {
            // A file must have a main menu, used or not; an empty one, or one that only hangs up, is no
            // news.
            let Next::Step(first) = task.entry else {
                continue;
            };
            let step = &self.steps[first as usize];
            let idle = task.menu && step.paths.len() <= 2;
            if !reached && !idle {
                let message = format!("nothing leads to `{}`", task.name);
                self.problems.warn(step.place, message, "it is never run");
            }
        }
    }

    /// Marks what can be reached from any of these, but for what lies behind a step that can't be carried out.
    fn mark(&mut self, mut open: Vec<Next>, reached: &mut Reached, and: impl Fn(&mut Step)) {
        while let Some(next) = open.pop() {
            let (Next::Step(id) | Next::Again(id)) = next else {
                continue;
            };
            let step = &mut self.steps[id as usize];
            if std::mem::replace(&mut step.reached, true) {
                continue;
            }
            and(step);
            reached.behind.extend(&step.beyond);
            let further = match step.is_unsupported() {
                true => &mut reached.behind,
                false => &mut open,
            };
            further.extend(step.paths.iter().map(|path| path.next));
            if let Action::CallTask { task, .. } | Action::Jump(task) = &step.action {
                reached.tasks[*task as usize] = true;
                further.push(self.tasks[*task as usize].entry);
            }
        }
    }
}
