//! A distribution in a fixed space: buckets whose width grows with their value.
//!
//! Whole numbers below 256 have a bucket each; above, each doubling has 128, so a value is known to
//! within 1/256 of itself. The largest value is 2^40 − 1 (in microseconds: twelve days).

/// A streaming histogram of whole numbers.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    sum: f64,
    max: u64,
}

const EXACT: u64 = 256;
const HALF: u64 = EXACT / 2;
const LARGEST: u64 = (1 << 40) - 1;

impl Histogram {
    /// Counts a value; larger ones than the largest count as that.
    pub fn record(&mut self, value: u64) {
        let value = value.min(LARGEST);
        let place = place(value);
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
        self.total += 1;
        self.sum += value as f64;
        self.max = self.max.max(value);
    }

    /// Adds another's values.
    pub fn add(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// Values counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.total
    }

    /// Their mean, exact; none of none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0).then(|| self.sum / self.total as f64)
    }

    /// The largest.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value that a share of the values does not exceed, to within its bucket.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let rank = ((share * self.total as f64).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Some(middle(place).min(self.max));
            }
        }
        None
    }

    /// The share of values that are no more than `value`, to within its bucket.
    #[must_use]
    pub fn share_up_to(&self, value: u64) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        let last = place(value.min(LARGEST));
        let seen: u64 = self.counts.iter().take(last + 1).sum();
        seen as f64 / self.total as f64
    }
}

fn place(value: u64) -> usize {
    if value < EXACT {
        return value as usize;
    }
    let shift = u64::from(64 - value.leading_zeros()) - 8;
    (EXACT + (shift - 1) * HALF + (value >> shift) - HALF) as usize
}

/// The middle of a bucket.
fn middle(place: usize) -> u64 {
    let place = place as u64;
    if place < EXACT {
        return place;
    }
    let shift = (place - EXACT) / HALF + 1;
    let within = (place - EXACT) % HALF + HALF;
    (within << shift) + (1 << shift) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_to_within_its_bucket() {
        for value in (0..60).map(|n| 3_u64.pow(n % 25) + u64::from(n)) {
            let mut histogram = Histogram::default();
            histogram.record(value);
            histogram.record(LARGEST);
            let found = histogram.quantile(0.5).unwrap();
            assert!(found.abs_diff(value) <= value / 256 + 1, "{value}: {found}");
        }
        assert!(place(LARGEST) < 4_500);
    }

    #[test]
    fn quantiles_and_shares_are_each_others_inverse() {
        let mut histogram = Histogram::default();
        (1..=100_000).for_each(|value| histogram.record(value));
        for (share, value) in [(0.5, 50_000.0), (0.95, 95_000.0), (1.0, 100_000.0)] {
            let found = histogram.quantile(share).unwrap();
            assert!(
                (found as f64 / value - 1.0).abs() < 0.01,
                "{share}: {found}"
            );
            assert!((histogram.share_up_to(found) - share).abs() < 0.01);
        }
        assert_eq!(histogram.mean(), Some(50_000.5));
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}
