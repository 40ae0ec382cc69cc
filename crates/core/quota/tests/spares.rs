//! What can be given away, against a plain look at every end: never more, and not much less.

use proptest::prelude::*;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::Ledger;

const PERIOD: Duration = Duration::from_secs(60);

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// Whether every end comes before more is needed than is free by then, where only a part of what has
/// ended before it counts.
fn covers(
    left: f64,
    ends: &[Instant],
    now: Instant,
    part: f64,
    need: impl Fn(Duration) -> f64,
) -> bool {
    let supply = |ended: usize| left + (ended as f64 * part).floor();
    let until = ends.iter().enumerate();
    let mut until = until.map(|(ended, end)| need(end.since(now)) <= supply(ended));
    until.all(|enough| enough) && need(PERIOD) <= supply(ends.len())
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
        let need = |span: Duration| per_second * span.as_secs_f64() + burst * (span.as_secs_f64() / 60.0).sqrt();
        let left = f64::from(ledger.room(now)) - f64::from(cost);
        let spares = ledger.spares(cost, now, need);
        prop_assert!(!spares || left >= 0.0 && covers(left, &ends, now, 1.0, need));
        // Looks are a sixteenth apart.
        prop_assert!(spares || left < 0.0 || !covers(left - 1.0, &ends, now, 15.0 / 16.0, need));
    }
}
