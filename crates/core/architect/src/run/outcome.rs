//! What an answer, a timeout or a failure leads to.

use super::world::find_output;
use super::{End, Run, State, Tell};
use crate::workflow::{Action, Binding, Field, Next, Step};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use tollgate_expression::Expr;
use tollgate_expression::Value;

impl Run {
    /// The step's effect was answered by a path, with outputs.
    pub(super) fn answered(&mut self, id: u32, path: u16, outputs: &Map<String, Json>) {
        let workflow = Arc::clone(&self.workflow);
        let step = &workflow.steps[id as usize];
        let name = step.paths.get(path as usize).map_or("", |path| &path.name);
        let bindings: &[Binding] = match &step.action {
            Action::CallData(call) => &call.outputs,
            Action::Lookup { outputs, .. }
            | Action::Transfer { outputs, .. }
            | Action::Platform { outputs, .. } => outputs,
            Action::CallWorkflow(call) => {
                for (target, key) in [(call.intent, "intent"), (call.exit_reason, "exitReason")] {
                    if let (Some(slot), Some(Json::String(text))) = (target, outputs.get(key)) {
                        self.variables[slot as usize] = Value::text(text);
                    }
                }
                &call.outputs
            }
            _ => &[],
        };
        for binding in bindings {
            let found = find_output(outputs, &binding.name);
            if binding.path.is_empty() && found.is_none()
                || !binding.path.is_empty() && binding.path != name
            {
                continue;
            }
            match Value::from_json(found.unwrap_or(&Json::Null), binding.kind) {
                Ok(value) => self.variables[binding.slot as usize] = value,
                Err(why) => return self.fail(step, format!("output {}: {why}", binding.name)),
            }
        }
        self.leave(id, path);
        if let Action::Transfer { inputs, failed, .. } = &step.action {
            if path == 0 {
                let to = self.destination(inputs);
                self.state = State::Ended(End::Transferred {
                    step: step.word,
                    to,
                });
            } else if let Err(why) = self.say(failed.as_ref()) {
                self.fail(step, why);
            }
        }
    }

    /// To whom a transfer goes, for people.
    fn destination(&mut self, inputs: &[Field]) -> String {
        let target = inputs.iter().find(|field| {
            let name = field.name.rsplit('.').next().unwrap_or_default();
            name.starts_with("target") || name == "phoneNumber"
        });
        let value = target.and_then(|field| field.value.evaluate(self).ok());
        value
            .and_then(|value| value.to_text())
            .unwrap_or_default()
            .to_string()
    }

    /// The open effect's time is over.
    pub(super) fn expire(&mut self) {
        let State::Pending(open) = &self.state else {
            return;
        };
        let (id, misses) = (open.step, open.misses);
        let workflow = Arc::clone(&self.workflow);
        match &workflow.steps[id as usize].action {
            Action::CallData(call) => {
                let action = Arc::clone(&call.action);
                self.told.push_back(Tell::TimedOut { action });
                let path = workflow.steps[id as usize].path("timeout").unwrap_or(0);
                self.answered(id, path, &Map::new());
            }
            _ => self.heard(id, super::Person::IsSilent, misses),
        }
    }

    pub(super) fn fail(&mut self, step: &Step, why: String) {
        let message = format!("{}: {why}", step.title());
        self.told.push_back(Tell::Fault {
            place: step.place,
            message: message.clone(),
        });
        let workflow = Arc::clone(&self.workflow);
        if self.in_error || workflow.settings.error_next == Next::Return {
            self.state = State::Ended(End::Failed(message));
            return;
        }
        self.in_error = true;
        self.hand_over(
            workflow.settings.error_says.as_ref(),
            workflow.settings.error_next,
        );
    }

    /// Says something, drops what was under way, and goes on elsewhere.
    pub(super) fn hand_over(&mut self, says: Option<&Expr>, next: Next) {
        // What can't be put into words is not said; the run goes on all the same.
        let _ = self.say(says);
        self.frames.clear();
        self.loops.clear();
        self.state = State::Ready(next);
    }
}
