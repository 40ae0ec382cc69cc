//! Tasks within tasks, and loops.

use super::{End, Frame, MAX_DEPTH, Misses, Round, Run, State};
use crate::workflow::{Action, LoopKind, Next, Statement};
use std::sync::Arc;
use tollgate_expression::Value;

/// Menus that going back can reach.
const MAX_MENUS: usize = 32;

impl Run {
    pub(super) fn enter_task(&mut self, task: u32) -> Result<(), String> {
        let workflow = Arc::clone(&self.workflow);
        let task_facts = &workflow.tasks[task as usize];
        if task_facts.menu && self.menus.last() != Some(&task) {
            if self.menus.len() == MAX_MENUS {
                self.menus.remove(0);
            }
            self.menus.push(task);
        }
        for slot in &task_facts.variables {
            let variable = &workflow.variables[*slot as usize];
            let value = self.evaluate(variable.initial.as_ref())?;
            self.assign(*slot, value);
        }
        self.state = State::Ready(task_facts.entry);
        Ok(())
    }

    /// A task called by a step, which is left when the task ends.
    pub(super) fn call_task(
        &mut self,
        id: u32,
        task: u32,
        inputs: &[Statement],
    ) -> Result<(), String> {
        let mut given = Vec::with_capacity(inputs.len());
        for input in inputs {
            given.push((input.slot, input.value.evaluate(self)?));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} tasks within tasks"));
        }
        let own = &self.workflow.tasks[task as usize].variables;
        let saved = own
            .iter()
            .map(|slot| self.variables[*slot as usize].clone());
        let frame = Frame {
            step: id,
            saved: saved.collect(),
            loops: std::mem::take(&mut self.loops),
        };
        self.frames.push(frame);
        self.enter_task(task)?;
        for (slot, value) in given {
            self.assign(slot, value);
        }
        Ok(())
    }

    /// Enters a task for good: whatever was under way is dropped.
    pub(super) fn jump(&mut self, task: u32) -> Result<(), String> {
        self.frames.clear();
        self.loops.clear();
        self.enter_task(task)
    }

    /// Enters the menu before this one for good.
    pub(super) fn previous_menu(&mut self) -> Result<(), String> {
        self.menus.pop();
        let menu = self.menus.pop().ok_or("there is no menu before this one")?;
        self.jump(menu)
    }

    /// The end of a task: back to the step that called it, or the end of the workflow.
    pub(super) fn leave_task(&mut self, path: Option<&str>) {
        let Some(frame) = self.frames.pop() else {
            self.state = match self.workflow.queue {
                Some(queue) => State::Ready(Next::Step(queue)),
                None => State::Ended(End::Step {
                    step: self.workflow.kind.ends(),
                    reason: None,
                }),
            };
            return;
        };
        self.loops = frame.loops;
        let workflow = Arc::clone(&self.workflow);
        let step = &workflow.steps[frame.step as usize];
        if let Action::CallTask { task, outputs, .. } = &step.action {
            let read = outputs
                .iter()
                .map(|(from, to)| (*to, self.variables[*from as usize].clone()));
            let read: Vec<(u32, Value)> = read.collect();
            let slots = &workflow.tasks[*task as usize].variables;
            for (slot, value) in slots.iter().zip(frame.saved) {
                self.variables[*slot as usize] = value;
            }
            for (slot, value) in read {
                self.variables[slot as usize] = value;
            }
        }
        let last = step.paths.len().saturating_sub(1) as u16;
        let path = path.and_then(|name| step.path(name)).unwrap_or(last);
        self.leave(frame.step, path);
    }

    pub(super) fn go_round(
        &mut self,
        id: u32,
        kind: &LoopKind,
        index: Option<u32>,
        again: bool,
    ) -> Result<(), String> {
        if again {
            if let LoopKind::AnythingElse(_) = kind {
                let workflow = Arc::clone(&self.workflow);
                return self.ask(id, &workflow.steps[id as usize], Misses::default());
            }
            if let Some(round) = self.loops.last_mut() {
                round.index += 1;
            }
        } else {
            let round = match kind {
                LoopKind::Count(count) => match count.evaluate(self)? {
                    Value::Integer(count) => (count, None),
                    _ => (0, None),
                },
                LoopKind::Each(list, _) => match list.evaluate(self)? {
                    Value::Collection(items) => (items.len() as i64, Some(items)),
                    _ => (0, None),
                },
                LoopKind::AnythingElse(_) => (i64::MAX, None),
            };
            self.loops.push(Round {
                index: 0,
                count: round.0,
                items: round.1,
            });
        }
        let Some(round) = self.loops.last() else {
            return Err("a loop that isn't open".to_owned());
        };
        if round.index >= round.count {
            self.loops.pop();
            self.leave(id, 1);
            return Ok(());
        }
        let at = round.index;
        let item = round
            .items
            .as_ref()
            .and_then(|items| items.get(at as usize))
            .cloned();
        if let Some(slot) = index {
            self.variables[slot as usize] = Value::Integer(at);
        }
        if let (LoopKind::Each(_, Some(slot)), Some(item)) = (kind, item) {
            self.variables[*slot as usize] = item;
        }
        self.leave(id, 0);
        Ok(())
    }
}
