//! Which steps can be reached from the start.

use super::Reader;
use crate::workflow::{Action, Next, Settings};

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
        self.mark(open, false, &mut reached_tasks);
        self.mark(vec![settings.error_next], true, &mut reached_tasks);
        for (task, reached) in self.tasks.iter().zip(reached_tasks) {
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

    /// Marks what can be reached from any of these; `after_failure`: only where a step has failed.
    fn mark(&mut self, mut open: Vec<Next>, after_failure: bool, reached_tasks: &mut [bool]) {
        while let Some(next) = open.pop() {
            let (Next::Step(id) | Next::Again(id)) = next else {
                continue;
            };
            let step = &mut self.steps[id as usize];
            if std::mem::replace(&mut step.reached, true) {
                continue;
            }
            step.after_failure = after_failure;
            // A run fails where a step isn't known, and goes no further.
            if step.is_unsupported() {
                continue;
            }
            open.extend(step.paths.iter().map(|path| path.next));
            if let Action::CallTask { task, .. } | Action::Jump(task) = &step.action {
                reached_tasks[*task as usize] = true;
                open.push(self.tasks[*task as usize].entry);
            }
        }
    }
}
