//! Limiters as people use them: first come first served in front of a gate, tokens in turn, and
//! another try after `Retry-After` where a call is answered 429. Calls are dropped at their deadline.

use super::Scale;
use governor::clock::{Clock, FakeRelativeClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;
use tollgate_engine::{Command, Event, Facts, Submission, Verdict};
use tollgate_model::{Agenda, AttemptId, Instant, Reason, Refusal, TokenId};
use tollgate_sim::{Limiter, SendRate, Vegas};

/// What lets calls through.
pub(super) trait Gate {
    /// The token to send with now, or when to ask again.
    fn pass(&mut self, next: Next, now: Instant) -> Result<u32, Instant>;
    /// What became of a call that it let through.
    fn learn(&mut self, _: Passed, _: Instant) {}
}

/// The next call.
#[derive(Clone, Copy)]
pub(super) struct Next {
    /// The token whose turn it is.
    token: u32,
    /// Calls under way beside it.
    under_way: usize,
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
    tokens: u32,
    /// The token whose turn was last.
    turn: u32,
    waiting: VecDeque<Submission>,
    retries: Agenda<Submission>,
    commands: VecDeque<Command>,
    /// By attempt: whose it was, when it was sent, and how many were under way then.
    sent: Vec<(Submission, Instant, usize)>,
    answered: usize,
    /// When the gate may open.
    opens: Option<Instant>,
}

impl<G: Gate> Fifo<G> {
    pub(super) fn new(scale: Scale, gate: G) -> Self {
        Self {
            gate,
            tokens: scale.tokens,
            turn: 0,
            waiting: VecDeque::new(),
            retries: Agenda::default(),
            commands: VecDeque::new(),
            sent: Vec::new(),
            answered: 0,
            opens: None,
        }
    }

    fn send_what_passes(&mut self, now: Instant) {
        while let Some((_, call)) = self.retries.pop_due(now) {
            self.waiting.push_front(call);
        }
        self.opens = None;
        while let Some(&call) = self.waiting.front() {
            if call.deadline < now {
                self.waiting.pop_front();
                let late = Refusal {
                    reason: Reason::Expired,
                    limit: None,
                    earliest_start: None,
                    lease: None,
                };
                let finish = Command::Finish(call.execution, Verdict::Refused(late));
                self.commands.push_back(finish);
                continue;
            }
            let next = Next {
                token: (self.turn + 1) % self.tokens,
                under_way: self.sent.len() - self.answered,
            };
            match self.gate.pass(next, now) {
                Ok(token) => {
                    self.waiting.pop_front();
                    self.turn = next.token;
                    self.send(call, token, now);
                }
                Err(at) => {
                    self.opens = Some(at.max(now + Duration::from_nanos(1)));
                    return;
                }
            }
        }
    }

    fn send(&mut self, call: Submission, token: u32, now: Instant) {
        self.commands.push_back(Command::Send {
            execution: call.execution,
            attempt: AttemptId(self.sent.len() as u64),
            token: Some(TokenId(token)),
            give_up: now + call.timeout,
            lease_ends: None,
        });
        let at_once = self.sent.len() + 1 - self.answered;
        self.sent.push((call, now, at_once));
    }

    fn answered(&mut self, attempt: AttemptId, status: u16, facts: Facts, now: Instant) {
        self.answered += 1;
        let (call, sent, at_once) = self.sent[attempt.index()];
        let limited = status == 429;
        let passed = Passed {
            sent,
            at_once,
            limited,
        };
        self.gate.learn(passed, now);
        if limited {
            let pause = facts.retry_after.unwrap_or(Duration::from_secs(1));
            self.retries.add(now + pause, call);
        } else {
            let finish = Command::Finish(call.execution, Verdict::Answered(attempt));
            self.commands.push_back(finish);
        }
    }
}

impl<G: Gate> Limiter for Fifo<G> {
    fn handle_event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Submit(call) => self.waiting.push_back(call),
            Event::Head {
                attempt,
                status,
                facts,
            } => self.answered(attempt, status, facts, now),
            _ => return,
        }
        self.send_what_passes(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.send_what_passes(now);
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.opens.into_iter().chain(self.retries.next_at()).min()
    }
}

/// Every call passes; 429s are what tells.
pub(super) struct Open;

impl Gate for Open {
    fn pass(&mut self, next: Next, _: Instant) -> Result<u32, Instant> {
        Ok(next.token)
    }
}

/// The crate `governor` (a generic cell rate limiter) on the organisation's limit.
pub(super) struct Governor {
    clock: FakeRelativeClock,
    now: Instant,
    limiter: RateLimiter<NotKeyed, InMemoryState, FakeRelativeClock, NoOpMiddleware<Nanos>>,
}

impl Governor {
    /// As many calls in a burst, and the organisation's calls evenly.
    pub(super) fn new(scale: Scale, burst: u32) -> Self {
        let clock = FakeRelativeClock::default();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(scale.period / scale.allowed)
            .unwrap_or(Quota::per_minute(burst))
            .allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            now: Instant::ZERO,
        }
    }
}

impl Gate for Governor {
    fn pass(&mut self, next: Next, now: Instant) -> Result<u32, Instant> {
        self.clock.advance(now.since(self.now));
        self.now = now;
        match self.limiter.check() {
            Ok(()) => Ok(next.token),
            Err(not_yet) => Err(now + not_yet.wait_time_from(self.clock.now())),
        }
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
    fn pass(&mut self, _: Next, now: Instant) -> Result<u32, Instant> {
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
}

/// A rate that falls at a 429 and grows again: multiplicative decrease, as the AWS SDKs' adaptive mode.
impl Gate for SendRate {
    fn pass(&mut self, next: Next, now: Instant) -> Result<u32, Instant> {
        self.take(now).map_err(|wait| now + wait)?;
        Ok(next.token)
    }

    fn learn(&mut self, passed: Passed, now: Instant) {
        self.answered(passed.limited, now);
    }
}

/// So many at once as answer times and 429s let seem right: Netflix's Vegas.
impl Gate for Vegas {
    fn pass(&mut self, next: Next, now: Instant) -> Result<u32, Instant> {
        // The next answer makes room; what has waited for too long is dropped meanwhile.
        match self.lets(next.under_way) {
            true => Ok(next.token),
            false => Err(now + Duration::from_secs(1)),
        }
    }

    fn learn(&mut self, passed: Passed, now: Instant) {
        let took = now.since(passed.sent);
        self.ended(took, passed.at_once, passed.limited);
    }
}
