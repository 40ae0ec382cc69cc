//! One call of an action, from inputs to output.
//!
//! *Decides* how a call goes: its contract, the login that it needs, its request, what its answer means, what may be
//! shown of either ([`Executor::test`]), whether an output is kept ([`OutputCache`]), how a composite's answer is made,
//! and how a run of a workflow calls ([`Desk`]). *Doesn't decide* which actions there are (the
//! definitions'), when a call starts or with which token (the engine's), what a template means (the action's), nor how
//! an error is answered: it knows no HTTP but the upstream's.
//!
//! In: an action with its integration, inputs as text, and [`Terms`]. Out: an [`Outcome`], or an
//! [`ExecuteError`]: its [`Cause`], and what its caller is told, as data.
//!
//! A *call* is what is asked for here, an *execution* the engine's of it, an *attempt* one request of that on
//! the wire.
//!
//! Invariants: *no secret leaves*, in an output, an error or a test, in whichever form the upstream repeats it;
//! *one login at a time for each integration*; *a panic costs the call in which it happens*; *calculations are
//! bounded*, and those that aren't small are done by the workers.
//!
//! Tested beside the code, and over sockets in the service's `tests`.

mod answer;
mod cache;
mod call;
mod cause;
mod charset;
mod composite;
mod desk;
mod error;
mod executor;
mod explain;
mod input;
mod pass;
mod request;
mod runs;
mod sensitive;
mod sessions;
mod steps;
mod story;
mod terms;
mod trace;
mod under_way;
mod works;

pub use cache::OutputCache;
pub use cause::Cause;
pub use composite::{CallEnd, Ended, MOST_TOLD};
pub use desk::Desk;
pub use error::{ExecuteError, Parts};
pub use executor::Executor;
pub use explain::say;
pub use pass::{PassTerms, PassedRequest};
pub use runs::{Describe, DeskError, RunSupport};
pub use steps::{Step, TestResult};
pub use terms::{Outcome, Terms};
pub use tollgate_cache::Source;
