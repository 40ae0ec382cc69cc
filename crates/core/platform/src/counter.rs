//! One fixed window after another.

use crate::{Alignment, Window};
use std::time::Duration;
use tollgate_model::{Instant, nanos};

/// The calls of one key under one limit.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    window: Window,
    alignment: Alignment,
    phase: u64,
    closes: Option<Instant>,
    count: u32,
}

impl Counter {
    pub(crate) fn new(window: Window, alignment: Alignment, random: u64) -> Self {
        Self {
            window,
            alignment,
            phase: random % nanos(window.period).max(1),
            closes: None,
            count: 0,
        }
    }

    /// Whether one more call would be within the window that lies around `now`.
    pub(crate) fn has_room(&mut self, now: Instant) -> bool {
        self.roll(now);
        self.count < self.window.allowed
    }

    /// Counts a call. Yes if it opened a window.
    pub(crate) fn count(&mut self, now: Instant) -> bool {
        self.roll(now);
        let opens = self.closes.is_none();
        if opens {
            self.closes = Some(self.closing(now));
        }
        self.count += 1;
        opens
    }

    pub(crate) fn counted(&self) -> u32 {
        self.count
    }

    /// Calls counted in the window that lies around `now`.
    pub(crate) fn counted_at(&mut self, now: Instant) -> u32 {
        self.roll(now);
        self.count
    }

    /// When the window closed whose calls are still counted, if it did.
    pub(crate) fn closed_before(&self, now: Instant) -> Option<Instant> {
        self.closes.filter(|closes| *closes <= now)
    }

    /// Takes another number from now on. Another period holds from the next window on.
    pub(crate) fn allow(&mut self, window: Window) {
        self.window = window;
    }

    /// When the window around `now` closes.
    pub(crate) fn closes(&mut self, now: Instant) -> Instant {
        self.roll(now);
        self.closes.unwrap_or_else(|| self.closing(now))
    }

    pub(crate) fn opened(&self) -> Option<Instant> {
        self.closes.map(|closes| closes.before(self.window.period))
    }

    /// Whole seconds until the window around `now` closes, as observed: the part begun counts whole.
    pub(crate) fn reset_seconds(&mut self, now: Instant) -> u64 {
        self.closes(now).since(now).as_secs() + 1
    }

    fn roll(&mut self, now: Instant) {
        if self.closes.is_some_and(|closes| now >= closes) {
            self.closes = None;
            self.count = 0;
        }
    }

    /// When the window that a call at `now` falls into closes. Kept instead of its opening, which may
    /// lie before the time line's beginning.
    fn closing(&self, now: Instant) -> Instant {
        let period = nanos(self.window.period).max(1);
        let phase = match self.alignment {
            Alignment::FirstCall => return now + self.window.period,
            Alignment::WallClock => 0,
            Alignment::PhasePerKey => self.phase,
        };
        let into = (now.as_nanos() + period - phase % period) % period;
        now + Duration::from_nanos(period - into)
    }
}
