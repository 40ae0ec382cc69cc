//! When interactions begin.
//!
//! Every pattern is a rate over time, constant in pieces (a constant rate has one piece, a profile one
//! a step, a burst adds one), and a spacing: even, where an arrival comes each time the rate's
//! integral has grown by one, or Poisson, where it has to grow by an exponential draw. Both are exact
//! for any rate, and nothing is kept of the past.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{Stream, nanos};

/// A rate over time, and how arrivals are spaced under it.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrivals {
    /// Ascending, the first at zero; the last holds. Shared by copies, which a plan makes many of.
    pieces: Arc<[Piece]>,
    /// What every rate is multiplied with.
    scale: f64,
    spacing: Spacing,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Piece {
    /// Start in nanoseconds.
    from: u64,
    /// Arrivals a nanosecond.
    rate: f64,
    /// Arrivals up to its start.
    before: f64,
}

/// How arrivals are spaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Spacing {
    /// Independent of each other.
    #[default]
    Poisson,
    /// At equal distances.
    Even,
}

/// Interactions that begin together on top of the rest.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Burst {
    /// When.
    pub at: Duration,
    /// How many.
    pub interactions: f64,
    /// Over how long; more than zero.
    pub within: Duration,
}

/// A place in the arrivals of one run.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    piece: usize,
    /// Nanoseconds since the origin.
    at: f64,
    random: Stream,
}

const MINUTE: f64 = 60e9;

impl Arrivals {
    /// From starts and rates, ascending.
    fn of(rates: impl Iterator<Item = (u64, f64)>, spacing: Spacing) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        for (from, rate) in rates {
            let before = pieces.last().map_or(0.0, |last| last.up_to(from));
            pieces.push(Piece { from, rate, before });
        }
        Self {
            pieces: pieces.into(),
            scale: 1.0,
            spacing,
        }
    }

    /// The same rate for ever.
    #[must_use]
    pub fn constant(per_minute: f64, spacing: Spacing) -> Self {
        Self::of(std::iter::once((0, per_minute / MINUTE)), spacing)
    }

    /// A rate for each step in turn; the last holds.
    #[must_use]
    pub fn profile(per_minute: &[f64], step: Duration, spacing: Spacing) -> Self {
        let step = nanos(step);
        let pieces = per_minute.iter().enumerate();
        Self::of(
            pieces.map(|(at, rate)| ((at as u64).saturating_mul(step), rate / MINUTE)),
            spacing,
        )
    }

    /// A number of interactions for each step in turn, and none after.
    #[must_use]
    pub fn counts(counts: &[f64], step: Duration, spacing: Spacing) -> Self {
        let per_minute = |count: &f64| count * MINUTE / nanos(step).max(1) as f64;
        let mut rates: Vec<f64> = counts.iter().map(per_minute).collect();
        rates.push(0.0);
        Self::profile(&rates, step, spacing)
    }

    /// These arrivals and bursts.
    #[must_use]
    pub fn with_bursts(&self, bursts: &[Burst]) -> Self {
        // What each edge changes of the rate.
        let mut changes: BTreeMap<u64, f64> = BTreeMap::new();
        let mut last = 0.0;
        for piece in self.pieces.iter() {
            *changes.entry(piece.from).or_default() += piece.rate - last;
            last = piece.rate;
        }
        for burst in bursts {
            let (from, to) = (nanos(burst.at), nanos(burst.at + burst.within));
            let extra = burst.interactions / (to - from).max(1) as f64;
            *changes.entry(from).or_default() += extra;
            *changes.entry(to).or_default() -= extra;
        }
        let mut rate: f64 = 0.0;
        let rates = changes.into_iter().map(|(from, change)| {
            rate += change;
            // A remainder of rounding is no arrival in a million years.
            (from, if rate < 1e-22 { 0.0 } else { rate })
        });
        Self {
            scale: self.scale,
            ..Self::of(rates, self.spacing)
        }
    }

    /// The same pattern, `factor` times as many.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            scale: self.scale * factor,
            ..self.clone()
        }
    }

    /// Arrivals a minute, on the average between two instants.
    #[must_use]
    pub fn per_minute(&self, from: Duration, to: Duration) -> f64 {
        let (from, to) = (nanos(from), nanos(to).max(nanos(from) + 1));
        (self.up_to(to) - self.up_to(from)) * MINUTE / (to - from) as f64
    }

    /// Arrivals from the origin on.
    fn up_to(&self, at: u64) -> f64 {
        let place = self.pieces.partition_point(|piece| piece.from <= at);
        let piece = place.checked_sub(1).and_then(|at| self.pieces.get(at));
        piece.map_or(0.0, |piece| piece.up_to(at)) * self.scale
    }

    /// Where the rate changes.
    pub fn edges(&self) -> impl Iterator<Item = Duration> {
        self.pieces
            .iter()
            .map(|piece| Duration::from_nanos(piece.from))
    }

    fn rate(&self, place: usize) -> Option<f64> {
        Some(self.pieces.get(place)?.rate * self.scale)
    }

    pub(crate) fn begin(&self, mut random: Stream) -> Cursor {
        // An even stream starts anywhere in its first gap, lest all flows start together.
        let phase = random.unit();
        let mut cursor = Cursor {
            piece: 0,
            at: 0.0,
            random,
        };
        if self.spacing == Spacing::Even
            && let Some(rate) = self.rate(0)
            && rate > 0.0
        {
            cursor.at = -phase / rate;
        }
        cursor
    }

    /// The next arrival, in nanoseconds since the origin.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Option<u64> {
        let mut due = match self.spacing {
            Spacing::Even => 1.0,
            Spacing::Poisson => cursor.random.exponential(),
        };
        loop {
            let rate = self.rate(cursor.piece)?;
            let end = self
                .pieces
                .get(cursor.piece + 1)
                .map(|piece| piece.from as f64);
            let left = end.map_or(f64::INFINITY, |end| end - cursor.at);
            if rate > 0.0 && due <= rate * left {
                cursor.at += due / rate;
                return Some(cursor.at.max(0.0) as u64);
            }
            due -= if rate > 0.0 { rate * left } else { 0.0 };
            cursor.at = end?;
            cursor.piece += 1;
        }
    }
}

impl Piece {
    /// Arrivals from the origin up to an instant no earlier than its start.
    fn up_to(&self, at: u64) -> f64 {
        self.before + self.rate * (at - self.from) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(60);

    fn per_minute(arrivals: &Arrivals, minutes: usize) -> Vec<usize> {
        let mut counts = vec![0; minutes];
        let mut cursor = arrivals.begin(Stream::child(5, "arrivals", 0));
        while let Some(at) = arrivals.next(&mut cursor) {
            match counts.get_mut((at / 60_000_000_000) as usize) {
                Some(count) => *count += 1,
                None => break,
            }
        }
        counts
    }

    #[test]
    fn even_counts_are_exact_to_one() {
        let counts = Arrivals::counts(&[10.0, 0.0, 400.0, 30.0], STEP, Spacing::Even);
        let found = per_minute(&counts, 6);
        for (found, wanted) in found.iter().zip([10, 0, 400, 30, 0, 0_usize]) {
            assert!(found.abs_diff(wanted) <= 1, "{found} for {wanted}");
        }
    }

    #[test]
    fn poisson_has_the_rate_and_its_own_variance() {
        let arrivals = Arrivals::constant(600.0, Spacing::Poisson);
        let counts = per_minute(&arrivals, 400);
        let mean = counts.iter().sum::<usize>() as f64 / 400.0;
        let squares = counts.iter().map(|count| (*count as f64 - mean).powi(2));
        let variance = squares.sum::<f64>() / 399.0;
        assert!((mean / 600.0 - 1.0).abs() < 0.01, "{mean}");
        assert!((variance / 600.0 - 1.0).abs() < 0.25, "{variance}");
    }

    #[test]
    fn a_burst_lies_on_top() {
        let burst = Burst {
            at: Duration::from_secs(90),
            interactions: 300.0,
            within: Duration::from_secs(10),
        };
        let arrivals = Arrivals::profile(&[60.0, 30.0], STEP, Spacing::Even).with_bursts(&[burst]);
        let counts = per_minute(&arrivals, 3);
        assert!(
            counts[0].abs_diff(60) <= 1 && counts[1].abs_diff(330) <= 1,
            "{counts:?}"
        );
        assert!(counts[2].abs_diff(30) <= 1, "{counts:?}");
        let mean = arrivals.per_minute(Duration::ZERO, Duration::from_secs(180));
        assert!((mean - 140.0).abs() < 1e-6, "{mean}");
    }
}
