//! Calls of the last class that are spread over a window which others share.
//!
//! Who takes what a window has at its opening leaves others what they asked for in earlier windows, and nothing
//! more; and what they ask for beyond it is refused unseen. So slots are kept for a *surge*: four times what others
//! took at most of late, or as much as may be where little was seen yet ([`ForeignUse::surge`]). Of a limit of A slots
//! in P seconds a call of ours goes when so many slots are left as others would take at that rate until the
//! window ends. At a surge of A / P and beyond, all that is taken, by whomever, keeps to an even pace; and
//! whatever rate others step to, they find room until the window ends. Nothing is lost to us: what they don't
//! take is ours before the end.
//!
//! A window is never seen to be shared by who takes the whole of it at once. So where one was full, an eighth of
//! the next is taken at an even pace though nobody else was ever seen: calls wait there for another window anyway.
//!
//! Starts are foretold at the same pace, so that calls don't come due before it, at which they would take what is
//! left for others after all. Where more is seen to be taken than was expected, those who wait are looked at
//! again.

use super::{Foreign, ForeignUse};
use crate::demand::RandomDemand;
use std::time::Duration;
use tollgate_model::{Instant, LimitId, tally};

/// Part of a period whose calls may go at once where windows slide.
const AT_ONCE: f64 = 1.0 / 16.0;

/// Standard deviations of chance for which others find slots until a window ends.
const CHANCE: f64 = 2.0;

/// A limit's slots that the last class may take, and what goes before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Supply {
    pub(crate) limit: LimitId,
    /// Slots that are free now.
    pub(crate) room: u32,
    /// Slots a second that higher classes ask for.
    pub(crate) above: f64,
}

impl Foreign {
    /// What is left then of the window that is open then: they follow one another.
    pub(crate) fn left_of_window(&self, limit: LimitId, at: Instant) -> Duration {
        let Some((period, told)) = self.get(limit).and_then(|it| Some((it.period, it.told?)))
        else {
            return Duration::ZERO;
        };
        if at < told.until {
            return told.until.since(at);
        }
        let into = at.since(told.until).as_nanos() % period.as_nanos();
        period - Duration::from_nanos_u128(into)
    }

    /// When a call of the last class goes that takes so many slots.
    pub(crate) fn next(&self, supply: Supply, cost: u32, now: Instant) -> Instant {
        match self.get(supply.limit) {
            Some(shared) if shared.told.is_some() => self.spread(supply, (cost.into(), 0), now),
            Some(shared) if shared.spreads() => shared.sliding.next,
            _ => Instant::ZERO,
        }
    }

    /// When the last class has taken so many slots more, and others so many.
    pub(crate) fn spread(
        &self,
        supply: Supply,
        (ours, theirs): (u64, u64),
        now: Instant,
    ) -> Instant {
        let Some(shared) = self.get(supply.limit) else {
            return now;
        };
        if shared.spreads() {
            let before = tally(ours.saturating_sub(1));
            let from = shared.sliding.next.max(shared.earliest_next(now));
            return now.max(from + shared.gap().saturating_mul(before));
        }
        let surge = shared.surge(now);
        if surge <= 0.0 {
            return now;
        }
        let all = u64::from(shared.allowed);
        let surge = (surge + supply.above).min(all as f64 / shared.period.as_secs_f64());
        let mean = shared.per_second(now) + supply.above;
        let by_chance = RandomDemand::to_reserve(0.0, shared.period * 2).and(mean, CHANCE);
        // So long before a window's end so many slots are left.
        let before = |left: u64| {
            let span = Duration::try_from_secs_f64((left + 1) as f64 / surge);
            let span = span.unwrap_or(Duration::MAX);
            match mean > 0.0 {
                true => span.min(by_chance.span_of(left as f64)),
                false => span,
            }
        };
        let end = self.end(supply.limit, now);
        let (slots, room) = (ours.saturating_add(theirs), u64::from(supply.room));
        let Some(beyond) = slots.checked_sub(room + 1) else {
            return now.max(end.before(before(room - slots)));
        };
        let windows = tally(beyond / all);
        let opens = end + shared.period.saturating_mul(windows);
        opens.max((opens + shared.period).before(before(all - 1 - beyond % all)))
    }

    /// Slots that others may come to take until the window ends.
    pub(crate) fn may_come(&self, limit: LimitId, now: Instant) -> f64 {
        let surge = self.get(limit).map_or(0.0, |shared| shared.surge(now));
        surge * self.end(limit, now).since(now).as_secs_f64()
    }

    /// Until when slots of the window that is open now are left to others.
    fn end(&self, limit: LimitId, now: Instant) -> Instant {
        let end = now + self.left_of_window(limit, now);
        match self.get(limit).and_then(|shared| shared.told) {
            // Nobody is known to lose what is taken before the window ends; so that is surely before.
            Some(told) if !told.is_shared => end.before(told.until.since(told.after)),
            _ => end,
        }
    }
}

impl ForeignUse {
    /// Whether calls are spread over a period that slides.
    pub(crate) fn spreads(&self) -> bool {
        self.told.is_none() && self.sliding.slots() > self.leave
    }

    /// How long after one call of ours the next one goes.
    pub(crate) fn gap(&self) -> Duration {
        self.period / self.allowed.saturating_sub(self.sliding.slots()).max(1)
    }

    /// A call that could go for longer than this has no more right to go than one that could since then.
    pub(crate) fn earliest_next(&self, now: Instant) -> Instant {
        now.before(self.period.mul_f64(AT_ONCE))
    }
}
