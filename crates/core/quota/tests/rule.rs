//! The quota rule, tried to break: random latencies, jitter, lost answers, dear calls, declared bounds
//! and kills, a sender as greedy as the rule lets it be, and an upstream that counts anywhere between
//! sending and answer. No window of the period, wherever it opens, may count more than is allowed.

use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::Ledger;

const MS: u64 = 1_000_000;

#[derive(Clone, Debug)]
struct Call {
    /// Wait of the sender before it asks for this slot.
    pause: u64,
    /// From sending to counting.
    way_in: u64,
    /// From counting to the answer.
    way_back: u64,
    lost: bool,
    never_sent: bool,
    cost: u32,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = (
        0..40u64,
        0..15u64,
        0..120u64,
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.05),
        0..12u32,
    );
    let call = call.prop_map(|(pause, way_in, way_back, lost, never_sent, cost)| Call {
        // Most calls come in bursts.
        pause: pause.saturating_sub(30) * MS,
        way_in: way_in * MS,
        way_back: way_back * MS,
        lost,
        never_sent,
        cost: cost.saturating_sub(8).max(1),
    });
    prop::collection::vec(call, 1..300)
}

/// Gives every call to the ledger as early as it has room; tells when the upstream counted each.
/// Now and then the process is killed: what it journaled is restored in another.
fn counted_at(rule: Rule, calls: &[Call], give_up: u64, grace: u64, kill: usize) -> Vec<u64> {
    let mut ledger = Ledger::new(rule);
    let mut settlements = BinaryHeap::new();
    let mut counted = Vec::new();
    let mut now = 0;
    // Usage as journaled, when, and slots taken since.
    let mut journal = (ledger.usage(Instant::ZERO), 0, 0);
    for (number, call) in calls.iter().enumerate() {
        let cost = call.cost.min(rule.allowed());
        now += call.pause;
        if number % 5 == 0 {
            journal = (ledger.usage(Instant::from_nanos(now)), now, 0);
        }
        if number % kill == kill - 1 {
            let down = call.way_back / 2;
            let killed = now;
            now += down;
            ledger = Ledger::new(rule);
            settlements.clear();
            ledger.restore(
                &journal.0,
                journal.2,
                Duration::from_nanos(killed - journal.1 + down),
                Instant::from_nanos(killed + 15 * MS),
                Instant::from_nanos(now),
            );
            journal = (ledger.usage(Instant::from_nanos(now)), now, 0);
        }
        loop {
            while let Some(&Reverse((due, sent, counted_by, cost))) = settlements.peek() {
                if due > now {
                    break;
                }
                settlements.pop();
                ledger.settle(
                    Instant::from_nanos(sent),
                    Instant::from_nanos(counted_by),
                    cost,
                );
            }
            if ledger.has_room(Instant::from_nanos(now), cost) {
                break;
            }
            let by_answer = settlements.peek().map(|&Reverse((due, ..))| due);
            let by_time = ledger
                .next_room(Instant::from_nanos(now), cost)
                .map(Instant::as_nanos);
            now = by_answer
                .into_iter()
                .chain(by_time)
                .min()
                .expect("room comes back");
        }
        ledger.take(Instant::from_nanos(now), cost);
        journal.2 += cost;
        if call.never_sent {
            ledger.cancel(Instant::from_nanos(now), cost);
            continue;
        }
        counted.extend((0..cost).map(|_| now + call.way_in));
        let answer = now + call.way_in + call.way_back;
        if call.lost {
            settlements.push(Reverse((now + give_up, now, now + give_up + grace, cost)));
        } else {
            settlements.push(Reverse((answer, now, answer, cost)));
        }
    }
    counted
}

/// The most that any half-open window of `period` counts. A window that counts most can be moved
/// until it opens at a call.
fn most_in_a_window(mut counted: Vec<u64>, period: u64) -> usize {
    counted.sort_unstable();
    let ends = counted
        .iter()
        .map(|at| counted.partition_point(|other| *other < at + period));
    ends.enumerate()
        .map(|(start, end)| end - start)
        .max()
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_window_counts_more_than_allowed(
        calls in calls(), allowed in 1..20u32, period in 20..200u64, bounded in any::<bool>(),
        kill in prop::sample::select(vec![7_usize, 40, 1_000]),
    ) {
        let rule = Rule::Window {
            allowed,
            period: Duration::from_millis(period),
            counted_within: bounded.then(|| Duration::from_millis(15)),
        };
        // Given up after 10 ms, though the request may be on its way for 15 ms: the grace covers it.
        let counted = counted_at(rule, &calls, 10 * MS, 5 * MS, kill);
        prop_assert!(most_in_a_window(counted, period * MS) <= allowed as usize);
    }
}

/// The property can fail: a sliding log of send times, which looks right, breaks it.
#[test]
fn a_log_of_send_times_is_caught() {
    let period = 100 * MS;
    let slow = 14 * MS;
    let counted = vec![slow, period, period + 1];
    assert_eq!(
        most_in_a_window(counted, period),
        3,
        "two allowed, sent at 0, 100 and 100 ms"
    );
}
