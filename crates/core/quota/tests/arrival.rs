//! Upstreams that count on arrival, at the answer, or in between: what is learned of that lets no window
//! count more than is allowed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::{Header, Ledger, Word};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;

/// When a call is counted on its way.
#[derive(Clone, Copy, Debug)]
enum Counts {
    OnArrival,
    AtTheAnswer,
    Anywhere,
}

/// How long answers take.
#[derive(Clone, Copy, Debug)]
enum Latency {
    /// A part of the period, in hundredths.
    Constant(u64),
    /// Between nothing and such a part.
    Random(u64),
    /// The one, then the other, changing every so many hundredths of a period.
    Changing(u64, u64, u64),
}

#[derive(Clone, Copy, Debug)]
struct World {
    counts: Counts,
    latency: Latency,
    /// Nanoseconds by which the ways to and from the upstream vary.
    jitter: u64,
    allowed: u32,
    period: u64,
    /// Opened by a call (0) or aligned (1); sliding, with the end of the oldest call (2) or of the newest (3).
    windows: u8,
    periods: u64,
    seed: u64,
}

struct Upstream {
    world: World,
    opened: u64,
    in_window: u32,
    counted: Vec<u64>,
    most: u32,
}

impl Upstream {
    fn count(&mut self, now: u64) -> Header {
        let period = self.world.period;
        let left = if self.world.windows >= 2 {
            self.counted.retain(|at| at + period > now);
            self.counted.push(now);
            self.in_window = self.counted.len() as u32;
            if self.world.windows == 2 {
                self.counted[0] + period - now
            } else {
                period
            }
        } else {
            if self.in_window == 0 || now >= self.opened + period {
                self.opened = if self.world.windows == 0 {
                    now
                } else {
                    now - now % period
                };
                self.in_window = 0;
            }
            self.in_window += 1;
            self.opened + period - now
        };
        self.most = self.most.max(self.in_window);
        Header {
            count: self.in_window,
            reset: Duration::from_secs(left / SECOND + 1),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Counted(usize),
    Answered(usize),
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

/// The most that a window counted, and the part of what is allowed that was used.
fn run(world: World) -> (u32, f64) {
    let mut random = world.seed | 1;
    let mut draw = move |bound: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound.max(1)
    };
    let period = world.period;
    let mut ledger = Ledger::new(Rule::Window {
        allowed: world.allowed,
        period: Duration::from_nanos(period),
        counted_within: None,
    });
    let mut upstream = Upstream {
        world,
        opened: 0,
        in_window: 0,
        counted: vec![],
        most: 0,
    };
    let mut due: BinaryHeap<Reverse<(u64, Due)>> = BinaryHeap::new();
    let (mut sent, mut said): (Vec<u64>, Vec<Option<Header>>) = (vec![], vec![]);
    let begin = 10 * period + period / 3;
    let end = begin + world.periods * period;
    let mut now = begin;
    let mut used = 0_u64;
    while now < end {
        while let Some(&Reverse((when, what))) = due.peek().filter(|it| it.0.0 <= now) {
            due.pop();
            match what {
                Due::Counted(call) => said[call] = Some(upstream.count(when)),
                Due::Answered(call) => {
                    let (sent, now) = (at(sent[call]), at(when));
                    ledger.settle(sent, now, 1);
                    let header = said[call].unwrap();
                    let word = Word {
                        family: 0,
                        allowed: world.allowed,
                        header,
                        refused: false,
                    };
                    if ledger.hear(sent, now, 1, word, false).sound {
                        ledger.observe(sent, now, 1, header);
                    }
                }
            }
        }
        if ledger.has_room(at(now), 1) {
            let hundredths = match world.latency {
                Latency::Constant(part) => part,
                Latency::Random(most) => draw(most + 1),
                Latency::Changing(one, other, every) => {
                    if (now / (period / 100 * every.max(1))).is_multiple_of(2) {
                        one
                    } else {
                        other
                    }
                }
            };
            let there = now + draw(world.jitter);
            let answered = there + period / 100 * hundredths + draw(world.jitter);
            let counted = match world.counts {
                Counts::OnArrival => there,
                Counts::AtTheAnswer => answered,
                Counts::Anywhere => there + draw(answered - there + 1),
            };
            let call = sent.len();
            sent.push(now);
            said.push(None);
            ledger.take(at(now), 1);
            due.push(Reverse((counted, Due::Counted(call))));
            due.push(Reverse((answered, Due::Answered(call))));
            used += u64::from(now >= begin + period * 4);
            // Calls leave one by one.
            now += draw(2 * MS);
        } else {
            let event = due.peek().map(|&Reverse((when, _))| when);
            let room = ledger.next_room(at(now), 1).map(Instant::as_nanos);
            let next = event.into_iter().chain(room).min().unwrap();
            now = next.max(now + 1);
        }
    }
    let could = (world.periods - 4) * u64::from(world.allowed);
    (upstream.most, used as f64 / could as f64)
}

fn latency() -> impl Strategy<Value = Latency> {
    prop_oneof![
        (0..90_u64).prop_map(Latency::Constant),
        (1..90_u64).prop_map(Latency::Random),
        (0..90_u64, 0..90_u64, 1..400_u64).prop_map(|(a, b, every)| Latency::Changing(a, b, every)),
    ]
}

fn worlds(counts: impl Strategy<Value = Counts>) -> impl Strategy<Value = World> {
    let shape = (
        0..40 * MS,
        5..80_u32,
        prop_oneof![Just(6), Just(12), Just(60)],
        0..4_u8,
    );
    (counts, latency(), shape, any::<u64>()).prop_map(|(counts, latency, shape, seed)| {
        let (jitter, allowed, seconds, windows) = shape;
        World {
            counts,
            latency,
            jitter,
            allowed,
            period: seconds * SECOND,
            windows,
            periods: 24,
            seed,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn no_window_counts_more_than_allowed_wherever_calls_are_counted(
        world in worlds(prop_oneof![
            Just(Counts::OnArrival), Just(Counts::AtTheAnswer), Just(Counts::Anywhere)
        ]),
    ) {
        let (most, _) = run(world);
        prop_assert!(most <= world.allowed, "{most} of {}", world.allowed);
    }
}

/// Answers that take up to 60 % of a period; without the order of counts 77 % could be used.
#[test]
fn slow_answers_do_not_lock_what_is_counted_on_arrival() {
    let world = |counts, windows| World {
        counts,
        latency: Latency::Random(60),
        jitter: 2 * MS,
        allowed: 60,
        period: 6 * SECOND,
        windows,
        periods: 60,
        seed: 3,
    };
    // Where windows slide, the first call leaves too soon for counts to tell an order.
    for windows in 0..2 {
        let (most, used) = run(world(Counts::OnArrival, windows));
        assert!(most <= 60, "{most}");
        assert!(used >= 0.97, "{windows}: {used}");
        for counts in [Counts::AtTheAnswer, Counts::Anywhere] {
            let (most, _) = run(world(counts, windows));
            assert!(most <= 60, "{most}");
        }
    }
}
