//! The answer of a run that later ones are held against.

use crate::ledger::header::{Header, ROUNDING};
use std::time::Duration;
use tollgate_model::Instant;

/// The newest answer of a run that others are held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) count: u32,
    /// The window closes after `low` and no later than `up`.
    pub(super) low: Instant,
    pub(super) up: Instant,
    /// No slot that was counted in the window is free before.
    pub(super) held_until: Instant,
    /// The window was open by then, and our slots counted in it since, with those before; none if nothing
    /// is known of that.
    pub(super) open_by: Option<(Instant, u32)>,
}

impl Point {
    pub(super) fn new(sent: Instant, now: Instant, header: Header, base: Duration) -> Self {
        Self {
            sent,
            answered: now,
            count: header.count,
            low: (sent + header.reset).before(ROUNDING * 2),
            up: now + header.reset + ROUNDING,
            held_until: now + base.min(header.reset + ROUNDING),
            open_by: None,
        }
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.low <= other.up && other.low <= self.up
    }

    /// What both say of one window.
    pub(super) fn narrowed(&self, other: &Self) -> Self {
        Self {
            sent: self.sent.max(other.sent),
            answered: self.answered.max(other.answered),
            low: self.low.max(other.low),
            up: self.up.min(other.up),
            held_until: self.held_until.min(other.held_until),
            open_by: other.open_by,
            ..*self
        }
    }
}
