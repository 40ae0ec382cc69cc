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
//! **Two ways to begin a run.** One goes on by itself in a task of its own, with a record that can be asked for
//! ([`Runner`]); one is awaited, and ends with whoever waits for it ([`Host::play`]). Either holds at most one effect
//! under way; a step's own timeout drops it, and with it its place under the limits.
//!
//! **Bounds**: runs at once, of both ways together ([`Host::new`]); finished runs remembered and lines of a transcript
//! ([`Bounds`]). Steps, nesting and time spent without waiting are bounded by the step machine.
//!
//! Tested in `tests/workflows.rs`.

mod host;
mod play;
mod record;
mod runner;
mod runs;
mod task;
mod world;

pub use host::{Full, Host, Launch, PlayError};
pub use record::{Caption, Line, Record, Source, Status};
pub use runner::{Runner, WorkflowsError};
pub use runs::Bounds;
pub use tollgate_architect::{Failure, Place};
pub use world::World;
