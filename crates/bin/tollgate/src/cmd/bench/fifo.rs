//! Limiters as people use them: first come first served in front of a gate, tokens in turn, and
//! another try after `Retry-After` where a call is answered 429. Calls are dropped at their deadline.

use super::Scale;
use super::load::Load;
use super::world::{Act, Peer};
use governor::clock::{Clock, FakeRelativeClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;
use tollgate_engine::Facts;
use tollgate_model::Instant;
use tollgate_sim::{SendRate, Vegas};

/// What lets calls through.
pub(super) trait Gate {
    /// The token to send with now, or when to ask again.
    fn pass(&mut self, now: Instant) -> Result<u32, Instant>;
    fn tokens(&self) -> u32;
    /// What became of a call that it let through.
    fn learn(&mut self, _: Passed, _: Instant) {}
}

/// A call that was let through and is answered.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    sent: Instant,
    /// Calls under way when it was sent, itself included.
    at_once: usize,
    /// Whether it was answered 429.
    limited: bool,
}

pub(super) struct Fifo<G> {
    gate: G,
    deadlines: Vec<Instant>,
    waiting: VecDeque<usize>,
    retries: BinaryHeap<Reverse<(Instant, usize)>>,
    acts: VecDeque<Act>,
    /// By attempt: when it was sent, and how many were under way then.
    sent: Vec<(Instant, usize)>,
    answered: usize,
    /// When the gate may open.
    opens: Option<Instant>,
}

impl<G: Gate> Fifo<G> {
    pub(super) fn new(load: &Load, gate: G) -> Self {
        Self {
            gate,
            deadlines: load.arrivals.iter().map(|it| it.deadline).collect(),
            waiting: VecDeque::new(),
            retries: BinaryHeap::new(),
            acts: VecDeque::new(),
            sent: Vec::new(),
            answered: 0,
            opens: None,
        }
    }

    fn send_what_passes(&mut self, now: Instant) {
        while let Some(&Reverse((at, call))) = self.retries.peek() {
            if at > now {
                break;
            }
            self.retries.pop();
            self.waiting.push_front(call);
        }
        self.opens = None;
        while let Some(&call) = self.waiting.front() {
            if self.deadlines[call] < now {
                self.waiting.pop_front();
                self.acts.push_back(Act::Drop(call));
                continue;
            }
            match self.gate.pass(now) {
                Ok(token) => {
                    self.waiting.pop_front();
                    let attempt = self.sent.len() as u64;
                    let at_once = self.sent.len() + 1 - self.answered;
                    self.sent.push((now, at_once));
                    self.acts.push_back(Act::Send {
                        call,
                        attempt,
                        token,
                    });
                }
                Err(at) => {
                    self.opens = Some(at.max(now + Duration::from_nanos(1)));
                    return;
                }
            }
        }
    }
}

impl<G: Gate> Peer for Fifo<G> {
    fn tokens(&self) -> u32 {
        self.gate.tokens()
    }

    fn arrive(&mut self, call: usize, now: Instant) {
        self.waiting.push_back(call);
        self.send_what_passes(now);
    }

    fn answered(&mut self, call: usize, attempt: u64, status: u16, facts: Facts, now: Instant) {
        self.answered += 1;
        let (sent, at_once) = self.sent[attempt as usize];
        let limited = status == 429;
        let passed = Passed {
            sent,
            at_once,
            limited,
        };
        self.gate.learn(passed, now);
        if limited {
            let pause = facts.retry_after.unwrap_or(Duration::from_secs(1));
            self.retries.push(Reverse((now + pause, call)));
        }
        self.send_what_passes(now);
    }

    fn granted(&mut self, _: u32, _: Instant) {}

    fn wake(&mut self, now: Instant) {
        self.send_what_passes(now);
    }

    fn next_wake(&self) -> Option<Instant> {
        let retry = self.retries.peek().map(|Reverse((at, _))| *at);
        self.opens.into_iter().chain(retry).min()
    }

    fn poll(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }
}

/// Every call passes; 429s are what tells.
pub(super) struct RoundRobin {
    tokens: u32,
    next: u32,
}

impl RoundRobin {
    pub(super) fn new(scale: Scale) -> Self {
        Self {
            tokens: scale.tokens,
            next: 0,
        }
    }

    fn turn(&mut self) -> u32 {
        self.next = (self.next + 1) % self.tokens;
        self.next
    }
}

impl Gate for RoundRobin {
    fn pass(&mut self, _: Instant) -> Result<u32, Instant> {
        Ok(self.turn())
    }

    fn tokens(&self) -> u32 {
        self.tokens
    }
}

/// The crate `governor` (a generic cell rate limiter) on the organisation's limit.
pub(super) struct Governor {
    clock: FakeRelativeClock,
    now: Instant,
    limiter: RateLimiter<NotKeyed, InMemoryState, FakeRelativeClock, NoOpMiddleware<Nanos>>,
    turns: RoundRobin,
}

impl Governor {
    /// A burst of all that a window allows.
    pub(super) fn full_burst(scale: Scale) -> Self {
        Self::new(scale, scale.allowed)
    }

    /// One call after the other, evenly.
    pub(super) fn paced(scale: Scale) -> Self {
        Self::new(scale, 1)
    }

    fn new(scale: Scale, burst: u32) -> Self {
        let clock = FakeRelativeClock::default();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(scale.period / scale.allowed)
            .unwrap_or(Quota::per_minute(burst))
            .allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            now: Instant::ZERO,
            turns: RoundRobin::new(scale),
        }
    }
}

impl Gate for Governor {
    fn pass(&mut self, now: Instant) -> Result<u32, Instant> {
        self.clock.advance(now.since(self.now));
        self.now = now;
        match self.limiter.check() {
            Ok(()) => Ok(self.turns.turn()),
            Err(not_yet) => Err(now + not_yet.wait_time_from(self.clock.now())),
        }
    }

    fn tokens(&self) -> u32 {
        self.turns.tokens
    }
}

/// Never more than allowed sent in the last period: by the organisation, and with each token.
pub(super) struct SendLog {
    scale: Scale,
    organisation: VecDeque<Instant>,
    tokens: Vec<VecDeque<Instant>>,
}

impl SendLog {
    pub(super) fn new(scale: Scale) -> Self {
        Self {
            scale,
            organisation: VecDeque::new(),
            tokens: vec![VecDeque::new(); scale.tokens as usize],
        }
    }
}

impl Gate for SendLog {
    fn pass(&mut self, now: Instant) -> Result<u32, Instant> {
        let period = self.scale.period;
        let of_token = (self.scale.allowed / self.scale.tokens) as usize;
        for log in self.tokens.iter_mut().chain([&mut self.organisation]) {
            while log.front().is_some_and(|sent| *sent + period <= now) {
                log.pop_front();
            }
        }
        let frees = |log: &VecDeque<Instant>| log.front().map_or(now, |sent| *sent + period);
        if self.organisation.len() >= self.scale.allowed as usize {
            return Err(frees(&self.organisation));
        }
        let free = self.tokens.iter().position(|log| log.len() < of_token);
        let Some(token) = free else {
            return Err(self.tokens.iter().map(frees).min().unwrap_or(now));
        };
        self.organisation.push_back(now);
        self.tokens[token].push_back(now);
        Ok(token as u32)
    }

    fn tokens(&self) -> u32 {
        self.scale.tokens
    }
}

/// A rate that falls at a 429 and grows again: multiplicative decrease, as the AWS SDKs' adaptive mode.
pub(super) struct Adaptive {
    rate: SendRate,
    turns: RoundRobin,
}

impl Adaptive {
    pub(super) fn new(scale: Scale) -> Self {
        Self {
            rate: SendRate::new(),
            turns: RoundRobin::new(scale),
        }
    }
}

impl Gate for Adaptive {
    fn pass(&mut self, now: Instant) -> Result<u32, Instant> {
        self.rate.take(now).map_err(|wait| now + wait)?;
        Ok(self.turns.turn())
    }

    fn tokens(&self) -> u32 {
        self.turns.tokens
    }

    fn learn(&mut self, passed: Passed, now: Instant) {
        self.rate.answered(passed.limited, now);
    }
}

/// So many at once as answer times and 429s let seem right: Netflix's Vegas.
pub(super) struct AtOnce {
    vegas: Vegas,
    turns: RoundRobin,
    under_way: usize,
}

impl AtOnce {
    pub(super) fn new(scale: Scale) -> Self {
        Self {
            vegas: Vegas::new(),
            turns: RoundRobin::new(scale),
            under_way: 0,
        }
    }
}

impl Gate for AtOnce {
    fn pass(&mut self, now: Instant) -> Result<u32, Instant> {
        if !self.vegas.lets(self.under_way) {
            // The next answer makes room; what has waited for too long is dropped meanwhile.
            return Err(now + Duration::from_secs(1));
        }
        self.under_way += 1;
        Ok(self.turns.turn())
    }

    fn tokens(&self) -> u32 {
        self.turns.tokens
    }

    fn learn(&mut self, passed: Passed, now: Instant) {
        self.under_way -= 1;
        let took = now.since(passed.sent);
        self.vegas.ended(took, passed.at_once, passed.limited);
    }
}
