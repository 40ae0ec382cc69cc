//! Who places the calls: tollgate, and what people do without it.
//!
//! A policy has the engine's own five verbs, so that all are driven alike: events in, commands out,
//! a next wake-up. The engine is one of them, unchanged; several nodes are another one, whose engines are unchanged too
//! ([`Cluster`]).
//!
//! | policy | tokens | past a limit |
//! |---|---|---|
//! | `tollgate` | as many as it needs | waits, in the order of importance, or refuses at once |
//! | `one-token` | one | 429: waits for `Retry-After`, if the deadline allows |
//! | `round-robin` | all, in turn | 429: the next token at once; after all of them, `Retry-After` |
//! | `paced` | all, in turn | sends at an even pace that the windows allow; 429 as `one-token` |
//! | `adaptive` | all, in turn | sends at a rate that falls at a 429 and grows again (the AWS SDKs' adaptive retry mode); 429 as `one-token` |
//! | `vegas` | all, in turn | sends as many at once as Netflix's Vegas limiter lets; 429 as `one-token` |
//! | `today` | the cached one until it fails, then the next | 429: fetches a token and tries again, giving up at the third |
//!
//! *Today*, precisely (observed: a burst fails near 900 calls a minute): a service takes up no more
//! than three tokens within a window's length; a call that fails with the third fails. Past the
//! limits of the data-action service itself (executions, concurrency) a call fails at once.

mod baseline;
mod cluster;

use baseline::Baseline;
use tollgate_engine::{Command, Engine, Event};
use tollgate_model::Instant;

/// The policies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The engine.
    Tollgate,
    /// One token, with retries.
    OneToken,
    /// All tokens in turn, with retries.
    RoundRobin,
    /// An even pace.
    Paced,
    /// A send rate that follows 429s, as the AWS SDKs' adaptive retry mode.
    Adaptive,
    /// A number at once that follows answer times and 429s, as Netflix's limiter.
    Vegas,
    /// What the platform does today.
    Today,
}

impl Kind {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Tollgate,
        Self::OneToken,
        Self::RoundRobin,
        Self::Paced,
        Self::Adaptive,
        Self::Vegas,
        Self::Today,
    ];

    /// The word in scenarios and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tollgate => "tollgate",
            Self::OneToken => "one-token",
            Self::RoundRobin => "round-robin",
            Self::Paced => "paced",
            Self::Adaptive => "adaptive",
            Self::Vegas => "vegas",
            Self::Today => "today",
        }
    }

    /// The policy with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether answers are kept for as long as an action's cache time says. Nobody else does.
    #[must_use]
    pub const fn caches(self) -> bool {
        matches!(self, Self::Tollgate)
    }
}

/// Who places calls: event in, command out, next wake-up.
pub trait Limiter {
    /// Something happened.
    fn handle_event(&mut self, event: Event, now: Instant);
    /// The wake-up is due.
    fn handle_timeout(&mut self, now: Instant);
    /// What is to be done next.
    fn poll_command(&mut self) -> Option<Command>;
    /// When it wants to be woken up.
    fn poll_timeout(&self) -> Option<Instant>;

    /// The place of the node that takes the call which is asked for next, by the place of its flow in the scenario.
    fn next_node(&mut self, _flow: usize, _now: Instant) -> usize {
        0
    }

    /// Messages to the coordination store that were answered, or will be.
    fn round_trips(&self) -> u64 {
        0
    }
}

impl Limiter for Engine {
    fn handle_event(&mut self, event: Event, now: Instant) {
        Engine::handle_event(self, event, now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Engine::handle_timeout(self, now);
    }

    fn poll_command(&mut self) -> Option<Command> {
        Engine::poll_command(self)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Engine::poll_timeout(self)
    }
}

pub(crate) use baseline::Settings;
pub use baseline::{SendRate, Vegas};
pub(crate) use cluster::Cluster;

/// A policy other than the engine.
pub(crate) fn baseline(kind: Kind, settings: Settings) -> impl Limiter {
    Baseline::new(kind, settings)
}
