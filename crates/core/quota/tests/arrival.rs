//! Upstreams that count on arrival, at the answer, or in between: what is learned of that lets no window
//! count more than is allowed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::{Announcement, Header, Ledger};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;

/// When a call is counted on its way.
#[derive(Clone, Copy, Debug)]
enum Counts {
    OnArrival,
    AtTheAnswer,
    Anywhere,
    /// When so many hundredths of the time that the answer takes have passed.
    Part(u64),
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
    /// Between the two.
    Between(u64, u64),
    /// Growing by so much in each period, to the other at the most.
    Growing(u64, u64),
    /// The one for so many periods, then the other.
    Falling(u64, u64, u64),
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
    /// Evidence is enough.
    trusts: bool,
    seed: u64,
}

struct Upstream {
    world: World,
    opened: u64,
    in_window: u32,
    counted: Vec<u64>,
    most: u32,
    /// Counted beyond what is allowed.
    beyond: u32,
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
        self.beyond += u32::from(self.in_window > self.world.allowed);
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
    let (upstream, used) = run_all(world);
    (upstream.most, used)
}

fn run_all(world: World) -> (Upstream, f64) {
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
        beyond: 0,
    };
    ledger.trust_evidence(world.trusts);
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
                    let word = Announcement {
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
                Latency::Between(least, most) => least + draw(most - least + 1),
                Latency::Growing(by, most) => ((now - begin) / period * by).min(most),
                Latency::Falling(periods, one, other) => {
                    if now - begin < periods * period {
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
                Counts::Part(part) => there + period / 100 * hundredths * part / 100,
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
    (upstream, used as f64 / could as f64)
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
            trusts: false,
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
        trusts: false,
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

/// Latencies that never fall below what they were for long.
fn steady() -> impl Strategy<Value = Latency> {
    prop_oneof![
        (0..90_u64).prop_map(Latency::Constant),
        (0..90_u64, 0..30_u64).prop_map(|(least, more)| Latency::Between(least, least + more)),
        (0..10_u64, 0..90_u64).prop_map(|(by, most)| Latency::Growing(by, most)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    /// What evidence says is true wherever calls are counted, as long as answers don't come sooner than ever
    /// and what is after the counting doesn't make up for what is before.
    #[test]
    fn with_evidence_no_window_counts_more_either_where_answers_come_no_sooner_than_before(
        world in worlds(prop_oneof![
            Just(Counts::OnArrival),
            Just(Counts::AtTheAnswer),
            (1..100_u64).prop_map(Counts::Part),
        ]),
        latency in steady(),
    ) {
        let (most, _) = run(World { latency, trusts: true, ..world });
        prop_assert!(most <= world.allowed, "{most} of {}", world.allowed);
    }

    /// Where it does so exactly, the order of counts shows that.
    #[test]
    fn calls_counted_anywhere_before_a_constant_answer_are_no_evidence(
        world in worlds(Just(Counts::Anywhere)),
        part in 0..90_u64,
    ) {
        let latency = Latency::Constant(part);
        let (most, _) = run(World { latency, jitter: 0, trusts: true, ..world });
        prop_assert!(most <= world.allowed, "{most} of {}", world.allowed);
    }

    /// Where they fall, calls that are counted on arrival are none the worse.
    #[test]
    fn with_evidence_latencies_may_change_where_calls_are_counted_on_arrival(
        world in worlds(Just(Counts::OnArrival)),
    ) {
        let (most, _) = run(World { trusts: true, ..world });
        prop_assert!(most <= world.allowed, "{most} of {}", world.allowed);
    }

    /// Where they are counted at the answer, a fall costs no more than a window's calls, once.
    #[test]
    fn a_fall_of_the_latency_costs_a_window_at_the_most(
        world in worlds(Just(Counts::AtTheAnswer)),
        (after, one, other) in (2..12_u64, 10..90_u64, 0..90_u64),
    ) {
        let latency = Latency::Falling(after, one, other);
        let (upstream, _) = run_all(World { latency, trusts: true, ..world });
        let counted_anew = if world.windows >= 2 { 2 } else { 1 };
        prop_assert!(
            upstream.beyond <= world.allowed * counted_anew,
            "{} beyond {}", upstream.beyond, world.allowed
        );
    }
}

/// Answers that take the same time, of windows of fixed ends.
#[test]
fn constant_slow_answers_lock_nothing_where_headers_tell_counts_and_ends() {
    for windows in 0..2 {
        for seconds in [6, 60] {
            for part in [20, 50, 80] {
                let world = World {
                    counts: Counts::OnArrival,
                    latency: Latency::Constant(part),
                    jitter: 4 * MS,
                    allowed: 60,
                    period: seconds * SECOND,
                    windows,
                    periods: 30,
                    trusts: true,
                    seed: part,
                };
                let (most, used) = run(world);
                assert!(most <= 60, "{most}");
                assert!(used >= 0.97, "{windows} {seconds} {part}: {used}");
                let proven = World {
                    trusts: false,
                    ..world
                };
                let (_, used) = run(proven);
                assert!(used <= 0.9, "{windows} {seconds} {part}: {used}");
                let (most, used) = run(World {
                    latency: Latency::Growing(part / 2, part),
                    periods: 60,
                    ..world
                });
                assert!(most <= 60, "{most}");
                assert!(used >= 0.95, "growing {windows} {seconds} {part}: {used}");
            }
        }
    }
}

/// Two worlds that look the same until answers come sooner: in the one nothing may be held for longer, in the
/// other everything has to be.
#[test]
fn no_header_tells_a_count_at_arrival_from_one_at_a_constant_answer() {
    let world = |counts, latency| World {
        counts,
        latency,
        jitter: 0,
        allowed: 60,
        period: 6 * SECOND,
        windows: 0,
        periods: 12,
        trusts: true,
        seed: 7,
    };
    let slow = Latency::Constant(50);
    let (_, at_once) = run(world(Counts::OnArrival, slow));
    let (_, at_last) = run(world(Counts::AtTheAnswer, slow));
    assert!(
        (at_once - at_last).abs() < f64::EPSILON,
        "{at_once} {at_last}"
    );
    let falls = Latency::Falling(8, 50, 0);
    let (most, _) = run(world(Counts::OnArrival, falls));
    assert!(most <= 60, "{most}");
    let (most, _) = run(world(Counts::AtTheAnswer, falls));
    assert!(most > 60 && most <= 120, "{most}");
}
