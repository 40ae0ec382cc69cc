//! How often something has happened of late, and so how often it will.

use std::time::Duration;
use tollgate_model::Instant;
use tollgate_quota::Need;

/// Slices of what "of late" means.
const LATE: usize = 8;
/// Slices remembered.
const SLICES: usize = 4 * LATE;
/// Standard deviations by which the last period differs from those before by more than chance.
const CHANGED: f64 = 3.0;
/// Standard deviations of chance arrivals for which a higher class finds slots kept: of its calls fewer
/// than one in a hundred is to wait.
const KEPT: f64 = 3.25;
/// Standard deviations for which a start foretold comes true: of what is taken in, less than one in a
/// thousand is to expire.
const FORETOLD: f64 = 5.5;

/// How many will come within a span, chance included, where `per_second` came of late. Both what will
/// come varies, and what came, from which the rate was taken.
pub(crate) fn most(per_second: f64, within: Duration, late: Duration) -> f64 {
    let mean = per_second * within.as_secs_f64();
    let known = within.as_secs_f64() / late.as_secs_f64();
    mean + FORETOLD * (mean * (1.0 + known)).sqrt()
}

/// What comes at a rate, and how much of it chance may bring at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    per_second: f64,
    /// Chance is given half of what "of late" means, for after that the slots given away meanwhile have
    /// begun to come back, and no more are given.
    chance_until: Duration,
    deviations: f64,
}

impl Kept {
    /// Beside this another that comes as often as that, of whose chance less is kept.
    pub(crate) fn and(self, per_second: f64, deviations: f64) -> Self {
        let both = self.per_second + per_second;
        let variance = self.deviations.powi(2) * self.per_second + deviations.powi(2) * per_second;
        Self {
            per_second: both,
            deviations: if both > 0.0 {
                (variance / both).sqrt()
            } else {
                0.0
            },
            ..self
        }
    }

    /// What is kept now.
    pub(crate) fn now(per_second: f64, late: Duration) -> Self {
        Self {
            per_second,
            chance_until: late / 2,
            deviations: KEPT,
        }
    }

    /// What may be kept later.
    pub(crate) fn later(per_second: f64, late: Duration) -> Self {
        Self {
            per_second,
            chance_until: late,
            deviations: FORETOLD,
        }
    }
}

impl Need for Kept {
    fn within(&self, span: Duration) -> f64 {
        let chance = self.per_second * span.min(self.chance_until).as_secs_f64();
        self.per_second * span.as_secs_f64() + self.deviations * chance.sqrt()
    }

    fn span_of(&self, slots: f64) -> Duration {
        // slots = x + z √x, where x are expected; once chance is given no more, only x grows.
        let half = self.deviations / 2.0;
        let root = (half * half + slots).sqrt() - half;
        let most = (self.per_second * self.chance_until.as_secs_f64()).sqrt();
        let expected = (root * root).max(slots - self.deviations * most).max(0.0);
        Duration::try_from_secs_f64(expected / self.per_second).unwrap_or(Duration::MAX)
    }
}

/// Arrivals of late, and of four times that.
///
/// A count over a short time varies by chance: 480 in a minute are 440 in the next, and who takes that
/// for the rate gives away what will be missed. A count over a long time is late to see a change. So
/// the longer one is believed while the shorter differs by no more than chance, and of the two the
/// higher is taken then: who keeps a few slots too many wastes little, who keeps too few makes the
/// first class wait.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    slice: u64,
    /// Number of the slice that was last counted in.
    current: u64,
    /// When the first arrival was.
    first: Option<Instant>,
    /// By the slice's number modulo their count.
    counts: [u32; SLICES],
    /// Sums over what is of late and over all, as of the slice that was last counted in.
    sums: [u32; 2],
}

/// Slices of what is of late, and of all.
const SPANS: [usize; 2] = [LATE, SLICES];

impl Rate {
    /// `span` is what "of late" means.
    pub(crate) fn new(span: Duration) -> Self {
        let slice = span.as_nanos() / LATE as u128;
        Self {
            slice: u64::try_from(slice).unwrap_or(u64::MAX).max(1),
            current: 0,
            first: None,
            counts: [0; SLICES],
            sums: [0; 2],
        }
    }

    pub(crate) fn count(&mut self, now: Instant) {
        let number = now.as_nanos() / self.slice;
        if number > self.current {
            // A long silence empties every slice once.
            for back in 0..(number - self.current).min(SLICES as u64) {
                self.counts[(number - back) as usize % SLICES] = 0;
            }
            self.current = number;
            self.sums = SPANS.map(|slices| self.sum(slices, number));
        }
        self.counts[self.current as usize % SLICES] += 1;
        self.sums = self.sums.map(|sum| sum + 1);
        self.first.get_or_insert(now);
    }

    /// Arrivals expected in a second.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        let Some(first) = self.first else {
            return 0.0;
        };
        let number = (now.as_nanos() / self.slice).max(self.current);
        let sums = if number == self.current {
            self.sums
        } else {
            SPANS.map(|slices| self.sum(slices, number))
        };
        let [of_late, all] = sums.map(f64::from);
        let [late, longer] = SPANS.map(|slices| {
            let oldest = number.saturating_sub(slices as u64 - 1);
            let since = first.as_nanos().max(oldest * self.slice);
            // One arrival is no flood: it is taken as the first of its slice.
            let nanos = now.as_nanos().saturating_sub(since).max(self.slice);
            nanos as f64 / 1e9
        });
        let expected = all / longer * late;
        if (of_late - expected).abs() <= CHANGED * expected.sqrt() {
            of_late.max(expected) / late
        } else {
            of_late / late
        }
    }

    /// Arrivals in so many slices up to this one.
    fn sum(&self, slices: usize, number: u64) -> u32 {
        let oldest = number.saturating_sub(slices as u64 - 1);
        (oldest..=self.current)
            .map(|slice| self.counts[slice as usize % SLICES])
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn a_rate_follows_what_happens_and_forgets_it() {
        let mut rate = Rate::new(Duration::from_secs(8));
        assert_eq!(rate.per_second(at(0)), 0.0);
        rate.count(at(100));
        assert_eq!(rate.per_second(at(100)), 1.0, "not ten thousand");
        for millis in (200..20_000).step_by(100) {
            rate.count(at(millis));
        }
        assert!((rate.per_second(at(20_000)) - 10.0).abs() < 1.0);
        assert!(rate.per_second(at(24_000)) < 6.0);
        assert_eq!(rate.per_second(at(40_000)), 0.0);
        rate.count(at(90_000));
        assert!(rate.per_second(at(90_000)) < 0.2);
    }

    #[test]
    fn a_dip_within_chance_is_none() {
        let mut rate = Rate::new(Duration::from_secs(8));
        let (mut now, mut dip) = (0, 0.0_f64);
        // 80 in eight seconds for half a minute, then 60, then 20.
        for (gap, until) in [(100, 32_000), (133, 40_000), (400, 48_000)] {
            while now < until {
                now += gap;
                rate.count(at(now));
            }
            dip = dip.max(10.0 - rate.per_second(at(until)));
            if until == 40_000 {
                assert!(dip < 0.8, "{dip}");
            }
        }
        assert!(dip > 6.0, "{dip}");
    }
}
