//! What headers tell, tried to break: an upstream with fixed or sliding windows that counts on
//! arrival, says its count and the seconds to its window's end (rounded up, down, or one more than
//! down), and counts others' calls as well; a sender as greedy as the ledger lets it be.

use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::{Header, Ledger};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const PERIOD: u64 = 20 * SECOND;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Windows {
    FirstCall,
    Aligned {
        phase: u64,
    },
    /// `reset` tells when the oldest call leaves.
    SlidingOldest,
    /// `reset` tells when the newest call leaves.
    SlidingNewest,
}

#[derive(Clone, Copy, Debug)]
enum Rounding {
    Up,
    Down,
    DownAndOne,
}

struct Upstream {
    windows: Windows,
    rounding: Rounding,
    /// When each call was counted, and whether it was ours.
    counted: Vec<(u64, bool)>,
    opened: u64,
    in_window: u32,
    ours_in_window: u32,
    most: u32,
    most_ours: u32,
}

impl Upstream {
    fn new(windows: Windows, rounding: Rounding) -> Self {
        Self {
            windows,
            rounding,
            counted: vec![],
            opened: 0,
            in_window: 0,
            ours_in_window: 0,
            most: 0,
            most_ours: 0,
        }
    }

    fn count(&mut self, now: u64, ours: bool) -> Header {
        let remaining = match self.windows {
            Windows::FirstCall | Windows::Aligned { .. } => {
                if self.in_window == 0 || now >= self.opened + PERIOD {
                    self.opened = match self.windows {
                        Windows::Aligned { phase } => now - (now + PERIOD - phase) % PERIOD,
                        _ => now,
                    };
                    (self.in_window, self.ours_in_window) = (0, 0);
                }
                self.in_window += 1;
                self.ours_in_window += u32::from(ours);
                self.opened + PERIOD - now
            }
            Windows::SlidingOldest | Windows::SlidingNewest => {
                self.counted.push((now, ours));
                self.counted.retain(|(at, _)| at + PERIOD > now);
                self.in_window = self.counted.len() as u32;
                self.ours_in_window = self.counted.iter().filter(|(_, ours)| *ours).count() as u32;
                match self.windows {
                    Windows::SlidingOldest => self.counted[0].0 + PERIOD - now,
                    _ => PERIOD,
                }
            }
        };
        self.most = self.most.max(self.in_window);
        self.most_ours = self.most_ours.max(self.ours_in_window);
        let seconds = match self.rounding {
            Rounding::Up => remaining.div_ceil(SECOND),
            Rounding::Down => remaining / SECOND,
            Rounding::DownAndOne => remaining / SECOND + 1,
        };
        Header {
            count: self.in_window,
            reset: Duration::from_secs(seconds),
        }
    }
}

#[derive(Clone, Debug)]
struct Call {
    pause: u64,
    way_in: u64,
    way_back: u64,
    /// Somebody else's calls just before it; it is then waited for.
    foreign: u32,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = (0..4_000u64, 0..15u64, 0..19_000u64, 0..60u32);
    let call = call.prop_map(|(pause, way_in, way_back, foreign)| Call {
        pause: pause.saturating_sub(2_500) * MS,
        way_in: way_in * MS,
        way_back: if way_back < 15_000 {
            way_back % 100
        } else {
            way_back
        } * MS,
        foreign: foreign.saturating_sub(57),
    });
    prop::collection::vec(call, 50..400)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Counted(usize),
    Answered(usize),
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

/// A ledger that stands for several, of which there is but this one.
fn sum_of(one: &Ledger) -> Ledger {
    let mut sum = one.clone();
    sum.set_allowed(0);
    sum.merge(one);
    sum
}

/// What stands for several ledgers tells the same of their slots as they do.
fn agree(one: &mut Ledger, sum: &mut Ledger, now: Instant) {
    assert_eq!(
        (one.held(now), one.room(now)),
        (sum.held(now), sum.room(now))
    );
    for call in [1, 2, 3, 5, 8, 13, 21, 34] {
        assert_eq!(one.earliest(call, now), sum.earliest(call, now), "{call}");
    }
    for ahead in [PERIOD / 64, PERIOD / 2, PERIOD] {
        let then = now + Duration::from_nanos(ahead);
        let open = one.held(now) - one.freed_by(then);
        assert_eq!(open, one.held(then));
        assert_eq!(open, sum.held(now) - sum.freed_by(then));
    }
}

/// Sends every call as early as the ledger has room; gives the upstream and when the last was sent.
fn run(
    rule: Rule,
    windows: Windows,
    rounding: Rounding,
    calls: &[Call],
    others: bool,
    learn: bool,
) -> (Upstream, u64) {
    let mut ledger = Ledger::new(rule);
    let mut sum = sum_of(&ledger);
    let mut upstream = Upstream::new(windows, rounding);
    let mut due = BinaryHeap::new();
    let mut sent = vec![0; calls.len()];
    let mut said = vec![None; calls.len()];
    // So that a window may have opened before.
    let mut now = PERIOD;
    let mut take_up = |until: u64,
                       ledger: &mut Ledger,
                       sum: &mut Ledger,
                       upstream: &mut Upstream,
                       due: &mut BinaryHeap<Reverse<(u64, Due)>>,
                       sent: &[u64]| {
        while let Some(&Reverse((when, what))) = due.peek() {
            if when > until {
                break;
            }
            due.pop();
            match what {
                Due::Counted(call) => said[call] = Some(upstream.count(when, true)),
                Due::Answered(call) => {
                    for ledger in [&mut *ledger, &mut *sum] {
                        ledger.settle(at(sent[call]), at(when), 1);
                    }
                    if let Some(header) = said[call].filter(|_| learn)
                        && let Some(shift) = ledger.observe(at(sent[call]), at(when), 1, header)
                    {
                        sum.shift(shift);
                    }
                    agree(ledger, sum, at(when));
                }
            }
        }
    };
    for (number, call) in calls.iter().enumerate() {
        now += call.pause;
        loop {
            take_up(now, &mut ledger, &mut sum, &mut upstream, &mut due, &sent);
            if ledger.has_room(at(now), 1) {
                break;
            }
            let by_event = due.peek().map(|&Reverse((when, _))| when);
            let by_time = ledger.next_room(at(now), 1).map(Instant::as_nanos);
            now = by_event
                .into_iter()
                .chain(by_time)
                .min()
                .expect("room comes back");
        }
        let foreign = if others { call.foreign } else { 0 };
        if foreign > 0 {
            // ForeignCalls call while none of ours is on the way, and never beyond the limit.
            while let Some(&Reverse((when, _))) = due.peek() {
                now = now.max(when);
                take_up(now, &mut ledger, &mut sum, &mut upstream, &mut due, &sent);
            }
            for _ in 0..foreign {
                upstream.count(now, false);
            }
        }
        sent[number] = now;
        for ledger in [&mut ledger, &mut sum] {
            ledger.take(at(now), 1);
        }
        agree(&mut ledger, &mut sum, at(now));
        let counted = now + call.way_in;
        due.push(Reverse((counted, Due::Counted(number))));
        let way_back = if foreign > 0 { 5 * MS } else { call.way_back };
        let answered = counted + way_back;
        due.push(Reverse((answered, Due::Answered(number))));
        if foreign > 0 {
            now = answered;
        }
    }
    let last = now;
    take_up(
        u64::MAX,
        &mut ledger,
        &mut sum,
        &mut upstream,
        &mut due,
        &sent,
    );
    (upstream, last)
}

fn windows() -> impl Strategy<Value = Windows> {
    prop_oneof![
        Just(Windows::FirstCall),
        (0..PERIOD).prop_map(|phase| Windows::Aligned { phase }),
        Just(Windows::SlidingOldest),
        Just(Windows::SlidingNewest),
    ]
}

fn rounding() -> impl Strategy<Value = Rounding> {
    prop_oneof![
        Just(Rounding::Up),
        Just(Rounding::Down),
        Just(Rounding::DownAndOne)
    ]
}

fn rule(allowed: u32, bounded: bool) -> Rule {
    Rule::Window {
        allowed,
        period: Duration::from_nanos(PERIOD),
        counted_within: bounded.then(|| Duration::from_millis(15)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    /// Whatever headers say and others do, no window counts more than `allowed` of ours.
    #[test]
    fn no_window_counts_more_than_allowed(
        calls in calls(), windows in windows(), rounding in rounding(),
        allowed in 6..40u32, bounded in any::<bool>(), others in any::<bool>(),
    ) {
        let (upstream, _) = run(rule(allowed, bounded), windows, rounding, &calls, others, true);
        prop_assert!(upstream.most_ours <= allowed, "{} of {allowed}", upstream.most_ours);
    }

    /// ForeignCalls' calls that a header has shown are never sent over. Each burst of theirs is smaller
    /// than what is left when it comes, or the upstream would turn it away, not us.
    #[test]
    fn foreign_calls_once_seen_hold_their_slots(
        calls in calls(), rounding in rounding(), phase in 0..PERIOD, first in any::<bool>(),
    ) {
        let windows = if first { Windows::FirstCall } else { Windows::Aligned { phase } };
        let allowed = 40;
        // The first call of each window shows a burst of three; ours then fill the window.
        let mut calls = calls;
        for (number, call) in calls.iter_mut().enumerate() {
            call.foreign = u32::from(number == 0) * 3;
        }
        calls.truncate(60);
        let (upstream, _) = run(rule(allowed, true), windows, rounding, &calls, true, true);
        prop_assert!(upstream.most <= allowed, "{} of {allowed}", upstream.most);
    }
}

/// The improvement is one: a sender with bursts is through earlier with headers than without.
#[test]
fn learning_makes_the_same_calls_end_earlier() {
    // By turns: one call, and eleven after 15 s; twelve at once.
    let calls: Vec<Call> = (0..240)
        .map(|number| Call {
            pause: if number % 24 == 1 {
                15 * SECOND
            } else {
                60 * MS
            },
            way_in: 5 * MS,
            way_back: 50 * MS,
            foreign: 0,
        })
        .collect();
    let end = |learn| {
        run(
            rule(12, false),
            Windows::FirstCall,
            Rounding::DownAndOne,
            &calls,
            false,
            learn,
        )
        .1
    };
    let (with, without) = (end(true), end(false));
    println!(
        "240 calls: {:.1} s with headers, {:.1} s without",
        with as f64 / 1e9,
        without as f64 / 1e9
    );
    assert!(with < without);
}
