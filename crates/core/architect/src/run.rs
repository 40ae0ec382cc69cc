//! One run of a workflow: a step machine without clock, sockets or entropy.
//!
//! **What this decides.** Which step comes next, what is said, what is asked for, and what an answer
//! leads to. **What it does not:** how anything is done or how long it takes; whoever drives it carries
//! effects out and says what time it is. The live service and the simulator drive the same machine.
//!
//! ```text
//! loop: next(now) -> Tell    note it, call next again (later, if saying it takes time)
//!                    Effect  do it, then answer(id, …, now); meanwhile next(now) may time it out
//!                    Wait    call next at that instant, or after an answer; at once where the instant has
//!                            come: the run has much to do, and others get their turn
//!                    Ended   over; next stays there
//! ```
//!
//! **Bounds.** [`MAX_STEPS`] of one run, its children's included; [`MAX_WORK_OF_A_STEP`]; [`MAX_DEPTH`] of tasks within tasks
//! and of workflows within workflows. A run holds its variables, the open tasks and loops, the participant data
//! and at most one open effect: [`Run::bytes`] tells how much that is.

mod child;
mod effect;
mod error;
mod execute;
mod failure;
mod happening;
mod outcome;
mod participant;
mod report;
mod request;
mod state;
mod talk;
mod task;
mod understand;
mod world;

pub use effect::{
    Answer, Asked, Effect, EffectId, End, Happening, Person, Progress, Question, Tell,
};
pub use error::{AnswerError, BeginError};
pub use failure::Failure;

use state::{Frame, Misses, PendingEffect, Round, State};

use crate::coverage::Coverage;
use crate::workflow::{Next, Workflow};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tollgate_expression::Value;
use tollgate_expression::did_you_mean;
use tollgate_model::{Instant, Stream};

/// Steps of one run.
pub const MAX_STEPS: u32 = 10_000;
/// Steps that a run has besides once its error handling has begun, as at the vendor.
const MAX_STEPS_AFTER: u32 = 1_000;
/// Work of one step's expressions: parts evaluated, items and 64 bytes of texts looked through.
pub const MAX_WORK_OF_A_STEP: u64 = 10_000_000;
/// Work after which a run gives its driver a chance to do something else.
const SLICE: u64 = 5_000;
/// Tasks called within tasks, and workflows within workflows.
pub const MAX_DEPTH: usize = 16;

/// Flows that may call each other, by name.
pub type Library = BTreeMap<String, Arc<Workflow>>;

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
    workflow: Arc<Workflow>,
    library: Arc<Library>,
    ids: Arc<BTreeMap<String, String>>,
    variables: Vec<Value>,
    /// Built-in variables that were given or learned, by lower-case name; few, so a list.
    builtins: Vec<(Box<str>, Value)>,
    started: Instant,
    participant: BTreeMap<Arc<str>, Arc<str>>,
    frames: Vec<Frame>,
    loops: Vec<Round>,
    menus: Vec<u32>,
    state: State,
    told: VecDeque<Tell>,
    now: Instant,
    wall_at_origin: i64,
    random: Stream,
    steps: u32,
    /// Work since the driver was last given a chance.
    work: u64,
    last_effect: u64,
    depth: usize,
    in_error: bool,
    child: Option<Box<Run>>,
    coverage: Option<Box<Coverage>>,
}

impl Run {
    /// Begins a run. `seed` is all the chance it has.
    ///
    /// # Errors
    /// An input that the workflow doesn't have, or that isn't of its type.
    pub fn new(
        workflow: Arc<Workflow>,
        inputs: &Inputs,
        now: Instant,
        seed: u64,
    ) -> Result<Run, BeginError> {
        let mut run = Run {
            library: Arc::clone(&inputs.library),
            ids: Arc::clone(&inputs.ids),
            variables: vec![Value::NotSet; workflow.variables.len()],
            builtins: Vec::new(),
            started: now,
            participant: BTreeMap::new(),
            frames: Vec::new(),
            loops: Vec::new(),
            menus: Vec::new(),
            state: State::Ready(Next::Return),
            told: VecDeque::new(),
            now,
            wall_at_origin: inputs.wall_at_origin,
            random: Stream::new(seed),
            steps: 0,
            work: 0,
            last_effect: 0,
            depth: 0,
            in_error: false,
            child: None,
            coverage: None,
            workflow: Arc::clone(&workflow),
        };
        let text = |text: &String| Arc::from(text.as_str());
        run.participant = inputs
            .participant
            .iter()
            .map(|(k, v)| (text(k), text(v)))
            .collect();
        for (name, json) in &inputs.interaction {
            run.given(name, json)?;
        }
        run.tell_gaps();
        run.enter_workflow(&inputs.variables)?;
        Ok(run)
    }

    fn enter_workflow(&mut self, inputs: &Map<String, Json>) -> Result<(), BeginError> {
        let workflow = Arc::clone(&self.workflow);
        let local: Vec<u32> = workflow
            .tasks
            .iter()
            .flat_map(|task| task.variables.clone())
            .collect();
        for (slot, variable) in workflow.variables.iter().enumerate() {
            if let Some(initial) = &variable.initial
                && !local.contains(&(slot as u32))
            {
                let value = initial.evaluate(self);
                let value =
                    value.map_err(|why| BeginError::Fails(format!("{}: {why}", variable.name)))?;
                self.variables[slot] = self.with_id(value);
            }
        }
        for (name, json) in inputs {
            let found = workflow
                .variables
                .iter()
                .position(|v| v.input && v.name.eq_ignore_ascii_case(name));
            let Some(slot) = found else {
                let known = workflow
                    .variables
                    .iter()
                    .filter(|v| v.input)
                    .map(|v| v.name.as_str());
                return Err(BeginError::NoInput(name.clone(), did_you_mean(name, known)));
            };
            let value = Value::from_json(json, workflow.variables[slot].kind);
            self.variables[slot] = value.map_err(|why| BeginError::Unfit(name.clone(), why))?;
        }
        if workflow.refuses_automatic && self.is_automatic() {
            let step = "disconnect";
            self.state = State::Ended(End::Step { step, reason: None });
            return Ok(());
        }
        self.say(workflow.settings.greeting.as_ref())
            .and_then(|()| self.enter_task(workflow.start))
            .map_err(BeginError::Fails)
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
                State::Pending(open) => {
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
                State::Ready(_) if self.work > SLICE => {
                    self.work = 0;
                    return Progress::Wait(self.now);
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
        let State::Pending(open) = &self.state else {
            return Err(AnswerError::NotOpen);
        };
        if open.id != id || open.effect.is_some() || self.now >= open.deadline {
            return Err(AnswerError::NotOpen);
        }
        let (step, misses) = (open.step, open.misses);
        let person = matches!(
            self.workflow.steps[step as usize].action,
            crate::workflow::Action::Menu { .. }
                | crate::workflow::Action::Question { .. }
                | crate::workflow::Action::Loop { .. }
        );
        match answer {
            Answer::Person(Person::HangsUp) if person => self.hang_up(now),
            Answer::Person(answer) if person => self.heard(step, answer, misses),
            Answer::Fails(why) if !person => self.fail(step, why),
            Answer::NotHere if !person => self.not_here(step),
            Answer::Path { path, outputs } if !person => {
                let Some(path) = self.workflow.steps[step as usize].path(&path) else {
                    let paths = &self.workflow.steps[step as usize].paths;
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
}
