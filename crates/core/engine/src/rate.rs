//! How often something has happened of late, and so how often it will.

use std::time::Duration;
use tollgate_model::Instant;

/// Slices of what "of late" means.
const LATE: usize = 8;
/// Slices remembered.
const SLICES: usize = 4 * LATE;
/// Standard deviations by which the last period differs from those before by more than chance.
const CHANGED: f64 = 3.0;
/// Standard deviations of chance arrivals for which a higher class finds slots kept: of its calls fewer
/// than one in a hundred is to wait.
const KEPT: f64 = 3.0;
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

/// How many to keep for those who come within a span: chance is given half of what "of late"
/// means, for after that the slots given away meanwhile have begun to come back, and no more are given.
pub(crate) fn kept(per_second: f64, within: Duration, late: Duration) -> f64 {
    let chance = per_second * within.min(late / 2).as_secs_f64();
    per_second * within.as_secs_f64() + KEPT * chance.sqrt()
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
}

impl Rate {
    /// `span` is what "of late" means.
    pub(crate) fn new(span: Duration) -> Self {
        let slice = span.as_nanos() / LATE as u128;
        Self {
            slice: u64::try_from(slice).unwrap_or(u64::MAX).max(1),
            current: 0,
            first: None,
            counts: [0; SLICES],
        }
    }

    pub(crate) fn count(&mut self, now: Instant) {
        let number = now.as_nanos() / self.slice;
        // A long silence empties every slice once.
        let passed = number.saturating_sub(self.current).min(SLICES as u64);
        for back in 0..passed {
            self.counts[(number - back) as usize % SLICES] = 0;
        }
        self.current = number.max(self.current);
        self.counts[number as usize % SLICES] += 1;
        self.first.get_or_insert(now);
    }

    /// Arrivals expected in a second.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        let Some(first) = self.first else {
            return 0.0;
        };
        let (counted, seconds) = self.over(LATE, first, now);
        let of_late = counted / seconds;
        let (before, span) = self.over(SLICES, first, now);
        let longer = before / span;
        let expected = longer * seconds;
        if (counted - expected).abs() <= CHANGED * expected.sqrt() {
            of_late.max(longer)
        } else {
            of_late
        }
    }

    /// Arrivals in the last slices, and how many seconds those are.
    fn over(&self, slices: usize, first: Instant, now: Instant) -> (f64, f64) {
        let number = now.as_nanos() / self.slice;
        let oldest = number.saturating_sub(slices as u64 - 1);
        let counted: u32 = (oldest..=self.current)
            .map(|slice| self.counts[slice as usize % SLICES])
            .sum();
        let since = first.max(Instant::from_nanos(oldest * self.slice));
        // One arrival is no flood: it is taken as the first of its slice.
        let elapsed = now.since(since).as_nanos().max(u128::from(self.slice));
        (f64::from(counted), elapsed as f64 / 1e9)
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
