//! Architect's workflows in Archy's YAML: read, checked, and run as a step machine.
//!
//! The vendor calls a workflow a *flow*; here a flow is who calls, so the vendor's word stands only in the
//! vendor's own YAML.
//!
//! **What this decides.** Whether a workflow file can run, and if not, everything that is wrong with it,
//! each with its place ([`Workflow::parse`]); what a run does next, given the time and the answers
//! ([`Run`]). **What it does not:** how data actions are called, what a person says, how long anything
//! takes. A run asks for effects and is told the time, so that the live service, the tests and the
//! simulator run the same workflow.
//!
//! **Inputs and outputs.** A file's text and values for its placeholders give a [`Workflow`] or
//! [`Problems`]; a workflow and [`Inputs`] give a [`Run`]; a run gives [`Progress`] and takes [`Answer`]s.
//!
//! **Invariants.**
//! - *Bounded*: a file, an expression, a run's steps and its nesting all have a bound; no run goes on
//!   for ever without waiting.
//! - *Deterministic*: the same workflow, inputs, seed, answers and times give the same run.
//! - *One effect*: a run has at most one open effect, and an answer fits it or changes nothing.
//!
//! Tested in `tests/`, and in the tests of `tollgate-architect-test`, which plays whole workflows.

mod coverage;
mod place;
mod read;
mod run;
pub mod workflow;
pub mod yaml;

pub use coverage::Coverage;
pub use place::{Place, Problem, Problems, Severity};
pub use read::{
    Does, Evidence, Kinds, Setting, StepType, Way, export_problems, is_export_name, step_types,
};
pub use run::{
    Answer, AnswerError, Asked, BeginError, Effect, EffectId, End, Failure, Happening, Inputs,
    Library, MAX_DEPTH, MAX_STEPS, MAX_WORK_OF_A_STEP, Person, Progress, Question, Run, Tell,
};
pub use workflow::{Duty, Workflow, WorkflowCallKind, WorkflowKind};
pub use yaml::Substitutions;
