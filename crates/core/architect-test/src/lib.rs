//! Tests Architect's workflows without a platform, without persons, and in no time.
//!
//! **What this decides.** What a run gives in virtual time when a [`Script`] says what persons and the
//! platform do ([`play`]); which scripts take every branch of a workflow ([`explore`]); which data actions a
//! workflow can call, and how often ([`calls`]). **What it does not:** what a step does, which is
//! `tollgate-architect`'s. The command line and the simulator use this crate, the service doesn't.
//!
//! **Inputs and outputs.** A script's YAML gives a [`Script`] or problems, each with its place; a run and a
//! [`World`] give what was [`Played`].
//!
//! **Invariants.** *Deterministic*: the same workflow, script and seed give the same transcript, byte for byte.
//! *Bounded*: a play ends after so many events, an exploration after so many tries.
//!
//! Tested in `tests/`; what the corpus's workflows do stands in `tests/golden`.

mod calls;
mod explore;
mod play;
mod script;

pub use calls::{CallSite, Calls, Count, calls, unknown_workflows};
pub use explore::{Explored, explore};
pub use play::{Line, PlayError, Played, Reply, Transcript, World, play};
pub use script::{Expect, Script, ScriptWorld, Scripted, Table, Turn};
