//! What can be given away, against a plain look at every end: never more, and not much less.

use proptest::prelude::*;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::Ledger;

const PERIOD: Duration = Duration::from_secs(60);

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// What comes evenly, and what comes at once, the more the longer the span.
struct Bursts {
    per_second: f64,
    burst: f64,
}

impl Bursts {
    fn within(&self, span: Duration) -> f64 {
        let seconds = span.as_secs_f64();
        self.per_second * seconds + self.burst * (seconds / 60.0).sqrt()
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

/// Calls that were settled at these milliseconds, before the minute that it is now, and what else the ledger holds.
struct Held {
    settled: Vec<u64>,
    open: u32,
    spare: u32,
}

impl Held {
    /// A call of this cost is allowed only if the rest covers the demand, and is refused only if a slot less, and a
    /// sixty-fourth less of what comes back, wouldn't.
    fn check(mut self, cost: u32, demand: &Bursts) {
        self.settled.sort_unstable();
        let now = at(60_000);
        let mut ledger = Ledger::new(Rule::Window {
            allowed: self.settled.len() as u32 + self.open + self.spare,
            period: PERIOD,
            counted_within: None,
        });
        for &sent in &self.settled {
            ledger.take(at(sent), 1);
            ledger.settle(at(sent), at(sent), 1);
        }
        ledger.take(at(0), self.open);
        let ends = self.settled.iter().map(|&sent| at(sent) + PERIOD);
        let ends: Vec<_> = ends.filter(|&end| end > now).collect();
        let left = f64::from(ledger.room(now)) - f64::from(cost);
        let allows = left >= ledger.reserve(Duration::ZERO, now, |span| demand.within(span));
        assert!(!allows || left >= 0.0 && covers(left, &ends, now, 1.0, demand));
        assert!(allows || left < 0.0 || !covers(left - 1.0, &ends, now, 63.0 / 64.0, demand));
    }
}

/// Many slots come back in a moment and one nearly a period later: the looks have steps by then, and the last end lies
/// within one.
#[test]
fn the_last_end_is_looked_at() {
    let mut settled = vec![1; 97];
    settled.push(59_722);
    let held = Held {
        settled,
        open: 0,
        spare: 31,
    };
    let demand = Bursts {
        per_second: 1.638,
        burst: 28.225,
    };
    held.check(1, &demand);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_others_need_is_kept_and_little_more(
        settled in prop::collection::vec(0..60_000u64, 0..300), open in 0..60u32,
        spare in 0..40u32, cost in 1..4u32, per_second in 0.0..8.0f64, burst in 0.0..30.0f64,
    ) {
        Held { settled, open, spare }.check(cost, &Bursts { per_second, burst });
    }
}
