//! What a run is believed of: its number, the ends of its windows, and their length.

use super::{AGREE, Run};
use crate::ledger::announced::word::Periods;
use crate::ledger::header::ROUNDING;
use std::ops::RangeInclusive;
use std::time::Duration;
use tollgate_model::Instant;

impl Run {
    /// Whether little has contradicted the run, so that its counts and ends may be used.
    pub(crate) fn is_believable(&self, count: u32, now: Instant) -> bool {
        self.broken_until <= now
            && self.odd * 8 <= self.rises
            && self.drifts * 4 <= self.closings
            && self.still < 2
            && !self.is_unenforced
            // A window that is full before any count was seen to move may be full in words only.
            && (self.moves || count < self.allowed)
    }

    /// A window has gone on for longer than the configured period.
    pub(crate) fn shows_longer(&self, configured: Duration) -> bool {
        self.at_least >= configured
    }

    /// Whether what the run told can't be true.
    pub(crate) fn is_refuted(&self, now: Instant) -> bool {
        self.broken_until > now || self.is_unenforced
    }

    /// Whether the number is told consistently, so that it may be put in force.
    pub(crate) fn is_sound(&self, now: Instant) -> bool {
        self.broken_until <= now
            && self.answers >= AGREE
            && self.moves
            && !self.is_unenforced
            && self.odd * 8 <= self.rises
    }

    /// Whether the number and the ends of windows are told consistently.
    pub(crate) fn is_steady(&self, now: Instant) -> bool {
        self.is_sound(now) && self.drifts * 4 <= self.closings && self.endless_until <= now
    }

    /// When the last window closes, as was told: after the first, and no later than the second.
    pub(crate) fn closes(&self) -> (Instant, Instant) {
        (self.point.low, self.point.up)
    }

    /// Whether the windows seem to end sooner than after `base`.
    pub(crate) fn looks_shorter(&self, base: Duration, now: Instant) -> bool {
        self.is_steady(now) && self.openings > 0 && self.longest() + ROUNDING < base
    }

    /// Whether it tells when something is forgotten.
    pub(crate) fn has_told_ends(&self, now: Instant) -> bool {
        self.tells_ends && self.is_steady(now)
    }

    /// Whether ends are told consistently, or windows were seen to open.
    pub(crate) fn has_seen_openings(&self, now: Instant) -> bool {
        (self.tells_ends || self.openings >= 2) && self.is_steady(now)
    }

    /// Windows were seen to open with nothing but the one call counted, and when they end is told.
    pub(crate) fn has_opened(&self) -> bool {
        self.tells_ends && self.openings >= 2
    }

    /// Until when slots are held at the least that were counted in its last window.
    pub(crate) fn held_until(&self) -> Instant {
        self.point.held_until
    }

    fn longest(&self) -> Duration {
        self.of_late.into_iter().max().unwrap_or_default()
    }

    /// The length of its windows, where `base` is believed so far and `configured` is configured.
    pub(crate) fn period(&self, periods: Periods, now: Instant) -> Duration {
        let base = periods.in_force;
        if self.endless_until > now {
            return periods.configured;
        }
        if !self.is_steady(now) {
            return base;
        }
        let longest = self.longest();
        let likely = likely(
            longest,
            self.at_least..=self.at_most.unwrap_or(Duration::MAX),
        );
        let is_longer = likely > base && (longest > base + ROUNDING || self.at_least > base);
        if is_longer {
            return likely;
        }
        let Some((seen, told)) = self.at_most.zip(self.told_apart) else {
            return base;
        };
        // What was told to be longer than is configured is taken back to that, and no further while windows
        // were not seen to be shorter than that.
        let shortest = if seen < periods.configured {
            Duration::ZERO
        } else {
            periods.configured
        };
        let to = likely.max(shortest);
        if seen < base && to < base && to <= seen.min(told.max(shortest)) {
            to
        } else {
            base
        }
    }
}

/// The period of windows whose end is at most so far away, in whole seconds that may be one too many or one
/// too few: of the three, the longest that people choose, for a period that is too long only costs use. One that
/// was seen to be no period comes last.
fn likely(longest: Duration, seen: RangeInclusive<Duration>) -> Duration {
    let seconds = longest.as_secs();
    let is_long_enough = |seconds: &u64| Duration::from_secs(*seconds) >= *seen.start();
    let is_seen = |seconds: &u64| seen.contains(&Duration::from_secs(*seconds));
    let near = || seconds.saturating_sub(1)..=seconds + 1;
    let chosen = || near().rev().filter(|seconds| is_chosen(*seconds));
    let found = chosen().find(is_seen);
    let found = found.or_else(|| chosen().find(is_long_enough));
    let found = found.or_else(|| (seconds..=seconds + 1).find(is_long_enough));
    found.map_or(*seen.start(), Duration::from_secs)
}

/// Whether people choose periods of so many seconds.
fn is_chosen(seconds: u64) -> bool {
    matches!(seconds, 1 | 2 | 3 | 5 | 6 | 12 | 15) || (seconds > 0 && seconds.is_multiple_of(10))
}
