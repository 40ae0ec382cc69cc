//! Callers, an upstream, and a limit on calls at once between them.

use super::random::Random;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;
use tollgate_learn::{Gradient, SendOrder, TimedCall};
use tollgate_model::{AttemptId, EndpointId, Instant};

/// Nanoseconds of a second.
pub const SECOND: u64 = 1_000_000_000;
/// How long a caller waits.
const PATIENCE: u64 = 10 * SECOND;

/// Who says how many may be under way.
pub trait Limit {
    fn allowed(&self) -> u32;
    /// A call has ended. Calls come in the order of their sending.
    fn sample(&mut self, now: u64, took: &TimedCall);
}

pub struct Fixed(pub u32);

impl Limit for Fixed {
    fn allowed(&self) -> u32 {
        self.0
    }
    fn sample(&mut self, _: u64, _: &TimedCall) {}
}

impl Limit for Gradient {
    fn allowed(&self) -> u32 {
        Gradient::allowed(self)
    }
    fn sample(&mut self, now: u64, took: &TimedCall) {
        Gradient::sample(self, Instant::from_nanos(now), took);
    }
}

/// Which endpoint is called at that time with so many under way, and how many seconds its answer takes.
pub type Upstream<'a> = &'a dyn Fn(f64, u32, &mut Random) -> (u32, f64);

/// Answers that callers get in each second.
pub fn run(
    limit: &mut dyn Limit,
    per_second: f64,
    seconds: u64,
    upstream: Upstream,
    seed: u64,
) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut ends = BinaryHeap::new();
    let mut under_way: BTreeMap<AttemptId, TimedCall> = BTreeMap::new();
    let (mut calls, mut number) = (SendOrder::default(), 0);
    let mut waiting: VecDeque<u64> = VecDeque::new();
    let mut answers = vec![0; seconds as usize];
    let mut next = 0;
    loop {
        let now = match ends.peek() {
            Some(&Reverse((at, call))) if at <= next => {
                ends.pop();
                if let Some(answer) = answers.get_mut((at / SECOND) as usize) {
                    *answer += 1;
                }
                calls.ended(call, under_way.remove(&call));
                while let Some(took) = calls.take() {
                    limit.sample(at, &took);
                }
                at
            }
            _ => {
                waiting.push_back(next);
                let now = next;
                next += random.exponential(per_second);
                now
            }
        };
        if now >= seconds * SECOND {
            return answers;
        }
        while waiting.front().is_some_and(|&came| came + PATIENCE < now) {
            waiting.pop_front();
        }
        while (under_way.len() as u32) < limit.allowed() && !waiting.is_empty() {
            waiting.pop_front();
            let at_once = under_way.len() as u32 + 1;
            let (endpoint, takes) = upstream(
                now as f64 / 1e9,
                at_once,
                &mut Random::new(seed ^ number << 20),
            );
            let call = AttemptId(number);
            number += 1;
            calls.sent(call);
            let took = TimedCall {
                endpoint: EndpointId(endpoint),
                sent: Instant::from_nanos(now),
                latency: Duration::from_secs_f64(takes),
                at_once,
                brought: true,
            };
            under_way.insert(call, took);
            ends.push(Reverse((now + (takes * 1e9) as u64, call)));
        }
    }
}

/// Answers a second from a second on.
pub fn rate(answers: &[u32], from: usize) -> f64 {
    let answers = &answers[from..];
    f64::from(answers.iter().sum::<u32>()) / answers.len() as f64
}
