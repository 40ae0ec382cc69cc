//! What can be given away, against a plain look at every end: never more, and not much less.

use proptest::prelude::*;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::{Demand, Ledger};

const PERIOD: Duration = Duration::from_secs(60);

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// What comes evenly, and what comes at once, the more the longer the span.
struct Bursts {
    per_second: f64,
    burst: f64,
}

impl Demand for Bursts {
    fn within(&self, span: Duration) -> f64 {
        let seconds = span.as_secs_f64();
        self.per_second * seconds + self.burst * (seconds / 60.0).sqrt()
    }

    fn span_of(&self, slots: f64) -> Duration {
        let (even, once) = (self.per_second, self.burst / 60.0_f64.sqrt());
        let root = if even > 0.0 {
            ((once * once + 4.0 * even * slots).sqrt() - once) / (2.0 * even)
        } else {
            slots / once
        };
        let span = Duration::try_from_secs_f64(root * root).unwrap_or(Duration::MAX);
        // Lest rounding has made it too long.
        span.saturating_sub(Duration::from_nanos(10))
    }
}

/// Whether every end comes before more is needed than is free by then, where only a part of what has
/// ended before it counts.
fn covers(left: f64, ends: &[Instant], now: Instant, part: f64, demand: &Bursts) -> bool {
    let supply = |ended: usize| left + (ended as f64 * part).floor();
    let until = ends.iter().enumerate();
    let mut until = until.map(|(ended, end)| demand.within(end.since(now)) <= supply(ended));
    until.all(|enough| enough) && demand.within(PERIOD) <= supply(ends.len())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_others_need_is_kept_and_little_more(
        mut settled in prop::collection::vec(0..60_000u64, 0..300), open in 0..60u32,
        spare in 0..40u32, cost in 1..4u32, per_second in 0.0..8.0f64, burst in 0.0..30.0f64,
    ) {
        settled.sort_unstable();
        let now = at(60_000);
        let mut ledger = Ledger::new(Rule::Window {
            allowed: settled.len() as u32 + open + spare,
            period: PERIOD,
            counted_within: None,
        });
        for &sent in &settled {
            ledger.take(at(sent), 1);
            ledger.settle(at(sent), at(sent), 1);
        }
        ledger.take(at(0), open);
        let ends: Vec<_> = settled.iter().map(|&sent| at(sent) + PERIOD).filter(|&end| end > now).collect();
        let demand = Bursts { per_second, burst };
        let left = f64::from(ledger.room(now)) - f64::from(cost);
        let allows = left >= ledger.reserve(Duration::ZERO, now, &demand);
        prop_assert!(!allows || left >= 0.0 && covers(left, &ends, now, 1.0, &demand));
        // Looks are a sixteenth apart.
        prop_assert!(allows || left < 0.0 || !covers(left - 1.0, &ends, now, 15.0 / 16.0, &demand));
    }
}
