//! Quota, schedule and retry policy as one state machine.

mod command;
mod config;
mod engine;
mod event;
mod snapshot;

pub use command::{Command, Verdict};
pub use config::{Client, Config, Flow, Guarantee, Policy, Pool, Route};
pub use engine::Engine;
pub use event::{Event, Facts, LossKind, Submission, WindowFact};
pub use snapshot::{FlowView, LimitView, Snapshot, TokenView};
