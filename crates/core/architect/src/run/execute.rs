//! Carries steps out: what each does at once, and which effect it asks for.

use super::{
    Effect, EffectId, End, MAX_STEPS, MAX_STEPS_AFTER, Misses, PendingEffect, Run, State, Tell,
};
use crate::workflow::{Action, Next, Statement, Step};
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::{Expr, Value};
use tollgate_model::Instant;

impl Run {
    /// Goes on at `next`.
    pub(super) fn go(&mut self, next: Next) {
        let workflow = Arc::clone(&self.workflow);
        let (id, again) = match next {
            Next::Return | Next::Continue => return self.leave_task(None),
            Next::Misunderstood => {
                let settings = &workflow.settings;
                return self.hand_over(
                    settings.recognition_says.as_ref(),
                    settings.recognition_next,
                );
            }
            Next::Step(id) => (id, false),
            Next::Again(id) => (id, true),
        };
        self.steps += 1;
        let bound = match self.in_error {
            true => MAX_STEPS + MAX_STEPS_AFTER,
            false => MAX_STEPS,
        };
        if self.steps > bound {
            let why = format!("more than {bound} steps; does it go round in circles?");
            let handles = matches!(workflow.settings.error_next, Next::Step(_));
            if handles && !self.in_error {
                return self.fail(id, why);
            }
            self.state = State::Ended(End::Bound(why));
            return;
        }
        let step = &workflow.steps[id as usize];
        for gap in step.gaps.iter().filter(|_| !again) {
            self.told.push_back(Tell::Unsupported {
                place: step.place,
                message: format!("{}: {gap}", step.title()),
            });
        }
        let open_loops = step.loops as usize + usize::from(again);
        self.loops.truncate(open_loops);
        let done = match &step.fails {
            Some(why) => Err(why.to_string()),
            None => self.execute(id, step, again),
        };
        if let Err(why) = done {
            self.fail(id, why);
        }
    }

    /// Carries a step out: it is left, or the run sleeps, has an open effect, a child, or ends.
    fn execute(&mut self, id: u32, step: &Step, again: bool) -> Result<(), String> {
        match &step.action {
            Action::Pass => self.leave(id, 0),
            Action::Decision(condition) => {
                let path = u16::from(!condition.holds(self)?);
                self.leave(id, path);
            }
            Action::Switch(cases) => self.switch(id, cases)?,
            Action::Loop { kind, index } => self.go_round(id, kind, *index, again)?,
            Action::Update(statements) => self.update(id, statements)?,
            Action::SetData(attributes) => self.set_attributes(id, attributes)?,
            Action::GetData(attributes) => self.get_attributes(id, attributes)?,
            Action::Wait(duration) => {
                let span = span(&duration.evaluate(self)?).unwrap_or_default();
                self.told.push_back(Tell::Waiting(span));
                self.state = State::Sleeping(self.now + span, step.paths[0].next);
            }
            Action::Say(said) => {
                said.iter().try_for_each(|expr| self.say(Some(expr)))?;
                self.leave(id, 0);
            }
            Action::Menu { .. } | Action::Question { .. } => {
                self.ask(id, step, Misses::default())?;
            }
            Action::CallWorkflow(call) => self.call_workflow(id, call)?,
            Action::CallTask { task, inputs, .. } => self.call_task(id, *task, inputs)?,
            Action::Jump(task) => self.jump(*task)?,
            Action::PreviousMenu => self.previous_menu()?,
            Action::EndTask(path) => self.leave_task(path.as_deref()),
            Action::CallData(_)
            | Action::Lookup { .. }
            | Action::Transfer { .. }
            | Action::Platform { .. } => {
                let (effect, timeout) = self.request(step)?;
                self.open(id, effect, timeout, Misses::default());
            }
            Action::Tell(inputs) => {
                let inputs = self.inputs(inputs)?;
                let step = step.word;
                self.told.push_back(Tell::Platform { step, inputs });
                self.leave(id, 0);
            }
            Action::Clear(slots) => self.clear(id, slots),
            Action::End {
                inputs,
                word,
                reason,
            } => {
                let inputs = self.inputs(inputs)?;
                if !inputs.is_empty() {
                    self.told.push_back(Tell::Platform { step: word, inputs });
                }
                let reason = self.evaluate(reason.as_ref())?.to_text();
                self.state = State::Ended(End::Step { step: word, reason });
            }
        }
        Ok(())
    }

    /// Takes the values of variables away.
    fn clear(&mut self, id: u32, slots: &[u32]) {
        for slot in slots {
            self.variables[*slot as usize] = Value::NotSet;
        }
        self.leave(id, 0);
    }

    /// Gives variables their values, one after the other.
    fn update(&mut self, id: u32, statements: &[Statement]) -> Result<(), String> {
        for statement in statements {
            let value = statement.value.evaluate(self)?;
            self.assign(statement.slot, value);
        }
        self.leave(id, 0);
        Ok(())
    }

    /// Leaves by the first case that holds, else by the way out after the last.
    fn switch(&mut self, id: u32, cases: &[Expr]) -> Result<(), String> {
        let mut path = 0;
        while path < cases.len() && !cases[path].holds(self)? {
            path += 1;
        }
        self.leave(id, path as u16);
        Ok(())
    }

    /// The value of an expression; `NOT_SET` where there is none.
    pub(super) fn evaluate(&mut self, expr: Option<&Expr>) -> Result<Value, String> {
        expr.map_or(Ok(Value::NotSet), |expr| expr.evaluate(self))
    }

    /// Leaves a step by one of its ways out.
    pub(super) fn leave(&mut self, id: u32, path: u16) {
        let step = &self.workflow.steps[id as usize];
        let next = step
            .paths
            .get(path as usize)
            .map_or(Next::Return, |path| path.next);
        if step.paths.len() > 1
            && let Some(coverage) = &mut self.coverage
        {
            coverage.note(&self.workflow.name, id, path);
        }
        self.state = State::Ready(next);
        if path == 0 {
            self.learn_of(id);
        }
    }

    /// Opens an effect of a step; it is handed out by the next [`Run::next`].
    pub(super) fn open(
        &mut self,
        step: u32,
        effect: Effect,
        timeout: Option<Duration>,
        misses: Misses,
    ) {
        self.last_effect += 1;
        self.state = State::Pending(Box::new(PendingEffect {
            id: EffectId(self.last_effect),
            step,
            effect: Some(effect),
            timeout,
            deadline: Instant::NEVER,
            misses,
        }));
    }
}

/// A duration as a span of time, a negative one as none at all; none of anything else.
pub(super) fn span(value: &Value) -> Option<Duration> {
    match value {
        Value::Duration(millis) => Some(Duration::from_millis(u64::try_from(*millis).unwrap_or(0))),
        _ => None,
    }
}
