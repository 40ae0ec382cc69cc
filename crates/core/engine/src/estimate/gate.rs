//! One window that a submission passes, and which slot of it is the submission's.

use crate::demand::RandomDemand;
use crate::resource::ResourceKey;
use std::time::Duration;
use tollgate_model::Instant;

/// A window that a call passes, and the call's place there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    pub(super) key: ResourceKey,
    /// Slots that the window lets through each time it comes round, and how long that takes.
    pub(super) each: u64,
    pub(super) lasts: Duration,
    /// Slots that have to come free, the call's own included.
    pub(super) slots: u64,
    /// Those of them that aren't for calls in the line.
    pub(super) extra: ExtraSlots,
    /// When the call's turn comes by a right of its own; never without one.
    pub(super) by_right: Instant,
}

impl Gate {
    /// Whether the other never binds where this one does.
    pub(super) fn implies(&self, other: &Self) -> bool {
        let is_same_pool = matches!(
            (self.key, other.key),
            (ResourceKey::Tokens(pool, _), ResourceKey::Tokens(other, _)) if pool == other
        );
        is_same_pool || (self.each <= other.each && self.lasts >= other.lasts)
    }
}

/// Slots beside those of the calls in the line that have to come free for a submission.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExtraSlots {
    /// The submission's own, and those of calls that are taken to have started before all others.
    pub(super) own: u64,
    /// What is reserved for higher classes.
    pub(super) reserved: f64,
    /// What other applications take.
    pub(super) others: RandomDemand,
}
