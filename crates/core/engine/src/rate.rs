//! How often something has happened of late, and so how often it will.

use std::time::Duration;
use tollgate_model::Instant;

const SLICES: usize = 8;

/// Arrivals of the last eight slices of time.
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
        let slice = span.as_nanos() / SLICES as u128;
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
        let number = now.as_nanos() / self.slice;
        let oldest = number.saturating_sub(SLICES as u64 - 1);
        let counted: u32 = (oldest..=self.current)
            .map(|slice| self.counts[slice as usize % SLICES])
            .sum();
        let since = first.max(Instant::from_nanos(oldest * self.slice));
        // One arrival is no flood: it is taken as the first of its slice.
        let elapsed = now.since(since).as_nanos().max(u128::from(self.slice));
        f64::from(counted) * 1e9 / elapsed as f64
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
}
