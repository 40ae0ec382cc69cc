//! Whether more was accepted than windows of a number let pass.
//!
//! That more than *n* calls were accepted within a period says little: they may have been in two windows, the
//! last of one and the first of the next, and nobody knows where windows end. Of all the ends that are possible
//! a surplus excludes those that have all of its calls in one window. So a number is refuted when the surpluses
//! exclude nearly all ends, as they do where calls wait for the limit for a whole period.

use crate::series::{Item, Series, Sign};

/// How likely it is, at the most, that windows of a refuted number would have let pass all that was accepted.
const UNLIKELY: f64 = 0.1;
/// How unlikely it has to be that a number which was tried in vain holds, for a lower one to be taken: one that is too high costs a batch of refusals, one that is
/// too low what could be used until the next try.
const DOUBTFUL: f64 = 0.75;

/// Whether windows of the number and period (in nanoseconds), wherever they end, would have refused something of
/// what was accepted. Each part of the series has windows of its own.
pub(super) fn is_refuted(series: &Series, number: u32, period: u64) -> bool {
    chance(series, number, period) <= UNLIKELY
}

/// How likely windows of the number would have let pass all that was accepted, were each end as likely as any.
fn chance(series: &Series, number: u32, period: u64) -> f64 {
    let parts = series.parts();
    let chances = parts.map(|part| 1.0 - excluded(part, number, period));
    chances.product()
}

/// The most for which one less is doubtful, at least `number`.
pub(super) fn most(series: &Series, number: u32, period: u64, at_most: u32) -> u32 {
    let (mut least, mut beyond) = (number, at_most.saturating_add(1));
    while beyond > least + 1 {
        let middle = least + (beyond - least) / 2;
        if chance(series, middle - 1, period) <= DOUBTFUL {
            least = middle;
        } else {
            beyond = middle;
        }
    }
    least
}

/// The share of all ends of windows for which one window has more than `number` calls that were accepted.
fn excluded(part: &[Item], number: u32, period: u64) -> f64 {
    let accepted: Vec<&Item> = part
        .iter()
        .filter(|item| item.sign == Sign::Accepted)
        .collect();
    let (mut first, mut sum) = (0, 0);
    let mut excluded: Vec<(u64, u64)> = Vec::new();
    for last in &accepted {
        sum += last.cost;
        while sum - accepted[first].cost > number {
            sum -= accepted[first].cost;
            first += 1;
        }
        let lasted = last.sent - accepted[first].sent;
        if sum > number && lasted < period {
            // Windows that end after the last of them and no later than a period after the first.
            let (begin, end) = (last.sent % period, last.sent % period + period - lasted);
            excluded.push((begin, end.min(period)));
            excluded.push((0, end.saturating_sub(period)));
        }
    }
    excluded.sort_unstable();
    let (mut covered, mut upto) = (0, 0);
    for (begin, end) in excluded {
        covered += end.saturating_sub(begin.max(upto));
        upto = upto.max(end);
    }
    covered as f64 / period as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Call, Ring, State};
    use crate::finding::Group;
    use std::time::Duration;
    use tollgate_model::{AttemptId, EndpointId, Instant};

    const PERIOD: u64 = 60_000;

    /// Calls that were accepted at these instants, in milliseconds.
    fn accepted(sent: impl Iterator<Item = u64>) -> Series {
        let mut ring = Ring::default();
        for (attempt, sent) in (1..).zip(sent) {
            let call = Call {
                sent: Instant::ZERO + Duration::from_millis(sent),
                token: None,
                client: None,
                endpoint: EndpointId::UNKNOWN,
                cost: 1,
            };
            let attempt = AttemptId(attempt);
            ring.push(attempt, call, usize::MAX, Duration::MAX);
            if let Some(record) = ring.get_mut(attempt) {
                record.state = State::Accepted;
            }
        }
        Series::of(&ring, Group::Upstream, Instant::ZERO, Instant::ZERO, |_| {
            true
        })
    }

    fn nanos(millis: u64) -> u64 {
        millis * 1_000_000
    }

    #[test]
    fn a_surplus_that_may_have_been_in_two_windows_refutes_nothing() {
        // Ten at the end of a minute, ten at the beginning of the next.
        let series = accepted((0..20).map(|call| 55_000 + call * 500));
        assert!(is_refuted(&series, 4, nanos(PERIOD)));
        let split = accepted((0..10).chain(20..30).map(|call| 50_000 + call * 2_000));
        assert!(!is_refuted(&split, 15, nanos(PERIOD)));
        assert!(most(&split, 10, nanos(PERIOD), 20) < 18);
    }

    #[test]
    fn what_is_always_more_than_a_number_refutes_it() {
        let series = accepted((0..200).map(|call| call * 1_000));
        assert!(is_refuted(&series, 59, nanos(PERIOD)));
        assert!(!is_refuted(&series, 60, nanos(PERIOD)));
        assert_eq!(most(&series, 20, nanos(PERIOD), 100), 60);
    }

    #[test]
    fn nothing_that_was_accepted_refutes_nothing() {
        let series = accepted(std::iter::empty());
        assert!(!is_refuted(&series, 1, nanos(PERIOD)));
        assert_eq!(most(&series, 7, nanos(PERIOD), 0), 7);
    }
}
