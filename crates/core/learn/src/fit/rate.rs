//! The rate at which a bucket leaks.
//!
//! Each refused call bounds the rate from above: so little had leaked that there was no room. Each accepted call bounds
//! it from below. All rates between the two explain the same. Where the laxest were held, calls that wait would be refused
//! again and again, each refusal would make it stricter by a little, and with few calls this would never end. The
//! strictest is proven: nothing that keeps to it is refused. But what it wastes may be as much as the bounds are apart, and
//! no refusal mends that. So a step from the laxest is taken, to the strictest where the bounds are near, and no further
//! than to the middle where they are not.
//!
//! *How long the step is.* Let the bounds be apart by w, as a logarithm. Steps of s end after w ∕ 2s refusals in the
//! mean, and then waste s ∕ 2. A refused call is as bad as ten that aren't sent (half a per cent refused is as bad as five
//! per cent not used), so of n calls both together cost least where s² = 10·w ∕ n. As n the calls of twenty configured
//! periods are taken: where few calls come the step is long, where many come refusals teach cheaply.
//!
//! People choose so many calls a second, or in a period that they have in mind already. Where the step passes such rates
//! the last of these is taken. One call in a period is a bucket of one.

use super::{Hypothesis, Search};
use crate::series::Series;
use tollgate_model::count;

/// The first step by which a rate is made stricter, and the most that it is.
const STEP: f64 = 1.0 / 512.0;
const MOST: f64 = 0.5;
/// Bounds that are no farther apart than this are near to one another.
const NEAR: f64 = 1.04;
/// By how much less gain a rate explains the same.
const SAME: f64 = 0.5;
const SECOND: u64 = 1_000_000_000;
/// Rates of one period that are looked at.
const RATES: u64 = 64;

impl Hypothesis {
    /// Whether the limit is a bucket.
    pub(crate) fn leaks(&self) -> bool {
        self.statistic.gap(self.number).is_some()
    }
}

impl Search<'_> {
    /// The hypothesis as a bucket at a rate that what was accepted proves, or that is likely; none if the limit is no bucket.
    pub(crate) fn rate(&mut self, series: &Series, found: Hypothesis) -> Option<Hypothesis> {
        let gap = found.statistic.gap(found.number)? as f64;
        let laxest = gap / (1.0 + self.apart(series, found, |by| gap / (1.0 + by)));
        let strictest = gap * (1.0 + self.apart(series, found, |by| gap * (1.0 + by)));
        let apart = strictest / laxest;
        let middle = apart.min(NEAR.max(apart.sqrt()));
        let wanted = laxest * middle.min(1.0 + self.worth(series, apart));
        let likely = self.whole_rates(count(laxest.ceil()), count(wanted));
        let likely = likely.into_iter().max();
        let likely = likely.and_then(|gap| self.as_good(series, found, gap));
        let wanted = likely.or_else(|| self.as_good(series, found, count(wanted)));
        wanted.or(Some(found))
    }

    /// How far the rates that explain the same reach.
    fn apart(&mut self, series: &Series, found: Hypothesis, at: impl Fn(f64) -> f64) -> f64 {
        let mut same = |by| self.as_good(series, found, count(at(by))).is_some();
        let (mut known, mut beyond) = (0.0, STEP);
        while beyond <= MOST && same(beyond) {
            (known, beyond) = (beyond, 2.0 * beyond);
        }
        while beyond - known > STEP.max(known / 8.0) {
            let middle = f64::midpoint(known, beyond);
            if same(middle) {
                known = middle;
            } else {
                beyond = middle;
            }
        }
        known
    }

    /// The bucket that a call fills by so much, if that explains the same.
    fn as_good(&mut self, series: &Series, found: Hypothesis, gap: u64) -> Option<Hypothesis> {
        let other = self.weigh(series, found.statistic.with(gap), 1.0)?;
        let same = other.number == found.number && other.gain > found.gain - SAME;
        same.then_some(other)
    }

    /// The part by which it is worth while to be stricter than the laxest rate, if the strictest is so far apart from
    /// it.
    fn worth(&self, series: &Series, apart: f64) -> f64 {
        let first = series.items.iter().map(|item| item.sent).min().unwrap_or(0);
        let lasted = (series.last_sent() - first).max(1);
        let counted = series.items.iter().filter(|item| item.counted).count();
        let period = self.configured().max().unwrap_or(lasted);
        let calls = counted as f64 * period as f64 / lasted as f64;
        (apart.ln() / (2.0 * calls.max(1.0))).sqrt()
    }

    /// What a call fills a bucket by at rates that people choose, between these two; of many some, evenly.
    pub(super) fn whole_rates(&self, least: u64, most: u64) -> Vec<u64> {
        let periods = self.configured().chain([SECOND]);
        let rates = periods.flat_map(|period| {
            let (fewest, most_calls) = (period.div_ceil(most.max(1)), period / least.max(1));
            let step = 1 + most_calls.saturating_sub(fewest) / RATES;
            let calls = (fewest..=most_calls).step_by(usize::try_from(step).unwrap_or(usize::MAX));
            let calls = calls.filter(|&calls| calls > 0);
            calls.map(move |calls| period.div_ceil(calls))
        });
        rates.filter(|gap| (least..=most).contains(gap)).collect()
    }
}
