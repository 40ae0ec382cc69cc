//! How many calls leave at once when a part is opened.
//!
//! What has waited would leave together, as many as are configured, and all that are more than the upstream
//! takes would be refused. So an opened part lets pass as many slots as were taken when it was closed. The call
//! after those is a probe again, for which all others wait; then comes one probe after two further slots, after
//! four, after eight, until a period is over. So a number that is not as configured costs a refusal or two in each
//! window until it is learned, and one that is as configured costs no more than the time of a few answers.

use super::Pauses;
use std::time::Duration;
use tollgate_model::Instant;

/// A part that was closed a short while ago.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Slots that calls may take before the next call is a probe.
    pub(super) left: u32,
    /// As many more may be taken when that is accepted.
    pub(super) more: u32,
    /// Slots taken since it was opened, by calls that were not refused as far as is known.
    pub(super) taken: u32,
    /// How long it lasts, and when it ends: then the part is open without reserve.
    pub(super) lasts: Duration,
    pub(super) until: Instant,
}

impl Opening {
    /// What a part will be when it is opened.
    pub(super) fn new(pauses: Pauses) -> Option<Self> {
        (pauses.counted > 0).then_some(Self {
            left: pauses.counted,
            more: 2,
            taken: 0,
            lasts: pauses.longest,
            until: Instant::NEVER,
        })
    }

    /// The part is opened.
    pub(super) fn begin(self, now: Instant) -> Self {
        Self {
            until: now + self.lasts,
            ..self
        }
    }

    /// A call leaves.
    pub(super) fn take(self, cost: u32) -> Self {
        Self {
            left: self.left.saturating_sub(cost),
            taken: self.taken.saturating_add(cost),
            ..self
        }
    }

    /// A call that has left is refused.
    pub(super) fn give_back(&mut self, cost: u32) {
        self.taken = self.taken.saturating_sub(cost);
    }
}
