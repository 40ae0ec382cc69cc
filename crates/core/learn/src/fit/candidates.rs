//! Rates that the calls themselves suggest.

use super::taste::MILLI;
use crate::series::{Item, Series, Sign};
use tollgate_model::count;

/// From the first call to the last; none without a refused one.
pub(super) fn lasted(series: &Series) -> Option<u64> {
    let refused = |item: &&Item| matches!(item.sign, Sign::Refused(_));
    series.items.iter().find(refused)?;
    let first = series.items.iter().map(|item| item.sent).min()?;
    let last = series.items.iter().map(|item| item.sent).max()?;
    Some(last - first)
}

/// What a call may fill a bucket by: a ladder, and what was accepted while the bucket was empty at both
/// ends.
pub(super) fn gaps(series: &Series, lasted: u64) -> Vec<u64> {
    let mut gaps = Vec::new();
    let mut gap = 0.5 * MILLI as f64;
    while gap < lasted as f64 && gap < 600_000.0 * MILLI as f64 {
        gaps.push(count(gap));
        gap *= 0.5_f64.exp2();
    }
    if let Some(mean) = mean_gap(series) {
        gaps.extend((-6..=6).map(|step| count(mean as f64 * (f64::from(step) / 24.0).exp2())));
    }
    gaps.retain(|&gap| gap > 0);
    gaps
}

/// Between two calls that were accepted, between the first and the last refused one; none if there are not two.
pub(super) fn mean_gap(series: &Series) -> Option<u64> {
    let (mut time, mut calls) = (0_u64, 0);
    for part in series.parts() {
        let mut refused = part
            .iter()
            .enumerate()
            .filter(|(_, item)| matches!(item.sign, Sign::Refused(_)));
        if let Some((first, begin)) = refused.next()
            && let Some((last, end)) = refused.next_back()
        {
            time += end.sent - begin.sent;
            let taken = part[first..last].iter().filter(|item| item.counted);
            calls += taken.map(|item| u64::from(item.cost)).sum::<u64>();
        }
    }
    time.checked_div(calls)
}

/// How long calls are under way, in nanoseconds; a tenth of a second if that isn't known.
pub(super) fn mean_under_way(series: &Series) -> f64 {
    let ended = series
        .items
        .iter()
        .filter(|item| item.counted && item.ended != u64::MAX);
    let (sum, number) = ended.fold((0.0, 0.0), |(sum, number), item| {
        (sum + (item.ended - item.sent) as f64, number + 1.0)
    });
    if number > 0.0 { sum / number } else { 1e8 }
}
