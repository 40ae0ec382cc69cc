//! How many calls leave at once when a part is opened.
//!
//! What has waited would leave together, as many as are configured, and all that are more than the upstream
//! takes would be refused. So an opened part lets pass as many slots as were taken when it was closed. The call
//! after those is a probe again, for which all others wait; then comes one probe after two further slots, after
//! four, after eight. As slots come free a period later and more calls would leave together once more, each
//! of the next periods begins with as many slots as were taken in the one before. So a number that is not as
//! configured costs a refusal or two in each window until it is learned, and one that is as configured costs no
//! more than the time of a few answers.

use super::part::Pauses;
use std::time::Duration;
use tollgate_model::Instant;

/// Periods without a refusal after which a part is open without reserve.
const PERIODS: u32 = 4;
/// Slots after the first probe of an open part.
const MORE: u32 = 2;

/// A part that was closed a short while ago.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// Slots that were taken without a refusal within a period.
    counted: u32,
    /// Slots that calls may take before the next call is a probe.
    left: u32,
    /// So many slots more may be taken when that probe is accepted.
    more: u32,
    /// Slots taken since the period began, by calls that were not refused as far as is known.
    taken: u32,
    period: Duration,
    /// When the present period ends.
    until: Instant,
    /// Periods that are left, the present one included.
    periods: u32,
}

impl Opening {
    /// What a part will be when it is opened.
    pub(crate) fn new(pauses: Pauses) -> Option<Self> {
        (pauses.counted > 0).then_some(Self {
            counted: pauses.counted,
            left: pauses.counted,
            more: MORE,
            taken: 0,
            period: pauses.longest,
            until: Instant::NEVER,
            periods: PERIODS,
        })
    }

    /// The part is opened.
    pub(crate) fn begin(self, now: Instant) -> Self {
        Self {
            until: now + self.period,
            ..self
        }
    }

    /// This opening now, maybe in a later period. None if it is over.
    pub(crate) fn at(self, now: Instant) -> Option<Self> {
        if now < self.until {
            return Some(self);
        }
        // A whole period without a call says nothing of the one that comes.
        let late = now.since(self.until) >= self.period;
        (self.periods > 1 && !late).then(|| {
            let counted = self.counted.max(self.taken);
            Self {
                counted,
                left: counted,
                more: MORE,
                taken: 0,
                until: self.until + self.period,
                periods: self.periods - 1,
                ..self
            }
        })
    }

    /// A call leaves. Whether it is to be a probe.
    pub(crate) fn take(&mut self, cost: u32) -> bool {
        self.left = self.left.saturating_sub(cost);
        self.taken = self.taken.saturating_add(cost);
        let probes = self.left == 0;
        if probes {
            self.left = self.more;
            self.more = self.more.saturating_mul(2);
        }
        probes
    }

    /// A call that has left is refused. Slots that are taken since the period began.
    pub(crate) fn give_back(&mut self, cost: u32) -> u32 {
        self.taken = self.taken.saturating_sub(cost);
        self.taken
    }
}
