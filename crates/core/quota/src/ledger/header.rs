//! What the upstream's headers tell, and what of it is sure. The proofs are in the crate's
//! documentation.

use super::Ledger;
use super::arrival::Answer;
use super::learned::{Learned, Lengths};
use super::shift::{Move, Shift};
use std::time::Duration;
use tollgate_model::{Instant, Rule};

/// Headers round to whole seconds, and nobody says which way.
pub(super) const ROUNDING: Duration = Duration::from_secs(1);
/// Widest uncertainty about where a call was counted, as a part of the period, that still tells
/// somebody else's calls from ours.
const SHARP: u32 = 32;

/// What a response says of one limit's window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Slots counted in the window, this call's included.
    pub count: u32,
    /// Time from the counting to the window's end, in whole seconds, rounded either way.
    pub reset: Duration,
}

impl Header {
    /// Until when the window surely lasts, if the call was sent at `sent`.
    fn low(self, sent: Instant) -> Instant {
        (sent + self.reset).before(ROUNDING * 2)
    }
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
        let settled_by = counted_within.map_or(now, |bound| now.min(sent + bound));
        let mut learned = self.learned.take().unwrap_or_default();
        // Where slow answers are read as if they had come earlier.
        let floor = self.announced.as_mut().map(|told| &mut told.floor);
        let read = floor
            .filter(|_| counted_within.is_none())
            .and_then(|floor| floor.counted_by((sent, now), header, period))
            .unwrap_or(now);
        // Where windows look shorter than is believed, so may be the time after which they forget.
        let told = self.announced.as_ref();
        if !told.is_some_and(|told| told.looks_shorter) {
            learned.watch(sent, read, header.count, period);
        }
        // One end alone may be wrong, and would give slots back too early.
        let gives_back = learned.fixed && told.is_none_or(|told| told.is_steady);
        let counted_by = self.counted_by((sent, now), header, period, settled_by.min(read));
        let mut shift = Shift::default();
        if counted_by < settled_by {
            let (from, to) = (settled_by + period, counted_by + period);
            let found = self.remove(from, cost);
            self.insert(to, found);
            shift.moves(from, to, found);
        }
        learned.watch_openings(sent, now, header.count);
        let up = counted_by + (header.reset + ROUNDING).min(period);
        let lengths = Lengths {
            in_force: period,
            sure: self.surely_lasts(period),
        };
        let (low, up) = learned.narrow((sent, counted_by), (header.low(sent), up), lengths);
        // Two windows' ends are a period apart, so spans that meet, and are together narrower, are of one window.
        if up.since(low) < period {
            let end = counted_by + period;
            if up <= now {
                if gives_back {
                    let freed = self.remove(end, cost);
                    shift.moves(end, now, freed);
                }
            } else if let Some(place) = learned.place((sent, now), (low, up), lengths, &mut shift) {
                if gives_back {
                    let window = &mut learned.windows[place];
                    let moved = self.remove(end, cost);
                    window.own += moved;
                    shift.moves(end, window.up, moved);
                    if let Some(told) = &mut self.announced {
                        told.scout.closes_by(window.up);
                    }
                }
                if counted_by.since(sent) <= period / SHARP {
                    self.see_others(&mut learned, place, header.count, now, &mut shift);
                }
            }
        }
        self.learned = Some(learned);
        Some(shift)
    }

    /// When the call was counted at the latest: by `latest`, or sooner where windows were seen to open.
    fn counted_by(
        &mut self,
        (sent, answered): (Instant, Instant),
        header: Header,
        period: Duration,
        latest: Instant,
    ) -> Instant {
        let told = self.announced.as_mut();
        let Some(told) = told.filter(|told| told.opens_windows) else {
            return latest;
        };
        let answer = Answer {
            sent,
            answered,
            count: header.count,
            low: header.low(sent),
        };
        latest.min(told.arrival.counted_by(answer, period, told.ends_are_told))
    }

    /// Sees in a window's count the slots that somebody else has taken.
    fn see_others(
        &self,
        learned: &mut Learned,
        place: usize,
        count: u32,
        now: Instant,
        shift: &mut Shift,
    ) {
        let window = learned.windows[place];
        // No count falls within a window, and the next begins with one call.
        if window.low > now || (window.most > 0 && count > window.most) {
            learned.windows[place].most = window.most.max(count);
            let ours = self.ours_in(&window, learned);
            let more = count.saturating_sub(ours + window.foreign);
            learned.windows[place].foreign += more;
            shift.add(None, Some(window.up), more);
        }
    }

    /// What windows surely don't outlast where `period` is in force, if the configured period is true: that, until a
    /// window was seen to last longer.
    fn surely_lasts(&self, period: Duration) -> Duration {
        match self.configured() {
            Some(configured) if !self.shows_longer() => period.min(configured.period),
            _ => period,
        }
    }

    /// Takes back what headers seemed to show of somebody else's calls: they have contradicted each other.
    pub fn disbelieve(&mut self) -> Option<Shift> {
        let learned = self.learned.as_mut()?;
        let mut shift = Shift::default();
        for window in &mut learned.windows {
            let slots = std::mem::take(&mut window.foreign);
            shift.add(Some(window.up), None, slots);
        }
        Some(shift)
    }

    /// Repeats what a header has changed in one of the ledgers that this one stands for.
    pub fn shift(&mut self, shift: Shift) {
        for Move { from, to, slots } in shift.moves.into_iter().flatten() {
            let found = from.map_or(slots, |from| self.remove(from, slots));
            if let Some(to) = to {
                self.insert(to, found);
            }
        }
    }

    /// Lets one call look whether a window has closed that closes after the one and by the other instant, as
    /// headers say, though its slots end later: the first of all slots ends then. That slot was surely
    /// counted before the window closed, so whatever opens later doesn't count it; nor does a window that
    /// slides, where the end that is told is that of the first slot.
    pub fn look_at(&mut self, (after, end): (Instant, Instant), now: Instant) -> Option<Shift> {
        let period = self.period()?;
        self.forget_ended(now);
        let first = self
            .ends
            .pop_front_if(|first| *first > end && *first <= after + period)?;
        if let Some(told) = &mut self.announced {
            told.looks_until = end;
        }
        self.insert(end, 1);
        let mut shift = Shift::default();
        shift.moves(first, end, 1);
        Some(shift)
    }

    /// Knows of another ledger's windows what holds for this one's as well: that they don't slide.
    pub fn learn_from(&mut self, other: &Self) {
        if other.learned.as_ref().is_some_and(|learned| learned.fixed) {
            self.learned.get_or_insert_default().fixed = true;
        }
    }

    /// Slots that somebody else holds, as far as headers have told.
    #[must_use]
    pub fn foreign(&self, now: Instant) -> u32 {
        let learned = self.learned.as_ref();
        learned.map_or(0, |learned| learned.foreign(now))
    }
}
