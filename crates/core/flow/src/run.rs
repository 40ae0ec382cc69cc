//! One run of a flow: a step machine without clock, sockets or entropy.
//!
//! **What this decides.** Which step comes next, what is said, what is asked for, and what an answer
//! leads to. **What it does not:** how anything is done or how long it takes; whoever drives it carries
//! effects out and says what time it is. The live service and the simulator drive the same machine.
//!
//! ```text
//! loop: next(now) -> Tell    note it, call next again (later, if saying it takes time)
//!                    Effect  do it, then answer(id, …, now); meanwhile next(now) may time it out
//!                    Wait    call next at that instant, or after an answer
//!                    Ended   over; next stays there
//! ```
//!
//! **Bounds.** [`MAX_STEPS`] of one run, its children's included; [`MAX_DEPTH`] of tasks within tasks
//! and of flows within flows. A run holds its variables, the open tasks and loops, the participant data
//! and at most one open effect: [`Run::bytes`] tells how much that is.

mod effect;
mod execute;
mod talk;

pub use effect::{
    Answer, AnswerError, Asked, Effect, EffectId, End, Person, Progress, Question, Tell,
};

use crate::coverage::Coverage;
use crate::expr::World;
use crate::flow::{Channel, Flow, FlowKind, Next};
use crate::place::did_you_mean;
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::Instant;

/// Steps of one run.
pub const MAX_STEPS: u32 = 10_000;
/// Tasks called within tasks, and flows within flows.
pub const MAX_DEPTH: usize = 16;

/// Flows that may call each other, by name.
pub type Library = BTreeMap<String, Arc<Flow>>;

/// What a run begins with.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Variables marked as inputs, by name in any case.
    pub variables: Map<String, Json>,
    /// Built-in variables of the interaction, such as `Call.Ani`.
    pub interaction: Map<String, Json>,
    /// Participant data that is there already.
    pub participant: BTreeMap<String, String>,
    /// Milliseconds since 1970, UTC, at the origin of the run's instants.
    pub wall_at_origin: i64,
    /// Flows that this one may call.
    pub library: Arc<Library>,
    /// Things by kind and name whose ids are known: `queue/Support` to its id.
    pub ids: Arc<BTreeMap<String, String>>,
}

/// A run. Create it, call [`Run::next`] until it has ended.
#[derive(Clone, Debug)]
pub struct Run {
    flow: Arc<Flow>,
    library: Arc<Library>,
    ids: Arc<BTreeMap<String, String>>,
    variables: Vec<Value>,
    builtins: BTreeMap<Box<str>, Value>,
    participant: BTreeMap<Arc<str>, Arc<str>>,
    frames: Vec<Frame>,
    loops: Vec<Round>,
    menus: Vec<u32>,
    state: State,
    told: VecDeque<Tell>,
    now: Instant,
    wall_at_origin: i64,
    random: u64,
    steps: u32,
    last_effect: u64,
    depth: usize,
    in_error: bool,
    child: Option<Box<Run>>,
    coverage: Option<Box<Coverage>>,
}

/// A task that called another.
#[derive(Clone, Debug)]
struct Frame {
    /// The calling step.
    step: u32,
    loops: Vec<Round>,
    /// The called task's variables as they were, for a task within itself.
    saved: Vec<Value>,
}

/// A loop under way.
#[derive(Clone, Debug)]
struct Round {
    index: i64,
    count: i64,
    items: Option<Arc<Vec<Value>>>,
}

#[derive(Clone, Debug)]
enum State {
    Ready(Next),
    Sleeping(Instant, Next),
    /// Waiting for an answer to a step's effect.
    Open(Box<Open>),
    /// A flow of the library runs for this step.
    Child(u32),
    Ended(End),
}

#[derive(Clone, Debug)]
struct Open {
    id: EffectId,
    step: u32,
    /// Until it is handed out.
    effect: Option<Effect>,
    timeout: Option<Duration>,
    deadline: Instant,
    /// Questions asked before in this step, and how many of them met silence.
    misses: u32,
    silences: u32,
}

impl Run {
    /// Begins a run. `seed` is all the chance it has.
    ///
    /// # Errors
    /// An input that the flow doesn't have, or that isn't of its type.
    pub fn new(flow: Arc<Flow>, inputs: &Inputs, now: Instant, seed: u64) -> Result<Run, String> {
        let mut run = Run {
            library: Arc::clone(&inputs.library),
            ids: Arc::clone(&inputs.ids),
            variables: vec![Value::NotSet; flow.variables.len()],
            builtins: BTreeMap::new(),
            participant: BTreeMap::new(),
            frames: Vec::new(),
            loops: Vec::new(),
            menus: Vec::new(),
            state: State::Ready(Next::Return),
            told: VecDeque::new(),
            now,
            wall_at_origin: inputs.wall_at_origin,
            random: seed,
            steps: 0,
            last_effect: 0,
            depth: 0,
            in_error: false,
            child: None,
            coverage: None,
            flow: Arc::clone(&flow),
        };
        let text = |text: &String| Arc::from(text.as_str());
        run.participant = inputs
            .participant
            .iter()
            .map(|(k, v)| (text(k), text(v)))
            .collect();
        for (name, json) in &inputs.interaction {
            let kind = crate::flow::builtin(name).ok_or_else(|| {
                let help = did_you_mean(name, crate::flow::builtin_names());
                format!("no built-in variable `{name}` ({help})")
            })?;
            let value = Value::from_json(json, kind).map_err(|why| format!("{name}: {why}"))?;
            run.builtins.insert(name.to_lowercase().into(), value);
        }
        run.builtins
            .insert("flow.name".into(), Value::text(&flow.name));
        let wall = run.wall();
        run.builtins
            .insert("flow.startdatetimeutc".into(), Value::DateTime(wall));
        run.enter_flow(&inputs.variables)?;
        Ok(run)
    }

    fn enter_flow(&mut self, inputs: &Map<String, Json>) -> Result<(), String> {
        let flow = Arc::clone(&self.flow);
        let local: Vec<u32> = flow
            .tasks
            .iter()
            .flat_map(|task| task.variables.clone())
            .collect();
        for (slot, variable) in flow.variables.iter().enumerate() {
            if let Some(initial) = &variable.initial
                && !local.contains(&(slot as u32))
            {
                let value = initial.evaluate(self);
                let value = value.map_err(|why| format!("{}: {why}", variable.name))?;
                self.variables[slot] = self.known(value);
            }
        }
        for (name, json) in inputs {
            let found = flow
                .variables
                .iter()
                .position(|v| v.input && v.name.eq_ignore_ascii_case(name));
            let Some(slot) = found else {
                let known = flow
                    .variables
                    .iter()
                    .filter(|v| v.input)
                    .map(|v| v.name.as_str());
                return Err(format!("no input `{name}` ({})", did_you_mean(name, known)));
            };
            let value = Value::from_json(json, flow.variables[slot].kind);
            self.variables[slot] = value.map_err(|why| format!("{name}: {why}"))?;
        }
        let greeting = flow
            .settings
            .greeting
            .as_ref()
            .map(|greeting| greeting.evaluate(self));
        if let Some(said) = greeting {
            self.say(&said?);
        }
        self.enter_task(flow.start)
    }

    /// What comes next at `now`, which never goes back.
    pub fn next(&mut self, now: Instant) -> Progress {
        self.now = self.now.max(now);
        loop {
            if let Some(tell) = self.told.pop_front() {
                return Progress::Tell(tell);
            }
            match &mut self.state {
                State::Ended(end) => return Progress::Ended(end.clone()),
                State::Sleeping(until, next) => {
                    if self.now < *until {
                        return Progress::Wait(*until);
                    }
                    self.state = State::Ready(*next);
                }
                State::Open(open) => {
                    if let Some(effect) = open.effect.take() {
                        // Its time runs from here, not from before what was said.
                        if let Some(timeout) = open.timeout {
                            open.deadline = self.now + timeout;
                        }
                        return Progress::Effect(open.id, effect);
                    }
                    if self.now < open.deadline {
                        return Progress::Wait(open.deadline);
                    }
                    self.expire();
                }
                State::Child(step) => {
                    let step = *step;
                    if let Some(progress) = self.child_next(step) {
                        return progress;
                    }
                }
                State::Ready(next) => {
                    let next = *next;
                    self.go(next);
                }
            }
        }
    }

    /// Answers an effect.
    ///
    /// # Errors
    /// The answer fits no open effect; the run is as it was.
    pub fn answer(
        &mut self,
        id: EffectId,
        answer: Answer,
        now: Instant,
    ) -> Result<(), AnswerError> {
        self.now = self.now.max(now);
        if let Some(child) = &mut self.child {
            return child.answer(id, answer, now);
        }
        let State::Open(open) = &self.state else {
            return Err(AnswerError::NotOpen);
        };
        if open.id != id || open.effect.is_some() || self.now >= open.deadline {
            return Err(AnswerError::NotOpen);
        }
        let (step, misses, silences) = (open.step, open.misses, open.silences);
        let person = matches!(
            self.flow.steps[step as usize].action,
            crate::flow::Action::Menu { .. }
                | crate::flow::Action::Question { .. }
                | crate::flow::Action::Loop { .. }
        );
        match answer {
            Answer::Person(Person::HangsUp) if person => self.hang_up(now),
            Answer::Person(answer) if person => self.heard(step, answer, misses, silences),
            Answer::Path { path, outputs } if !person => {
                let Some(path) = self.flow.steps[step as usize].path(&path) else {
                    let paths = &self.flow.steps[step as usize].paths;
                    return Err(AnswerError::NoSuchPath {
                        path,
                        known: paths.iter().map(|path| Arc::clone(&path.name)).collect(),
                    });
                };
                self.answered(step, path, &outputs);
            }
            _ => return Err(AnswerError::WrongKind),
        }
        Ok(())
    }

    /// The person leaves: the run is over, whatever it was at.
    pub fn hang_up(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if !matches!(self.state, State::Ended(_)) {
            self.child = None;
            self.state = State::Ended(End::HungUp);
        }
    }

    /// The flow it runs.
    #[must_use]
    pub fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps + self.child.as_ref().map_or(0, |child| child.steps())
    }

    /// Variables marked as outputs, by name.
    #[must_use]
    pub fn outputs(&self) -> Map<String, Json> {
        let variables = self.flow.variables.iter().zip(&self.variables);
        let outputs = variables.filter(|(variable, _)| variable.output);
        outputs
            .map(|(variable, value)| (variable.name.clone(), value.to_json()))
            .collect()
    }

    pub(crate) fn all_variables(&self) -> Map<String, Json> {
        let variables = self.flow.variables.iter().zip(&self.variables);
        variables
            .map(|(variable, value)| (variable.name.to_lowercase(), value.to_json()))
            .collect()
    }

    /// A variable's value by name, also one that is no output; for tests and transcripts.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Value> {
        let found = self
            .flow
            .variables
            .iter()
            .position(|v| v.name.eq_ignore_ascii_case(name));
        found.map(|slot| &self.variables[slot])
    }

    /// The participant data.
    #[must_use]
    pub fn participant(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.participant
    }

    /// From now on notes which branches it takes.
    pub fn watch(&mut self) {
        self.coverage.get_or_insert_default();
    }

    /// The branches taken since [`Run::watch`], those of flows it called included.
    pub fn take_coverage(&mut self) -> Coverage {
        let mut taken = self
            .coverage
            .as_mut()
            .map(|c| std::mem::take(&mut **c))
            .unwrap_or_default();
        if let Some(child) = &mut self.child {
            taken.add(child.take_coverage());
        }
        taken
    }

    /// Bytes this run takes, but for the flow, which is shared: an estimate from its parts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values = self.variables.iter().chain(self.builtins.values());
        let text = |text: &str| text.len() + 16;
        size_of::<Run>()
            + values
                .map(|value| size_of::<Value>() + value.heap_bytes())
                .sum::<usize>()
            + self.builtins.keys().map(|name| text(name)).sum::<usize>()
            + self
                .participant
                .iter()
                .map(|(k, v)| text(k) + text(v) + 32)
                .sum::<usize>()
            + self
                .frames
                .iter()
                .map(|f| size_of::<Frame>() + f.saved.len() * size_of::<Value>())
                .sum::<usize>()
            + self.loops.len() * size_of::<Round>()
            + self.told.len() * size_of::<Tell>()
            + if matches!(self.state, State::Open(_)) {
                size_of::<Open>()
            } else {
                0
            }
            + self.child.as_ref().map_or(0, |child| child.bytes())
    }

    /// How things said reach the person.
    fn say(&mut self, value: &Value) {
        let Some(text) = value.to_text().filter(|text| !text.is_empty()) else {
            return;
        };
        let played = matches!(self.flow.kind.channel(), Channel::Voice)
            || matches!(
                (self.flow.kind, value),
                (FlowKind::CommonModule, Value::Audio(_))
            );
        self.told.push_back(if played {
            Tell::Played(text)
        } else {
            Tell::Sent(text)
        });
    }

    /// The value with its id, where the id of the thing it names is known.
    fn known(&self, value: Value) -> Value {
        let Value::Entity(entity) = &value else {
            return value;
        };
        let Some(name) = entity.properties.get("name").and_then(Value::to_text) else {
            return value;
        };
        match self.ids.get(&format!("{}/{name}", entity.kind.word())) {
            None => value,
            Some(id) => {
                let mut entity = (**entity).clone();
                entity.properties.insert("id".to_owned(), Value::text(id));
                Value::Entity(Arc::new(entity))
            }
        }
    }
}

impl World for Run {
    fn variable(&self, slot: u32) -> Value {
        self.variables[slot as usize].clone()
    }

    fn builtin(&self, name: &str) -> Value {
        self.builtins.get(name).cloned().unwrap_or_default()
    }

    fn wall(&self) -> i64 {
        let millis = i64::try_from(self.now.as_nanos() / 1_000_000).unwrap_or(i64::MAX);
        self.wall_at_origin.saturating_add(millis)
    }

    /// splitmix64.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// An output by its name: as it is, in any case, or along the dots of the name.
fn find_output<'a>(outputs: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    if let Some(found) = outputs.get(name) {
        return Some(found);
    }
    if let Some((_, found)) = outputs
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
    {
        return Some(found);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.')
        .try_fold(outputs.get(first)?, |json, key| json.get(key))
}
