//! Quota, schedule and retry policy as one state machine.
//!
//! **What this decides**: which execution starts, when, and with which token; which are refused, and
//! why; whether a failed attempt is followed by another; when tokens are fetched and dropped.
//! **What it does not**: it opens no socket and reads no clock. Events and the time come in through
//! [`Engine::handle_event`] and [`Engine::handle_timeout`], commands go out through
//! [`Engine::poll_command`]. The service and the simulator drive the same engine.
//!
//! Invariants, by name:
//!
//! - *no window overcounted*: an upstream with windows of any alignment never counts more of our
//!   calls than a limit allows (the proof is in `tollgate_quota`);
//! - *never idle*: after each call of the engine, nothing waits that could start, but that slots may be
//!   reserved for a higher class, which is expected to ask for them before they come back;
//! - *no promise broken*: who is refused could not have started in time, and who was taken in is not
//!   displaced by who comes later and is due sooner in the same flow;
//! - *no restart limited*: records and checkpoints ([`Engine::poll_record`], [`Engine::checkpoint`])
//!   tell the next process no less than was sent ([`Engine::restore`]);
//! - *held as ruled*: each limit holds the slots that the quota's rule asks for, and no more;
//! - *answered once*: every submission that is not cancelled gets exactly one [`Command::Finish`];
//! - *no late start*: nothing is sent after its deadline;
//! - *same seed, same trace*: the commands depend on the configuration, the seed and the events only.
//!
//! # Where things are
//!
//! What decides is a type with its own state, in a file of its own, and doesn't know the engine: who goes next
//! (`queue`, with `deadline_queue` and `rate`); what slots there are (`resources`, `pool`) and when they come
//! free (`resource`); what is reserved for higher classes (`reservations`, `demand`); when a call could start
//! (`estimate`); what refusals close (`closing`), what they teach (`lessons`), and what others take (`foreign`);
//! what answers' headers (`header_numbers`) and times (`latency`) tell. What happens is carried out by the files
//! under `engine`, one for each kind of event: they ask those types, and change what waits and what is under way.
//!
//! # Tests
//!
//! The invariants are tested in `tests/model.rs`, against a platform in virtual time; who waits for whom, and
//! how accurate refusals are, in `tests/flows.rs` and `tests/foretold.rs`; what a 429 closes, in
//! `tests/closed.rs`; what is promised of token pools in `tests/pools.rs`; single rules, one situation each, in `tests/by_hand.rs`; what an admission
//! costs in `benches/admission.rs`.
#![cfg_attr(not(test), warn(clippy::cast_possible_truncation))]
#![cfg_attr(not(test), warn(clippy::cast_possible_wrap, clippy::cast_sign_loss))]
#![cfg_attr(not(test), warn(clippy::cast_lossless))]

mod asking;
mod attempt;
mod closing;
mod command;
mod config;
mod configured_rules;
mod counted;
mod deadline_queue;
mod demand;
mod endpoints;
mod engine;
mod estimate;
mod event;
mod execution;
mod foreign;
mod header_numbers;
mod journal;
mod latency;
mod learned_limit;
mod leave;
mod lessons;
mod own_entries;
mod passes;
mod pool;
mod promise_walk;
mod queue;
mod rate;
mod reservations;
mod resource;
mod resources;
mod shadow;
mod situation;
mod snapshot;
mod timer;
mod tokens;
mod upstream;

pub use command::{Command, ShadowDecision, Verdict};
pub use config::{
    Client, Config, ConfigError, Flow, Follow, Guarantee, LimitSpec, Mode, Policy, Pool, Route,
};
pub use engine::{Engine, Extension, LimitDemand, NoSuchEntry, TokenDemand};
pub use event::{Closed, Event, Facts, Family, FetchFailure, LossKind, Submission, WindowFact};
pub use journal::{Checkpoint, LearnedGroup, LearnedLimit, LeasedPart, LimitUsage, Record};
pub use learned_limit::LEARNED;
pub use leave::Leave;
pub use shadow::ShadowCount;
pub use snapshot::{
    ClientView, ClosedView, FlowView, LearnedView, LimitView, Snapshot, Source, TokenSupply,
    TokenView,
};
pub use tollgate_quota::{GivenBack, Lease, Since, Span, Usage};
