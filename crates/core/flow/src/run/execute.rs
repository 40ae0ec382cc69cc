//! Steps carried out.

use super::{
    Effect, EffectId, End, Frame, MAX_DEPTH, MAX_STEPS, Open, Progress, Round, Run, State, Tell,
    find_output,
};
use crate::expr::Expr;
use crate::flow::{Action, Binding, Field, FlowCall, FlowKind, LoopKind, Next, Step};
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::Instant;

/// What a data action may take where the step doesn't say: the vendor's default.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Menus that going back can reach.
const MAX_MENUS: usize = 32;

impl Run {
    pub(super) fn go(&mut self, next: Next) {
        let flow = Arc::clone(&self.flow);
        let (id, again) = match next {
            Next::Return => return self.leave_task(None),
            Next::Misunderstood => {
                let settings = &flow.settings;
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
        let step = &flow.steps[id as usize];
        let kept = step.loops as usize + usize::from(again);
        self.loops.truncate(kept);
        if let Err(why) = self.execute(id, step, again) {
            self.fail(step, why);
        }
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
            Action::CallFlow(call) => self.call_flow(id, call)?,
            Action::CallTask { task, inputs, .. } => {
                let mut given = Vec::with_capacity(inputs.len());
                for input in inputs {
                    given.push((input.slot, input.value.evaluate(self)?));
                }
                if self.frames.len() >= MAX_DEPTH {
                    return Err(format!("more than {MAX_DEPTH} tasks within tasks"));
                }
                let flow = Arc::clone(&self.flow);
                let slots = &flow.tasks[*task as usize].variables;
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
        let step = &self.flow.steps[id as usize];
        let next = step
            .paths
            .get(path as usize)
            .map_or(Next::Return, |path| path.next);
        if step.paths.len() > 1
            && let Some(coverage) = &mut self.coverage
        {
            coverage.note(&self.flow.name, id, path);
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

    pub(super) fn enter_task(&mut self, task: u32) -> Result<(), String> {
        let flow = Arc::clone(&self.flow);
        let task_facts = &flow.tasks[task as usize];
        if task_facts.menu && self.menus.last() != Some(&task) {
            if self.menus.len() == MAX_MENUS {
                self.menus.remove(0);
            }
            self.menus.push(task);
        }
        for slot in &task_facts.variables {
            let variable = &flow.variables[*slot as usize];
            let value = match &variable.initial {
                Some(initial) => initial.evaluate(self)?,
                None => Value::NotSet,
            };
            self.variables[*slot as usize] = self.known(value);
        }
        self.state = State::Ready(task_facts.entry);
        Ok(())
    }

    /// The end of a task: back to the step that called it, or the end of the flow.
    fn leave_task(&mut self, path: Option<&str>) {
        let Some(frame) = self.frames.pop() else {
            let step = match self.flow.kind {
                FlowKind::Workflow => "endWorkflow",
                FlowKind::WorkItem => "endWorkitemFlow",
                FlowKind::BotFlow | FlowKind::DigitalBotFlow => "exitBotFlow",
                FlowKind::CommonModule => "endTask",
                _ => "disconnect",
            };
            self.state = State::Ended(End::Step { step, reason: None });
            return;
        };
        self.loops = frame.loops;
        let flow = Arc::clone(&self.flow);
        let step = &flow.steps[frame.step as usize];
        if let Action::CallTask { task, outputs, .. } = &step.action {
            let read = outputs
                .iter()
                .map(|(from, to)| (*to, self.variables[*from as usize].clone()));
            let read: Vec<(u32, Value)> = read.collect();
            let slots = &flow.tasks[*task as usize].variables;
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

    fn go_round(
        &mut self,
        id: u32,
        kind: &LoopKind,
        index: Option<u32>,
        again: bool,
    ) -> Result<(), String> {
        if again {
            if let LoopKind::AnythingElse(_) = kind {
                let flow = Arc::clone(&self.flow);
                return self.ask(id, &flow.steps[id as usize], 0, 0);
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

    /// The flow runs here if the library has it; else it is asked for.
    fn call_flow(&mut self, id: u32, call: &FlowCall) -> Result<(), String> {
        let inputs = self.inputs(&call.inputs)?;
        let Some(flow) = self.library.get(&*call.flow).cloned() else {
            let effect = Effect::CallFlow {
                kind: call.kind,
                flow: Arc::clone(&call.flow),
                inputs,
            };
            self.open(id, effect, None, 0, 0);
            return Ok(());
        };
        if self.depth >= MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} flows within flows"));
        }
        let mut variables = inputs;
        variables.remove("inputText");
        let given = super::Inputs {
            variables,
            interaction: Map::new(),
            participant: Default::default(),
            wall_at_origin: self.wall_at_origin,
            library: Arc::clone(&self.library),
            ids: Arc::clone(&self.ids),
        };
        let seed = crate::expr::World::random(self);
        let mut child = Run::new(flow, &given, self.now, seed)?;
        child.builtins = self.builtins.clone();
        child.participant = std::mem::take(&mut self.participant);
        child.depth = self.depth + 1;
        child.last_effect = self.last_effect;
        child.steps = self.steps;
        child.coverage = self.coverage.as_ref().map(|_| Default::default());
        self.child = Some(Box::new(child));
        self.state = State::Child(id);
        Ok(())
    }

    /// What the called flow wants; none once it is over and this one goes on.
    pub(super) fn child_next(&mut self, step: u32) -> Option<Progress> {
        let child = self.child.as_mut()?;
        let end = match child.next(self.now) {
            Progress::Ended(end) => end,
            other => return Some(other),
        };
        let mut outputs = child.outputs();
        self.last_effect = child.last_effect;
        self.steps = child.steps;
        self.participant = std::mem::take(&mut child.participant);
        if let Some(Value::String(intent)) = child.builtins.get("session.lastintent") {
            outputs.insert("intent".to_owned(), Json::String(intent.to_string()));
        }
        let covered = child.take_coverage();
        if let Some(coverage) = &mut self.coverage {
            coverage.add(covered);
        }
        self.child = None;
        match end {
            End::Step {
                step: "endTask" | "exitBotFlow",
                reason,
            } => {
                if let Some(reason) = reason {
                    outputs.insert("exitReason".to_owned(), Json::String(reason.to_string()));
                }
                self.answered(step, 0, &outputs);
            }
            End::Failed(_) => self.answered(step, 1, &Map::new()),
            other => self.state = State::Ended(other),
        }
        None
    }

    /// The step's effect was answered by a path, with outputs.
    pub(super) fn answered(&mut self, id: u32, path: u16, outputs: &Map<String, Json>) {
        let flow = Arc::clone(&self.flow);
        let step = &flow.steps[id as usize];
        let name = step.paths.get(path as usize).map_or("", |path| &path.name);
        let bindings: &[Binding] = match &step.action {
            Action::CallData(call) => &call.outputs,
            Action::Lookup { outputs, .. }
            | Action::Transfer { outputs, .. }
            | Action::Platform { outputs, .. } => outputs,
            Action::CallFlow(call) => {
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
            } else if let Some(failed) = failed {
                match failed.evaluate(self) {
                    Ok(value) => self.say(&value),
                    Err(why) => self.fail(step, why),
                }
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
        let State::Open(open) = &self.state else {
            return;
        };
        let (id, misses, silences) = (open.step, open.misses, open.silences);
        let flow = Arc::clone(&self.flow);
        match &flow.steps[id as usize].action {
            Action::CallData(call) => {
                let action = Arc::clone(&call.action);
                self.told.push_back(Tell::TimedOut { action });
                let path = flow.steps[id as usize].path("timeout").unwrap_or(0);
                self.answered(id, path, &Map::new());
            }
            _ => self.heard(id, super::Person::IsSilent, misses, silences),
        }
    }

    pub(super) fn fail(&mut self, step: &Step, why: String) {
        let message = format!("{}: {why}", step.title());
        self.told.push_back(Tell::Fault {
            place: step.place,
            message: message.clone(),
        });
        let flow = Arc::clone(&self.flow);
        if self.in_error || flow.settings.error_next == Next::Return {
            self.state = State::Ended(End::Failed(message));
            return;
        }
        self.in_error = true;
        self.hand_over(flow.settings.error_says.as_ref(), flow.settings.error_next);
    }

    /// Says something, drops what was under way, and goes on elsewhere.
    pub(super) fn hand_over(&mut self, says: Option<&Expr>, next: Next) {
        if let Some(Ok(value)) = says.map(|says| says.evaluate(self)) {
            self.say(&value);
        }
        self.frames.clear();
        self.loops.clear();
        self.state = State::Ready(next);
    }
}

fn span(value: &Value) -> Option<Duration> {
    match value {
        Value::Duration(millis) => Some(Duration::from_millis(u64::try_from(*millis).unwrap_or(0))),
        _ => None,
    }
}
