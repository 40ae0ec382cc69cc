//! Steps carried out.

use super::{
    Effect, EffectId, End, Frame, MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_DEPTH, MAX_STEPS, Open,
    Run, State, Tell,
};
use crate::workflow::{Action, Field, Next, Step};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_model::Instant;

/// What a data action may take where the step doesn't say: the vendor's default.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

impl Run {
    pub(super) fn go(&mut self, next: Next) {
        let workflow = Arc::clone(&self.workflow);
        let (id, again) = match next {
            Next::Return => return self.leave_task(None),
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
        if self.steps > MAX_STEPS {
            let why = format!("more than {MAX_STEPS} steps; does it go round in circles?");
            self.state = State::Ended(End::Bound(why));
            return;
        }
        let step = &workflow.steps[id as usize];
        let kept = step.loops as usize + usize::from(again);
        self.loops.truncate(kept);
        if let Err(why) = self.execute(id, step, again) {
            self.fail(step, why);
        }
    }

    /// Whether the participant data may have this as well, or in the place of what the name had.
    fn room_for(&self, name: &str, value: &str) -> Result<(), String> {
        let others = self.participant.iter();
        let others = others.filter(|(other, _)| &***other != name);
        let (count, bytes) = others.fold((1, name.len() + value.len()), |(count, bytes), it| {
            (count + 1, bytes + it.0.len() + it.1.len())
        });
        if count > MAX_ATTRIBUTES || bytes > MAX_ATTRIBUTE_BYTES {
            return Err(format!(
                "participant data of more than {MAX_ATTRIBUTES} attributes, or {MAX_ATTRIBUTE_BYTES} bytes in all"
            ));
        }
        Ok(())
    }

    fn execute(&mut self, id: u32, step: &Step, again: bool) -> Result<(), String> {
        match &step.action {
            Action::Pass => self.leave(id, 0),
            Action::Decision(condition) => {
                let path = if condition.holds(self)? { 0 } else { 1 };
                self.leave(id, path);
            }
            Action::Switch(cases) => {
                let mut path = cases.len();
                for (index, case) in cases.iter().enumerate() {
                    if case.holds(self)? {
                        path = index;
                        break;
                    }
                }
                self.leave(id, path as u16);
            }
            Action::Loop { kind, index } => self.go_round(id, kind, *index, again)?,
            Action::Update(statements) => {
                for statement in statements {
                    let value = statement.value.evaluate(self)?;
                    self.variables[statement.slot as usize] = self.known(value);
                }
                self.leave(id, 0);
            }
            Action::SetData(attributes) => {
                for (name, value) in attributes {
                    let name = name.evaluate(self)?.to_text().unwrap_or_default();
                    let value = value.evaluate(self)?.to_text();
                    match &value {
                        Some(value) => {
                            self.room_for(&name, value)?;
                            self.participant
                                .insert(Arc::clone(&name), Arc::clone(value));
                        }
                        None => {
                            self.participant.remove(&name);
                        }
                    }
                    self.told.push_back(Tell::Attribute { name, value });
                }
                self.leave(id, 0);
            }
            Action::GetData(attributes) => {
                for (name, slot) in attributes {
                    let name = name.evaluate(self)?.to_text().unwrap_or_default();
                    let value = self.participant.get(&name).cloned();
                    self.variables[*slot as usize] = value.map_or(Value::NotSet, Value::String);
                }
                self.leave(id, 0);
            }
            Action::Wait(duration) => {
                let span = span(&duration.evaluate(self)?).unwrap_or_default();
                self.told.push_back(Tell::Waiting(span));
                self.state = State::Sleeping(self.now + span, step.paths[0].next);
            }
            Action::Say(said) => {
                for expr in said {
                    let value = expr.evaluate(self)?;
                    self.say(&value);
                }
                self.leave(id, 0);
            }
            Action::Menu { .. } | Action::Question { .. } => self.ask(id, step, 0, 0)?,
            Action::CallData(call) => {
                let inputs = self.inputs(&call.inputs)?;
                let timeout = match &call.timeout {
                    Some(timeout) => span(&timeout.evaluate(self)?),
                    None => None,
                };
                if let Some(says) = &call.says {
                    let value = says.evaluate(self)?;
                    self.say(&value);
                }
                let timeout = timeout.unwrap_or(CALL_TIMEOUT);
                let effect = Effect::CallData {
                    category: Arc::clone(&call.category),
                    action: Arc::clone(&call.action),
                    inputs,
                    timeout,
                };
                self.open(id, effect, Some(timeout), 0, 0);
            }
            Action::Lookup { table, key, .. } => {
                let key = match key {
                    Some(key) => key.evaluate(self)?.to_text(),
                    None => None,
                };
                let table = Arc::clone(table);
                self.open(id, Effect::Lookup { table, key }, None, 0, 0);
            }
            Action::CallWorkflow(call) => self.call_workflow(id, call)?,
            Action::CallTask { task, inputs, .. } => {
                let mut given = Vec::with_capacity(inputs.len());
                for input in inputs {
                    given.push((input.slot, input.value.evaluate(self)?));
                }
                if self.frames.len() >= MAX_DEPTH {
                    return Err(format!("more than {MAX_DEPTH} tasks within tasks"));
                }
                let workflow = Arc::clone(&self.workflow);
                let slots = &workflow.tasks[*task as usize].variables;
                let saved = slots
                    .iter()
                    .map(|slot| self.variables[*slot as usize].clone());
                let frame = Frame {
                    step: id,
                    saved: saved.collect(),
                    loops: std::mem::take(&mut self.loops),
                };
                self.frames.push(frame);
                self.enter_task(*task)?;
                for (slot, value) in given {
                    self.variables[slot as usize] = self.known(value);
                }
            }
            Action::Jump(task) => {
                self.frames.clear();
                self.loops.clear();
                self.enter_task(*task)?;
            }
            Action::PreviousMenu => {
                self.menus.pop();
                let back = self.menus.pop().ok_or("there is no menu before this one")?;
                self.frames.clear();
                self.loops.clear();
                self.enter_task(back)?;
            }
            Action::EndTask(path) => self.leave_task(path.as_deref()),
            Action::Transfer { inputs, before, .. } => {
                let inputs = self.inputs(inputs)?;
                if let Some(before) = before {
                    let value = before.evaluate(self)?;
                    self.say(&value);
                }
                let step = step.word;
                self.open(id, Effect::Transfer { step, inputs }, None, 0, 0);
            }
            Action::Platform { inputs, .. } => {
                let effect = Effect::Platform {
                    step: step.word,
                    inputs: self.inputs(inputs)?,
                    paths: step
                        .paths
                        .iter()
                        .map(|path| Arc::clone(&path.name))
                        .collect(),
                };
                self.open(id, effect, None, 0, 0);
            }
            Action::Tell(inputs) => {
                let inputs = self.inputs(inputs)?;
                let step = step.word;
                self.told.push_back(Tell::Platform { step, inputs });
                self.leave(id, 0);
            }
            Action::End { word, reason } => {
                let reason = match reason {
                    Some(reason) => reason.evaluate(self)?.to_text(),
                    None => None,
                };
                self.state = State::Ended(End::Step { step: word, reason });
            }
        }
        Ok(())
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
    }

    pub(super) fn open(
        &mut self,
        step: u32,
        effect: Effect,
        timeout: Option<Duration>,
        misses: u32,
        silences: u32,
    ) {
        self.last_effect += 1;
        self.state = State::Open(Box::new(Open {
            id: EffectId(self.last_effect),
            step,
            effect: Some(effect),
            timeout,
            deadline: Instant::NEVER,
            misses,
            silences,
        }));
    }

    pub(super) fn inputs(&mut self, fields: &[Field]) -> Result<Map<String, Json>, String> {
        let mut inputs = Map::new();
        for field in fields {
            let value = field.value.evaluate(self);
            let value = value.map_err(|why| format!("{}: {why}", field.name))?;
            if !value.is_not_set() {
                inputs.insert(field.name.to_string(), self.known(value).to_json());
            }
        }
        Ok(inputs)
    }
}

fn span(value: &Value) -> Option<Duration> {
    match value {
        Value::Duration(millis) => Some(Duration::from_millis(u64::try_from(*millis).unwrap_or(0))),
        _ => None,
    }
}
