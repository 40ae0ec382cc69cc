//! What headers have told of a limit's windows.

use super::shift::Shift;
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::Instant;

/// Anchors kept, a fifth of a period apart.
const ANCHORS: u32 = 4;
/// Windows known at once: one about to close, and its successor.
const KNOWN: usize = 2;

/// What headers have told of one limit.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned {
    /// It was seen that the upstream forgets a window's calls all at once.
    pub(super) fixed: bool,
    /// The last few, the oldest first; none once windows are known to be fixed.
    anchors: Vec<Anchor>,
    /// Windows that are not surely closed, the earliest first.
    pub(super) windows: Vec<Window>,
    /// The last of those that closed did so no earlier.
    closed_after: Option<Instant>,
    /// The answer with the highest count of the window that is open.
    peak: Option<Peak>,
    /// A window opened after the first instant; calls that were sent from the second on fell into it or into
    /// a later one.
    opening: Option<(Instant, Instant)>,
}

/// The answer with the highest count that was seen of a window.
#[derive(Clone, Copy, Debug)]
struct Peak {
    sent: Instant,
    answered: Instant,
    count: u32,
}

/// A window of the upstream's. It closes after `low` and no later than `up`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) low: Instant,
    pub(super) up: Instant,
    /// When the first answer of a call in it had come.
    seen: Instant,
    /// Our slots that end with it: all that were surely counted in it where windows are known to be fixed,
    /// else one.
    pub(super) own: u32,
    /// Slots that somebody else surely holds in it.
    pub(super) foreign: u32,
    /// The highest count that was told of it, by answers that tell where they were counted.
    pub(super) most: u32,
}

/// How long windows last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    /// How long windows last by what is in force.
    pub(super) in_force: Duration,
    /// How long windows surely last at most: as is in force, or as is configured if that is shorter and no window was
    /// seen to last longer. Of two calls
    /// in one window the later was sent less than this after the answer to the other, whatever ends are told.
    pub(super) sure: Duration,
}

/// Headers compared with a later one to see whether windows slide.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    sent: Instant,
    answered: Instant,
    count: u32,
    /// The highest count since, and when its answer had arrived.
    best: u32,
    best_by: Instant,
}

impl Learned {
    /// Looks for a count that has fallen further than calls could have left a sliding window.
    pub(super) fn watch(&mut self, sent: Instant, now: Instant, count: u32, period: Duration) {
        if self.fixed {
            return;
        }
        self.anchors
            .retain(|anchor| now < anchor.sent + period * 3 / 4);
        for anchor in &mut self.anchors {
            let new = anchor.best.saturating_sub(anchor.count);
            if sent >= anchor.best_by && count.saturating_mul(4) < new {
                self.fixed = true;
                self.anchors = Vec::new();
                return;
            }
            if sent >= anchor.answered && count > anchor.best {
                anchor.best = count;
                anchor.best_by = now;
            }
        }
        let last = self.anchors.last();
        if self.anchors.len() < ANCHORS as usize
            && last.is_none_or(|anchor| sent > anchor.sent + period / (ANCHORS + 1))
        {
            self.anchors.push(Anchor {
                sent,
                answered: now,
                count,
                best: count,
                best_by: now,
            });
        }
    }

    /// Looks for a window's opening: where windows are fixed, a count that is no higher than that of a call which
    /// was answered before this one was sent is another window's. That one opened after the other call was
    /// sent, and every call since fell into it or into a later one.
    pub(super) fn watch_openings(&mut self, sent: Instant, now: Instant, count: u32) {
        if !self.fixed {
            return;
        }
        let new = Peak {
            sent,
            answered: now,
            count,
        };
        match self.peak {
            Some(peak) if sent >= peak.answered && count <= peak.count => {
                self.opening = Some((peak.sent, now));
                self.peak = Some(new);
            }
            Some(peak) if count <= peak.count => {}
            _ => self.peak = Some(new),
        }
    }

    /// The span within which the window closes that a call fell into, narrowed to what is known of openings.
    /// Windows last for a period, so one closes no earlier than a period after whatever was counted in the one
    /// before; and a call that was sent after the answer of one in a window, and counted before that window
    /// could close, fell into the same.
    pub(super) fn narrow(
        &self,
        (sent, counted_by): (Instant, Instant),
        (mut low, mut up): (Instant, Instant),
        lengths: Lengths,
    ) -> (Instant, Instant) {
        if !self.fixed {
            return (low, up);
        }
        if let Some((after, from)) = self.opening
            && sent >= from
            && after + lengths.in_force <= up
        {
            low = low.max(after + lengths.in_force);
        }
        let same =
            |it: &&Window| it.seen <= sent && sent < it.seen + lengths.sure && counted_by <= it.low;
        if let Some(window) = self.windows.iter().find(same)
            && window.low <= up
            && low <= window.up
        {
            (low, up) = (low.max(window.low), up.min(window.up));
        }
        (low, up)
    }

    /// The window that closes within this span, its own bounds narrowed to it. None of a call that was sent
    /// while a window was open and says of an earlier one, or so long after that it was surely closed.
    pub(super) fn place(
        &mut self,
        (sent, now): (Instant, Instant),
        (low, up): (Instant, Instant),
        lengths: Lengths,
        shift: &mut Shift,
    ) -> Option<usize> {
        let period = lengths.in_force;
        let contradicts = |window: &Window| {
            let has_passed = window.seen + lengths.sure <= sent;
            window.seen <= sent && (up < window.low || (low <= window.up && has_passed))
        };
        if self.windows.iter().any(contradicts) {
            return None;
        }
        let found = self
            .windows
            .iter()
            .position(|window| low <= window.up && window.low <= up);
        if let Some(place) = found {
            let window = &mut self.windows[place];
            if up.since(low) + window.up.since(window.low) >= period {
                return None;
            }
            window.low = window.low.max(low);
            if up < window.up {
                shift.moves(window.up, up, window.own + window.foreign);
                window.up = up;
            }
            return Some(place);
        }
        // Ends are a period apart.
        if self.windows.len() >= KNOWN || self.closed_after.is_some_and(|it| up < it + period) {
            return None;
        }
        let place = self.windows.partition_point(|window| window.up <= up);
        let window = Window {
            low,
            up,
            seen: now,
            own: 0,
            foreign: 0,
            most: 0,
        };
        self.windows.insert(place, window);
        Some(place)
    }

    /// With another period, whether windows slide has to be seen anew.
    pub(super) fn forget_shape(&mut self) {
        self.fixed = false;
        self.anchors.clear();
        self.closed_after = None;
        (self.peak, self.opening) = (None, None);
    }

    pub(super) fn forget_closed(&mut self, now: Instant) {
        if self.windows.first().is_some_and(|window| window.up <= now) {
            for window in self.windows.extract_if(.., |window| window.up <= now) {
                self.closed_after = self.closed_after.max(Some(window.low));
            }
        }
    }

    pub(super) fn own(&self) -> u32 {
        self.windows.iter().map(|it| it.own).sum()
    }

    pub(super) fn all(&self) -> u32 {
        self.windows.iter().map(|it| it.own + it.foreign).sum()
    }

    /// Slots that somebody else still holds after `at`.
    pub(super) fn foreign(&self, at: Instant) -> u32 {
        let open = self.windows.iter().filter(|window| window.up > at);
        open.map(|window| window.foreign).sum()
    }

    /// So many of somebody else's slots, which end then, are told of no more.
    pub(super) fn take_over(&mut self, mut slots: u32, until: Instant) {
        for window in &mut self.windows {
            if window.low <= until {
                let found = window.foreign.min(slots);
                window.foreign -= found;
                slots -= found;
            }
        }
    }

    pub(super) fn held(&self, now: Instant) -> u32 {
        self.all() - self.freed_by(now)
    }

    pub(super) fn freed_by(&self, at: Instant) -> u32 {
        let closed = self.windows.iter().filter(|window| window.up <= at);
        closed.map(|it| it.own + it.foreign).sum()
    }

    pub(super) fn each_end(&self, mut what: impl FnMut(Instant)) {
        for window in &self.windows {
            for _ in 0..window.own + window.foreign {
                what(window.up);
            }
        }
    }

    /// The `index`-th end of those given and the windows' together, where so many slots are for somebody else: those
    /// that somebody else holds the longest are among these.
    pub(super) fn nth_end(
        &self,
        ends: &VecDeque<Instant>,
        index: usize,
        others: u32,
    ) -> Option<Instant> {
        let (mut passed, mut longer) = (0, self.foreign(Instant::ZERO));
        for window in &self.windows {
            longer -= window.foreign;
            let theirs = window.foreign.min(others.saturating_sub(longer));
            let before = ends.partition_point(|&end| end <= window.up);
            if index < passed + before {
                break;
            }
            let slots = (window.own + window.foreign - theirs) as usize;
            if index < passed + before + slots {
                return Some(window.up);
            }
            passed += slots;
        }
        ends.get(index - passed).copied()
    }
}
