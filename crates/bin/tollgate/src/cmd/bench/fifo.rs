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

/// What lets calls through.
pub(super) trait Gate {
    /// The token to send with now, or when to ask again.
    fn pass(&mut self, now: Instant) -> Result<u32, Instant>;
    fn tokens(&self) -> u32;
}

pub(super) struct Fifo<G> {
    gate: G,
    deadlines: Vec<Instant>,
    waiting: VecDeque<usize>,
    retries: BinaryHeap<Reverse<(Instant, usize)>>,
    acts: VecDeque<Act>,
    next_attempt: u64,
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
            next_attempt: 0,
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
                    let attempt = self.next_attempt;
                    self.next_attempt += 1;
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

    fn answered(&mut self, call: usize, _: u64, status: u16, facts: Facts, now: Instant) {
        if status == 429 {
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
