//! How far a higher number is tried that was denied before.

use super::run::Run;
use super::word::Numbers;
use tollgate_model::Instant;

/// A foray goes so many times as far if nobody was refused for a period.
const FURTHER: u32 = 4;
/// A foray goes beyond the configured number by this part of it at the most.
const FURTHEST: u32 = 8;
/// A few slots beyond the configured number, in force while it is not known whether the higher number that
/// was told is true.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foray {
    /// The number that was told.
    told: u32,
    /// Slots beyond the configured number.
    beyond: u32,
    since: Instant,
}

impl Foray {
    pub(super) fn new(told: u32, now: Instant) -> Self {
        Self {
            told,
            beyond: 1,
            since: now,
        }
    }

    /// Slots that are in force where so many are configured.
    pub(super) fn allowed(self, configured: u32) -> u32 {
        configured.saturating_add(self.beyond)
    }

    /// Whether what is in force is the foray towards this number.
    pub(super) fn is_in_force(self, told: u32, numbers: Numbers) -> bool {
        self.told == told && numbers.in_force.allowed == self.allowed(numbers.configured.allowed)
    }

    /// Goes further once nobody was refused for a period.
    pub(super) fn go_on(&mut self, run: &mut Run, numbers: Numbers, now: Instant) {
        if now.since(self.since) < numbers.in_force.period {
            return;
        }
        let configured = numbers.configured.allowed;
        // Calls are spread out so that the window is never full by the upstream's count.
        if run.peak >= configured - configured / FURTHEST {
            self.beyond = (self.beyond * FURTHER).min(configured / FURTHEST + 1);
        }
        (self.since, run.peak) = (now, 0);
    }
}
