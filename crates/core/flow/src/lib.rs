//! Architect flows in Archy's YAML: read, checked, and run as a step machine.
//!
//! **What this decides.** Whether a flow file can run, and if not, everything that is wrong with it,
//! each with its place ([`Flow::parse`]); what a run does next, given the time and the answers
//! ([`Run`]). **What it does not:** how data actions are called, what a person says, how long anything
//! takes. A run asks for effects and is told the time, so that the live service, the tests and the
//! simulator run the same flow.
//!
//! **Inputs and outputs.** A file's text and values for its placeholders give a [`Flow`] or
//! [`Problems`]; a flow and [`Inputs`] give a [`Run`]; a run gives [`Progress`] and takes [`Answer`]s.
//!
//! **Invariants.**
//! - *Bounded*: a file, an expression, a run's steps and its nesting all have a bound; no run goes on
//!   for ever without waiting.
//! - *Deterministic*: the same flow, inputs, seed, answers and times give the same run.
//! - *One effect*: a run has at most one open effect, and an answer fits it or changes nothing.

mod calls;
mod coverage;
mod explore;
mod expr;
mod flow;
mod kind;
mod place;
mod play;
mod read;
mod run;
mod script;
mod time;
mod value;
mod yaml;

pub use calls::{CallSite, Calls, Count, calls, unknown_flows};
pub use coverage::Coverage;
pub use explore::{Explored, explore};
pub use flow::{Flow, FlowCallKind, FlowKind};
pub use kind::{Kind, Type};
pub use place::{Place, Problem, Problems, Severity};
pub use play::{Line, Played, Reply, Transcript, World, play};
pub use run::{
    Answer, AnswerError, Asked, Effect, EffectId, End, Failure, Inputs, Library, MAX_DEPTH,
    MAX_STEPS, MAX_WORK_OF_A_STEP, Person, Progress, Question, Run, Tell,
};
pub use script::{Expect, Script, ScriptWorld, Scripted, Table, Turn};
pub use value::{Entity, Money, Value};
pub use yaml::Substitutions;

/// A function of the expression language, for documentation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionFacts {
    /// Its name; any case will do.
    pub name: &'static str,
    /// How it is called.
    pub usage: String,
    /// What it does.
    pub says: &'static str,
    /// Whether it has this name at the vendor, as far as we could see.
    pub confirmed: bool,
}

/// Every function of the expression language.
pub fn functions() -> impl Iterator<Item = FunctionFacts> {
    expr::function::all().map(|function| FunctionFacts {
        name: function.name,
        usage: function.usage(),
        says: function.says,
        confirmed: function.confirmed(),
    })
}

/// Every type of step.
pub fn step_types() -> impl Iterator<Item = &'static str> {
    read::step_types()
}
