//! How often calls have come of late, and so how often they are expected to come.
//!
//! A count over a short time varies by chance: 480 in a minute are 440 in the next, and who takes that for the rate gives
//! away slots that will be missed. A count over a long time is late to see a change. So the longer count is believed while
//! the shorter one differs by no more than chance, and of the two the higher is taken then: a few slots reserved too many
//! waste little, a few too few make the first class wait.

use std::time::Duration;
use tollgate_model::{Instant, nanos};

/// Slices of the recent span.
const RECENT: usize = 8;
/// Slices remembered.
const SLICES: usize = 4 * RECENT;
const ALL: u64 = SLICES as u64;
/// Standard deviations by which the last period differs from those before by more than chance.
const CHANGED: f64 = 3.0;

/// Arrivals in the recent span, and in four times that span.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    slice: u64,
    /// Number of the slice that was last counted in.
    current: u64,
    /// When the first arrival was.
    first: Option<Instant>,
    /// By the slice's number modulo their count.
    counts: [u32; SLICES],
    /// Sums over the recent span and over all, as of the slice that was last counted in.
    sums: [u32; 2],
}

/// Slices of the recent span, and of all.
const SPANS: [usize; 2] = [RECENT, SLICES];

impl Rate {
    /// No arrivals yet. `span` is the recent span.
    pub(crate) fn new(span: Duration) -> Self {
        Self {
            slice: (nanos(span) / RECENT as u64).max(1),
            current: 0,
            first: None,
            counts: [0; SLICES],
            sums: [0; 2],
        }
    }

    /// Counts an arrival.
    pub(crate) fn count(&mut self, now: Instant) {
        let number = now.as_nanos() / self.slice;
        if number > self.current {
            // A long silence empties every slice once.
            for back in 0..(number - self.current).min(ALL) {
                self.counts[place(number - back)] = 0;
            }
            self.current = number;
            self.sums = SPANS.map(|slices| self.sum(slices, number));
        }
        self.counts[place(self.current)] += 1;
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
            .map(|slice| self.counts[place(slice)])
            .sum()
    }
}

fn place(slice: u64) -> usize {
    (slice % ALL) as usize
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
