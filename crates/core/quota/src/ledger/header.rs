//! What the upstream's headers tell, and what of it is sure. The proofs are in the crate's
//! documentation.

use super::Ledger;
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::{Instant, Rule};

/// Headers round to whole seconds, and nobody says which way.
const ROUNDING: Duration = Duration::from_secs(1);
/// Widest uncertainty about where a call was counted, as a part of the period, that still tells
/// somebody else's calls from ours.
const SHARP: u32 = 32;
/// Anchors kept, a fifth of a period apart.
const ANCHORS: usize = 4;
/// Windows known at once: one about to close, and its successor.
const KNOWN: usize = 2;

/// What a response says of one limit's window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Slots counted in the window, this call's included.
    pub count: u32,
    /// Time from the counting to the window's end, in whole seconds, rounded either way.
    pub reset: Duration,
}

/// How slots have moved because of a header: what a ledger that stands for several has to repeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shift {
    /// The call's slots end there instead: from, to, how many.
    own: Option<(Instant, Instant, u32)>,
    /// The window's other slots end there instead.
    window: Option<(Instant, Instant, u32)>,
    /// Slots found to be held by somebody else, until then.
    foreign: Option<(Instant, u32)>,
}

/// What headers have told of one limit.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned {
    /// It was seen that the upstream forgets a window's calls all at once.
    fixed: bool,
    /// The last few, the oldest first; none once windows are known to be fixed.
    anchors: Vec<Anchor>,
    /// Windows that are not surely closed, the earliest first.
    windows: Vec<Window>,
}

/// A window of the upstream's. It closes after `low` and no later than `up`.
#[derive(Clone, Copy, Debug)]
struct Window {
    low: Instant,
    up: Instant,
    /// Our slots that were surely counted in it.
    own: u32,
    /// Slots that somebody else surely holds in it.
    foreign: u32,
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

impl Ledger {
    /// Learns from the header of a call that was sent at `sent`, settled, and answered at `now`.
    /// None if the header can't be true of this limit, and was ignored.
    pub fn observe(
        &mut self,
        sent: Instant,
        now: Instant,
        cost: u32,
        header: Header,
    ) -> Option<Shift> {
        let Rule::Window {
            period,
            counted_within,
            ..
        } = self.rule
        else {
            return None;
        };
        if header.reset > period + ROUNDING || header.count == 0 {
            return None;
        }
        self.forget_ended(now);
        let counted_by = counted_within.map_or(now, |bound| now.min(sent + bound));
        let low = (sent + header.reset).before(ROUNDING * 2);
        let up = counted_by + (header.reset + ROUNDING).min(period);
        let mut learned = self.learned.take().unwrap_or_default();
        learned.watch(sent, now, header.count, period);
        let mut shift = Shift::default();
        // Two windows' ends are a period apart, so narrower spans that meet are of one window.
        if up.since(low) < period / 2 {
            let end = counted_by + period;
            if up <= now {
                if learned.fixed {
                    let freed = self.remove(end, cost);
                    shift.own = Some((end, now, freed));
                }
            } else if let Some(place) = learned.place(low, up, &mut shift) {
                if learned.fixed {
                    let window = &mut learned.windows[place];
                    let moved = self.remove(end, cost);
                    window.own += moved;
                    shift.own = Some((end, window.up, moved));
                }
                let sharp = counted_by.since(sent) <= period / SHARP;
                let it = learned.windows[place];
                if sharp && it.low > now {
                    let ours = if learned.fixed {
                        // Slots that end before it closes were counted before it opened.
                        let before = self.ends.partition_point(|&end| end < it.low);
                        self.open + (self.ends.len() - before) as u32 + it.own
                    } else {
                        self.open + self.ends.len() as u32
                    };
                    let more = header.count.saturating_sub(ours + it.foreign);
                    learned.windows[place].foreign += more;
                    shift.foreign = Some((it.up, more));
                }
            }
        }
        self.learned = Some(learned);
        Some(shift)
    }

    /// Repeats what a header has changed in one of the ledgers that this one stands for.
    pub fn shift(&mut self, shift: Shift) {
        for (from, to, slots) in [shift.own, shift.window].into_iter().flatten() {
            let found = self.remove(from, slots);
            self.insert(to, found);
        }
        if let Some((until, slots)) = shift.foreign {
            self.insert(until, slots);
        }
    }

    /// Knows of another ledger's windows what holds for this one's as well: that they don't slide.
    pub fn learn_from(&mut self, other: &Self) {
        if other.learned.as_ref().is_some_and(|it| it.fixed) {
            self.learned.get_or_insert_default().fixed = true;
        }
    }

    /// Slots that somebody else holds, as far as headers have told.
    #[must_use]
    pub fn foreign(&self, now: Instant) -> u32 {
        self.learned.as_ref().map_or(0, |it| it.foreign(now))
    }
}

impl Learned {
    /// Looks for a count that has fallen further than calls could have left a sliding window.
    fn watch(&mut self, sent: Instant, now: Instant, count: u32, period: Duration) {
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
        if self.anchors.len() < ANCHORS
            && last.is_none_or(|anchor| sent > anchor.sent + period / (ANCHORS as u32 + 1))
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

    /// The window that closes within this span, its own bounds narrowed to it.
    fn place(&mut self, low: Instant, up: Instant, shift: &mut Shift) -> Option<usize> {
        let found = self
            .windows
            .iter()
            .position(|window| low <= window.up && window.low <= up);
        if let Some(place) = found {
            let window = &mut self.windows[place];
            window.low = window.low.max(low);
            if up < window.up {
                shift.window = Some((window.up, up, window.own + window.foreign));
                window.up = up;
            }
            return Some(place);
        }
        if self.windows.len() >= KNOWN {
            return None;
        }
        let place = self.windows.partition_point(|window| window.up <= up);
        let window = Window {
            low,
            up,
            own: 0,
            foreign: 0,
        };
        self.windows.insert(place, window);
        Some(place)
    }

    pub(super) fn forget_closed(&mut self, now: Instant) {
        if self.windows.first().is_some_and(|window| window.up <= now) {
            self.windows.retain(|window| window.up > now);
        }
    }

    pub(super) fn all(&self) -> u32 {
        self.windows.iter().map(|it| it.own + it.foreign).sum()
    }

    /// Slots that somebody else still holds after `at`.
    pub(super) fn foreign(&self, at: Instant) -> u32 {
        let open = self.windows.iter().filter(|window| window.up > at);
        open.map(|window| window.foreign).sum()
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

    /// The `index`-th end of those given and the windows' together.
    pub(super) fn nth_end(&self, ends: &VecDeque<Instant>, index: usize) -> Option<Instant> {
        let mut passed = 0;
        for window in &self.windows {
            let before = ends.partition_point(|&end| end <= window.up);
            if index < passed + before {
                break;
            }
            let slots = (window.own + window.foreign) as usize;
            if index < passed + before + slots {
                return Some(window.up);
            }
            passed += slots;
        }
        ends.get(index - passed).copied()
    }
}
