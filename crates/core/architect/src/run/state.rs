//! Where a run stands.

use super::effect::{Effect, EffectId, End};
use crate::workflow::Next;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_model::Instant;

/// A task that called another.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The calling step.
    pub(super) step: u32,
    pub(super) loops: Vec<Round>,
    /// The called task's variables as they were, for a task within itself.
    pub(super) saved: Vec<Value>,
}

/// A loop under way.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) index: i64,
    pub(super) count: i64,
    pub(super) items: Option<Arc<Vec<Value>>>,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    Ready(Next),
    Sleeping(Instant, Next),
    /// Waiting for an answer to a step's effect.
    Pending(Box<PendingEffect>),
    /// A workflow of the library runs for this step.
    Child(u32),
    Ended(End),
}

#[derive(Clone, Debug)]
pub(super) struct PendingEffect {
    pub(super) id: EffectId,
    pub(super) step: u32,
    /// Until it is handed out.
    pub(super) effect: Option<Effect>,
    pub(super) timeout: Option<Duration>,
    pub(super) deadline: Instant,
    /// Answers to this step's question that didn't do.
    pub(super) misses: Misses,
}

/// How often a question was asked in vain.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Misses {
    /// Answers that fit nothing.
    pub(super) unclear: u32,
    /// Silences.
    pub(super) silent: u32,
}
