//! Runs workflows live: time from the clock, effects by the service.
//!
//! *Decides* how many runs there are at once, how long a finished one is remembered, and what happens to
//! an effect that nobody answers in time. *Doesn't decide* what a workflow does (the step machine's) nor how
//! an action is executed (the [`World`]'s).
//!
//! **Nobody is on the line.** A run begun by a program has no person who could press a key, and no
//! telephone network: a question is answered by hanging up, and what only the platform itself can do
//! (sending a mail, reading a schedule) takes the step's failure path. Each is noted in the transcript.
//!
//! **One task a run.** It holds the run, at most one effect under way, and its transcript. A run's own
//! timeout drops the effect, and with it its place under the limits.
//!
//! **Bounds** ([`Bounds`]): runs at once, finished runs remembered, lines of a transcript. Steps, nesting
//! and time spent without waiting are bounded by the step machine.
//!
//! Tested in `tests/workflows.rs`.

mod record;
mod runner;
mod runs;
mod task;
mod world;

pub use record::{Line, Record, Status};
pub use runner::{Launch, Runner, WorkflowsError};
pub use runs::Bounds;
pub use tollgate_architect::Failure;
pub use world::World;
