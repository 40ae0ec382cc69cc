//! A workflow, compiled: variables in numbered slots, steps in one table, every way from a step to the
//! next a number. Immutable, shared by all its runs.

mod builtin;
mod kind;
mod nlu;
mod step;

pub use builtin::{Builtin, builtin, builtins};
pub(crate) use builtin::{SET_BY_SETTINGS, builtins_of, set_by};
pub use kind::WorkflowKind;
pub(crate) use kind::{Channel, listed};
pub use nlu::EntityType;
pub(crate) use nlu::{Intent, Nlu, normal, pattern};
pub use step::{
    Action, Binding, DataCall, Duty, Field, Keys, LoopKind, MenuChoice, Next, Path, Prompting,
    QuestionKind, Statement, Step, WorkflowCall, WorkflowCallKind,
};

use crate::place::{Place, Problem, Problems, Severity};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::{Expr, Type, Value};

/// A variable and its slot's facts.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// With its scope, as declared: `Flow.ani`.
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) initial: Option<Expr>,
    pub(crate) input: bool,
    pub(crate) output: bool,
    pub(crate) place: Place,
}

/// A task, state, bot or menu.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) entry: Next,
    /// Its own variables; set anew whenever it is entered.
    pub(crate) variables: Vec<u32>,
    pub(crate) menu: bool,
}

/// What holds for the whole workflow.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) greeting: Option<Expr>,
    /// Said, then done, when a step fails in a way it has no output for.
    pub(crate) error_says: Option<Expr>,
    pub(crate) error_next: Next,
    /// Said, then done, by a bot that can't understand; below, for one who asks for a person.
    pub(crate) recognition_says: Option<Expr>,
    pub(crate) recognition_next: Next,
    pub(crate) escalation_says: Option<Expr>,
    pub(crate) escalation_next: Next,
    pub(crate) escalation: bool,
    pub(crate) menu_timeout: Duration,
    pub(crate) menu_repeats: u32,
    pub(crate) entry_timeout: Duration,
    pub(crate) input_timeout: Duration,
    pub(crate) max_no_inputs: u32,
    pub(crate) max_no_matches: u32,
    pub(crate) no_match_apology: Option<Expr>,
    pub(crate) no_input_apology: Option<Expr>,
}

/// A workflow, ready to run. `Send + Sync`; share it in an `Arc`.
#[derive(Clone, Debug)]
pub struct Workflow {
    pub(crate) kind: WorkflowKind,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) variables: Vec<Variable>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) steps: Vec<Step>,
    pub(crate) start: u32,
    /// Where the end of the last task leads in a workflow that waits in a queue.
    pub(crate) queue: Option<u32>,
    pub(crate) settings: Settings,
    /// Built-in variables that its file gives, by lower-case name.
    pub(crate) builtins: Vec<(String, Value)>,
    /// Of a common module: the kinds of workflows that may call it; none for all.
    pub(crate) callers: Vec<WorkflowKind>,
    /// Whether a run ends at once for a mail that no person wrote.
    pub(crate) refuses_automatic: bool,
    pub(crate) nlu: Nlu,
    /// What isn't known here and belongs to no step, told when a run begins.
    pub(crate) gaps: Vec<(Place, Arc<str>)>,
    pub(crate) warnings: Problems,
}

impl Workflow {
    /// The workflow's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its author's notes; empty where its file has none.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> WorkflowKind {
        self.kind
    }

    /// What isn't known here, and what works but may surprise.
    #[must_use]
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// What isn't known here.
    pub fn unsupported(&self) -> impl Iterator<Item = &Problem> {
        let problems = self.warnings.as_slice().iter();
        problems.filter(|problem| problem.severity == Severity::Unsupported)
    }

    /// Its steps; a [`Next::Step`] is a position in them.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The first step of a task, state, bot or menu.
    #[must_use]
    pub fn entry(&self, task: u32) -> Next {
        self.tasks[task as usize].entry
    }

    /// The first step of a run.
    #[must_use]
    pub fn start(&self) -> Next {
        self.entry(self.start)
    }

    /// Whether it begins again at its end, until an agent answers.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.queue.is_some()
    }

    /// What a bot's question can be answered by, by the entity's name.
    #[must_use]
    pub fn entities(&self) -> &BTreeMap<String, EntityType> {
        &self.nlu.entities
    }

    /// How many steps it has.
    #[must_use]
    pub fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// Names and types of the variables that a caller may set.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, Type)> {
        self.variables
            .iter()
            .filter(|variable| variable.input)
            .map(|variable| (variable.name.as_str(), variable.kind))
    }

    /// Names and types of the variables that a caller can read when the workflow is over.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, Type)> {
        self.variables
            .iter()
            .filter(|variable| variable.output)
            .map(|variable| (variable.name.as_str(), variable.kind))
    }

    /// The JSON Schema of an object of the variables that a caller may set.
    #[must_use]
    pub fn input_schema(&self) -> Json {
        schema(self.inputs())
    }

    /// The JSON Schema of an object of the variables that a caller can read when the workflow is over.
    #[must_use]
    pub fn output_schema(&self) -> Json {
        schema(self.outputs())
    }

    /// The branches a run can take: each way out of each step that can be reached and has more than one. What only
    /// a step's failure leads to is one where a step asks for something, which can fail.
    #[must_use]
    pub fn branch_count(&self) -> usize {
        self.branches().count()
    }

    /// Each branch as the positions of its step and of its way out.
    pub(crate) fn branches(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        let runs = |step: &Step| step.reached && !step.blocked;
        let mut steps = self.steps.iter();
        let fails = steps.any(|step| runs(step) && step.asks() && !step.after_failure);
        let forks = self.steps.iter().enumerate();
        forks
            .filter(move |(_, step)| runs(step) && (fails || !step.after_failure))
            .filter(|(_, step)| !step.is_unsupported() && step.paths.len() > 1)
            .flat_map(|(index, step)| {
                (0..step.paths.len()).map(move |path| (index as u32, path as u16))
            })
    }

    /// A branch as its step's place in the file and its name, such as `12:9 callData "Look up": timeout`.
    pub(crate) fn describe_branch(&self, step: u32, path: u16) -> String {
        let Some(step) = self.steps.get(step as usize) else {
            return String::new();
        };
        let path = step.paths.get(path as usize).map_or("", |path| &path.name);
        format!("{} {}: {path}", step.place, step.title())
    }
}

/// The schema of an object with these variables and no others.
fn schema<'a>(variables: impl Iterator<Item = (&'a str, Type)>) -> Json {
    let properties = variables.map(|(name, kind)| (name.to_owned(), Value::json_schema(kind)));
    let properties: Map<String, Json> = properties.collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}
