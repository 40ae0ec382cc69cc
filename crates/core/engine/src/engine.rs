//! The state machine.

use crate::{Command, Config, Event, Snapshot};
use tollgate_model::Instant;

/// Event in, command out, next wake-up.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// An engine with empty ledgers.
    #[must_use]
    pub fn new(_config: Config, _seed: u64, _now: Instant) -> Self {
        Self {}
    }

    /// Tells the engine what happened.
    pub fn handle_event(&mut self, _event: Event, _now: Instant) {}

    /// Wakes the engine; due whenever [`Self::poll_timeout`] said so. Early and repeated calls do no harm.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// The next thing to do. To be called until it gives `None`, after each of the calls above.
    pub fn poll_command(&mut self) -> Option<Command> {
        None
    }

    /// When to call [`Self::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// What can be seen from outside.
    #[must_use]
    pub fn snapshot(&self, _now: Instant) -> Snapshot {
        Snapshot::default()
    }
}
