//! How many calls at once bring most, found from how long answers take.

mod world;

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_learn::{Gradient, InOrder};
use tollgate_model::{AttemptId, Instant};
use world::random::Random;

const MILLI: u64 = 1_000_000;

/// Who says how many may be under way.
trait Limit {
    fn allowed(&self) -> u32;
    /// A call has ended that was sent so long before `ended`. Calls come in the order of their sending.
    fn sample(&mut self, now: u64, ended: u64, latency: u64, in_flight: u32);
}

struct Fixed(u32);

impl Limit for Fixed {
    fn allowed(&self) -> u32 {
        self.0
    }
    fn sample(&mut self, _: u64, _: u64, _: u64, _: u32) {}
}

impl Limit for Gradient {
    fn allowed(&self) -> u32 {
        Gradient::allowed(self)
    }
    fn sample(&mut self, now: u64, ended: u64, latency: u64, in_flight: u32) {
        let latency = Duration::from_nanos(latency);
        let sent = Instant::from_nanos(ended).before(latency);
        let now = Instant::from_nanos(now);
        Gradient::sample(self, now, sent, latency, in_flight, true);
    }
}

/// As Netflix's limiter does: the number follows the quotient of a long and a short average.
struct Quotient {
    most: f64,
    number: f64,
    long: f64,
}

impl Limit for Quotient {
    fn allowed(&self) -> u32 {
        self.number as u32
    }
    fn sample(&mut self, _: u64, _: u64, latency: u64, in_flight: u32) {
        let short = latency as f64;
        self.long = if self.long == 0.0 {
            short
        } else {
            self.long + (short - self.long) * 2.0 / 601.0
        };
        if self.long > 2.0 * short {
            self.long *= 0.9;
        }
        if f64::from(in_flight) < self.number / 2.0 {
            return;
        }
        let quotient = (self.long / short).clamp(0.5, 1.0);
        let to = self.number * quotient + 4.0;
        self.number = (self.number * 0.8 + to * 0.2).clamp(1.0, self.most);
    }
}

/// How long an answer takes, with so many under way, in milliseconds.
type Latency<'a> = &'a dyn Fn(u64, u32, &mut Random) -> f64;

/// Answers a second that callers who wait for no longer than ten seconds get, from half of the time on;
/// and the number at the end.
fn run(
    limit: &mut dyn Limit,
    per_second: f64,
    seconds: u64,
    latency: Latency,
    seed: u64,
) -> (f64, u32) {
    let mut random = Random::new(seed);
    let end = seconds * 1_000 * MILLI;
    let mut under_way: Vec<(u64, u64, u32, AttemptId)> = Vec::new();
    let (mut calls, mut number) = (InOrder::default(), 0);
    let mut waiting: VecDeque<u64> = VecDeque::new();
    let (mut next, mut good) = (0, 0);
    loop {
        let first = under_way.iter().enumerate().min_by_key(|(_, call)| call.0);
        let now = match first {
            Some((at, &(ends, sent, in_flight, call))) if ends <= next => {
                under_way.swap_remove(at);
                calls.ended(call, Some((ends, ends - sent, in_flight)));
                while let Some((ended, latency, in_flight)) = calls.take() {
                    limit.sample(ends, ended, latency, in_flight);
                }
                good += u64::from(ends >= end / 2);
                ends
            }
            _ => {
                waiting.push_back(next);
                let now = next;
                next += random.exponential(per_second);
                now
            }
        };
        if now > end {
            return (good as f64 / (seconds as f64 / 2.0), limit.allowed());
        }
        while waiting
            .front()
            .is_some_and(|&came| came + 10_000 * MILLI < now)
        {
            waiting.pop_front();
        }
        while (under_way.len() as u32) < limit.allowed() && !waiting.is_empty() {
            waiting.pop_front();
            let in_flight = under_way.len() as u32 + 1;
            let takes = (latency(now, in_flight, &mut random) * MILLI as f64) as u64;
            let call = AttemptId(number);
            number += 1;
            calls.sent(call);
            under_way.push((now + takes, now, in_flight, call));
        }
    }
}

fn thrash(_: u64, n: u32, _: &mut Random) -> f64 {
    100.0 * (1.0 + (f64::from(n) / 20.0).powi(2))
}

fn workers(_: u64, n: u32, _: &mut Random) -> f64 {
    200.0 * (f64::from(n) / 10.0).max(1.0)
}

fn constant(_: u64, _: u32, _: &mut Random) -> f64 {
    200.0
}

fn chance(_: u64, _: u32, random: &mut Random) -> f64 {
    20.0 + random.exponential(1_000.0 / 180.0) as f64 / MILLI as f64
}

fn slower_for_good(now: u64, _: u32, random: &mut Random) -> f64 {
    let usual = 80.0 + 40.0 * random.unit();
    if now > 60_000 * MILLI {
        usual * 4.0
    } else {
        usual
    }
}

#[test]
fn goodput() {
    let cases: [(&str, Latency, f64, u32); 7] = [
        ("100 ms × (1+(n/20)²), 120 a second", &thrash, 120.0, 200),
        ("the same, 90 a second", &thrash, 90.0, 200),
        ("10 workers × 200 ms, 75 a second", &workers, 75.0, 200),
        ("the same, 40 a second", &workers, 40.0, 50),
        ("always 200 ms, 200 a second", &constant, 200.0, 30),
        (
            "20 ms and 180 ms by chance, 200 a second",
            &chance,
            200.0,
            30,
        ),
        (
            "four times slower for good, 200 a second",
            &slower_for_good,
            200.0,
            40,
        ),
    ];
    println!(
        "| upstream | configured | as configured | the best number | gradient | quotient of averages |"
    );
    for (name, latency, load, configured) in cases {
        for seed in 1..=3 {
            let plain = run(&mut Fixed(configured), load, 300, latency, seed).0;
            let tries = [5, 8, 10, 15, 20, 25, 30, 40, 50, 100, 200];
            let tries = tries.into_iter().filter(|&number| number <= configured);
            let best = tries.map(|number| run(&mut Fixed(number), load, 300, latency, seed).0);
            let best = best.fold(0.0, f64::max);
            let (found, number) = run(&mut Gradient::new(configured), load, 300, latency, seed);
            let mut quotient = Quotient {
                most: f64::from(configured),
                number: f64::from(configured),
                long: 0.0,
            };
            let (other, its) = run(&mut quotient, load, 300, latency, seed);
            println!(
                "| {name} | {configured} | {plain:.1} | {best:.1} | {found:.1} ({number}) | {other:.1} ({its}) |"
            );
            let least = if name.contains("always") || name.contains("chance") {
                0.99
            } else {
                0.97
            };
            assert!(found >= least * best, "{name}: {found} of {best}");
        }
    }
}
