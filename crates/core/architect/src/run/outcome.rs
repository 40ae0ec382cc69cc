//! What an answer, a timeout or a failure leads to.

use super::world::find_output;
use super::{End, Run, State, Tell};
use crate::workflow::{Action, Binding, Field, Next};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use tollgate_expression::Expr;
use tollgate_expression::Value;

impl Run {
    /// The step's effect was answered by a path, with outputs.
    pub(super) fn answered(&mut self, id: u32, path: u16, outputs: &Map<String, Json>) {
        let workflow = Arc::clone(&self.workflow);
        let step = &workflow.steps[id as usize];
        let name = step.paths.get(path as usize).map_or("", |path| &*path.name);
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
            let sought = match (found, name) {
                (None, "found") => self.sought(&step.action, binding),
                _ => None,
            };
            let found = found.or(sought.as_ref());
            if binding.path.is_empty() && found.is_none()
                || !binding.path.is_empty() && binding.path != name
            {
                continue;
            }
            match Value::from_json(found.unwrap_or(&Json::Null), binding.kind) {
                Ok(value) => self.assign(binding.slot, value),
                Err(why) => return self.fail(id, format!("output {}: {why}", binding.name)),
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
                self.fail(id, why);
            }
        }
    }

    /// What a step found that looks for one thing by its name or id, where the answer doesn't say: just that.
    fn sought(&mut self, action: &Action, binding: &Binding) -> Option<Json> {
        let Action::Platform { inputs, .. } = action else {
            return None;
        };
        if !matches!(&*binding.name, "findResult" | "externalResult") {
            return None;
        }
        let known_by = |field: &Field| match &*field.name {
            "findName" => Some("name"),
            "findId" | "externalId" => Some("id"),
            _ => None,
        };
        let (property, field) = inputs
            .iter()
            .find_map(|field| Some((known_by(field)?, field)))?;
        let text = field.value.evaluate(self).ok()?.to_text()?;
        Some(json!({property: &*text}))
    }

    /// Tells what isn't known of the workflow and belongs to no step.
    pub(super) fn tell_gaps(&mut self) {
        let gaps = self.workflow.gaps.iter();
        self.told.extend(gaps.map(|(place, gap)| Tell::Unsupported {
            place: *place,
            message: gap.to_string(),
        }));
    }

    /// Nobody carries the step out.
    pub(super) fn not_here(&mut self, id: u32) {
        let workflow = Arc::clone(&self.workflow);
        let step = &workflow.steps[id as usize];
        let way = step.paths.get(step.not_here as usize);
        let way = way.map_or("", |path| &path.name);
        let message = format!("not carried out here: {}, left by `{way}`", step.title());
        let failure = super::Failure::new("not.carried.out", message.as_str());
        self.told.push_back(Tell::Unsupported {
            place: step.place,
            message,
        });
        self.answered(id, step.not_here, &failure.outputs());
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

    /// The step failed: the workflow's error handling follows.
    pub(super) fn fail(&mut self, id: u32, why: String) {
        let workflow = Arc::clone(&self.workflow);
        let step = &workflow.steps[id as usize];
        let message = format!("{}: {why}", step.title());
        self.told.push_back(Tell::Fault {
            place: step.place,
            message: message.clone(),
        });
        if workflow.settings.error_next == Next::Continue {
            let _ = self.say(workflow.settings.error_says.as_ref());
            let last = step.paths.len().saturating_sub(1) as u16;
            return self.leave(id, step.path("failure").unwrap_or(last));
        }
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
