//! When slots come free, as far as it is known now.

use super::Ledger;
use std::time::Duration;
use tollgate_model::{Instant, count, tally};

/// How long calls hold their slots: the time that slots were held, over the calls that left. So calls
/// that are still under way count from the start, and the first to leave don't pass for all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hold {
    /// Slot seconds held until `last`, and calls that left; of the last few.
    held: f64,
    left: f64,
    last: Instant,
}

impl Hold {
    /// Calls over which it is told.
    const CALLS: f64 = 256.0;

    /// Notes that this many slots were held until now.
    pub(super) fn pass(&mut self, open: u32, now: Instant) {
        self.held += f64::from(open) * now.since(self.last).as_secs_f64();
        self.last = now;
    }

    pub(super) fn leave(&mut self) {
        if self.left >= Self::CALLS {
            self.held *= 1.0 - 1.0 / Self::CALLS;
            self.left -= 1.0;
        }
        self.left += 1.0;
    }

    /// In seconds; zero while nothing is known.
    fn seconds(&self) -> f64 {
        if self.left > 0.0 {
            self.held / self.left
        } else {
            0.0
        }
    }

    /// Calls that so many slots let through within a span; as many as there may be while nothing is
    /// known.
    fn calls(&self, slots: u32, span: Duration) -> f64 {
        if slots == 0 || span.is_zero() {
            return 0.0;
        }
        f64::from(slots) * span.as_secs_f64() / self.seconds()
    }

    /// The span in which so many slots let so many calls through.
    fn span(&self, slots: u32, calls: f64) -> Duration {
        let span = self.seconds() * calls.max(0.0) / f64::from(slots);
        Duration::try_from_secs_f64(span).unwrap_or(Duration::MAX)
    }
}

/// By how much longer than a period a window's slots are held: a slot that is taken the instant it is free
/// comes free again a period after its call's answer. The longest of late, for a start is a promise.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lag(Duration);

/// Answers that take more than such a part of a period may be read as if they came earlier, so what they hold
/// is not known in advance.
pub(super) const MOST_LAG: u32 = 32;

impl Lag {
    pub(super) fn observe(&mut self, held: Duration, period: Duration) {
        let faded = self.0 - self.0 / 64;
        self.0 = held.min(period / MOST_LAG).max(faded);
    }

    pub(super) fn is_at_least(&self, span: Duration) -> bool {
        self.0 >= span
    }
}

/// A span in which a concurrency limit's calls pass through the same number of slots: until the next
/// of those slots ends that an earlier process holds.
struct Turn {
    from: Instant,
    /// None for the last one.
    to: Option<Instant>,
    /// Slots that calls pass through.
    slots: u32,
    /// Slots held by an earlier process that have ended by its begin.
    ended: u32,
}

impl Ledger {
    /// From the taking of a window's slot to its being free again, as far as it can be expected.
    #[must_use]
    pub fn cycle(&self) -> Option<Duration> {
        self.period().map(|period| period + self.lag.0)
    }

    /// The earliest instant at which the `k`-th slot from now (1 is the next) may be taken, were
    /// nothing else taken in between: exact for settled slots, a lower bound where open ones must
    /// end first. Of a concurrency limit it is what can be expected, where calls go on taking as long
    /// as they took of late.
    #[must_use]
    pub fn earliest(&mut self, k: u64, now: Instant) -> Instant {
        self.earliest_by_chance(k, 0.0, now)
    }

    /// When the `k`-th slot may be taken, where calls under a concurrency limit may by chance take longer than of late, by this many
    /// standard deviations of their number. Slots of an earlier process have a known end, which no chance
    /// moves.
    #[must_use]
    pub fn earliest_by_chance(&mut self, k: u64, deviations: f64, now: Instant) -> Instant {
        self.forget_ended(now);
        let at = self.earliest_of_all(k, deviations, now);
        self.in_lease(at, now)
    }

    /// The same, however long the lease lasts.
    fn earliest_of_all(&self, k: u64, deviations: f64, now: Instant) -> Instant {
        let start = self.closed_until.max(now);
        let allowed = self.given();
        if allowed == 0 {
            return Instant::NEVER;
        }
        let occupied = self.taken();
        let free = allowed.saturating_sub(occupied);
        let over = occupied.saturating_sub(allowed);
        let Some(period) = self.period() else {
            return self.expected(
                k.saturating_sub(free.into()) + u64::from(over),
                deviations,
                start,
            );
        };
        // Each slot serves one call a cycle: the k-th call is in round `rounds` of its slot.
        let rounds = tally((k - 1) / u64::from(allowed));
        let place = tally((k - 1) % u64::from(allowed));
        let cycle = period + self.lag.0;
        let first = if place < free {
            now
        } else {
            let index = (place - free + over) as usize;
            self.nth_end(index).unwrap_or(now + cycle)
        };
        first.max(start) + cycle.saturating_mul(rounds)
    }

    /// When so many slots of a concurrency limit have come free, as far as it can be expected.
    fn expected(&self, leave_first: u64, deviations: f64, start: Instant) -> Instant {
        if leave_first == 0 {
            return start;
        }
        let mut passed = 0.0;
        for turn in self.turns(start) {
            let left = leave_first.saturating_sub(turn.ended.into()) as f64;
            if left == 0.0 {
                return turn.from;
            }
            let calls = left + (deviations * left.sqrt()).floor();
            let at = if turn.slots > 0 {
                turn.from + self.hold.span(turn.slots, calls - passed)
            } else {
                Instant::NEVER
            };
            match turn.to {
                Some(to) if to < at => passed += self.hold.calls(turn.slots, to.since(turn.from)),
                _ => return at,
            }
        }
        Instant::NEVER
    }

    /// The spans between the ends of those slots of a concurrency limit that an earlier process holds.
    fn turns(&self, start: Instant) -> impl Iterator<Item = Turn> {
        let (allowed, occupied) = (self.given(), self.taken());
        let free = allowed.saturating_sub(occupied);
        let over = occupied.saturating_sub(allowed);
        let mut next = Some((start, 0_usize));
        std::iter::from_fn(move || {
            let (from, ended) = next?;
            let to = self.ends.get(ended).map(|&end| end.max(start));
            next = to.map(|to| (to, self.ends.partition_point(|&end| end <= to)));
            Some(Turn {
                from,
                to,
                // Nothing takes the place of the first to end while more are held than are allowed.
                slots: free + self.open + tally(ended).saturating_sub(over),
                ended: tally(ended),
            })
        })
    }

    /// How many slots may be taken from now on until `at`: the `k`-th of them at its
    /// [`Self::earliest`].
    #[must_use]
    pub fn slots_by(&mut self, at: Instant, now: Instant) -> u64 {
        self.forget_ended(now);
        let Some(at) = self.last_in_lease(at, now) else {
            return 0;
        };
        let start = self.closed_until.max(now);
        let allowed = u64::from(self.given());
        if at < start || allowed == 0 {
            return 0;
        }
        let Some(period) = self.period() else {
            let occupied = u64::from(self.taken());
            let mut passed = 0.0;
            for turn in self.turns(start).take_while(|turn| turn.from <= at) {
                let to = turn.to.map_or(at, |to| to.min(at));
                passed += self.hold.calls(turn.slots, to.since(turn.from));
            }
            // More than may be at once is held while a lowered limit drains.
            let over = occupied.saturating_sub(allowed);
            let free = allowed.saturating_sub(occupied) + u64::from(self.freed_by(at));
            return free.saturating_add(count(passed)).saturating_sub(over);
        };
        let span = at.since(start).as_nanos();
        let cycle = period + self.lag.0;
        let rounds = u64::try_from(span / cycle.as_nanos()).unwrap_or(u64::MAX);
        let in_round = start + Duration::from_nanos_u128(span % cycle.as_nanos());
        let open = if now + cycle <= in_round {
            0
        } else {
            self.open
        };
        let settled = self.occupied() - self.open - self.freed_by(in_round);
        let settled = settled - self.theirs(in_round);
        let free = allowed.saturating_sub(u64::from(open + settled));
        rounds.saturating_mul(allowed).saturating_add(free)
    }

    /// Slots held now that are free again by `at`, by the passing of time alone.
    #[must_use]
    pub fn freed_by(&self, at: Instant) -> u32 {
        let plain = tally(self.ends.partition_point(|&end| end <= at));
        plain + self.learned.as_ref().map_or(0, |it| it.freed_by(at))
    }

    /// When there may be room for a call of this cost by itself: none while too little is settled, or if the lease ends
    /// before.
    #[must_use]
    pub fn next_room(&mut self, now: Instant, cost: u32) -> Option<Instant> {
        self.forget_ended(now);
        let allowed = self.given();
        let end = match (self.taken() + self.units(cost)).checked_sub(allowed) {
            None | Some(0) => now,
            Some(nth) => self.nth_end(nth as usize - 1)?,
        };
        let scout = self.waits_for_scout(now).unwrap_or(now);
        let at = end.max(self.closed_until).max(scout);
        (!self.lease_ends_by(at, now)).then_some(at)
    }
}
