//! One limiter on the emulated platform, in virtual time, and what is seen of it.

use super::Scale;
use super::load::Load;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;
use tollgate_engine::{Facts, Family, WindowFact};
use tollgate_model::Instant;
use tollgate_platform::{
    Alignment, Client, Config, Platform, Spread, TokenNumber, Verdict, Window,
};

const JITTER: Duration = Duration::from_millis(15);
/// How long the token endpoint takes.
const FETCH: Duration = Duration::from_millis(50);

/// What a limiter wants done.
pub(super) enum Act {
    Send {
        call: usize,
        attempt: u64,
        token: u32,
    },
    /// The call won't be made, and its caller is told.
    Drop(usize),
    /// Get a token and keep it under this number.
    Fetch(u32),
}

/// A limiter that places calls.
pub(super) trait Peer {
    /// Tokens it has from the start.
    fn tokens(&self) -> u32;
    fn arrive(&mut self, call: usize, now: Instant);
    fn answered(&mut self, call: usize, attempt: u64, status: u16, facts: Facts, now: Instant);
    fn granted(&mut self, token: u32, now: Instant);
    fn wake(&mut self, now: Instant);
    fn next_wake(&self) -> Option<Instant>;
    fn poll(&mut self) -> Option<Act>;
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Arrival(usize),
    Reach(usize, u64, u32, Instant),
    Answer(usize, u64, u16, Answer),
    Granted(u32),
    Wake,
}

/// What an answer says, in an order of no meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    retry_after: Option<u64>,
    window: Option<(u32, u32, u64)>,
}

pub(super) struct World<'a> {
    load: &'a Load,
    platform: Platform,
    numbers: BTreeMap<u32, TokenNumber>,
    heap: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    serial: u64,
    /// When the admitted attempt of each call was sent.
    served: Vec<Option<Instant>>,
    /// When its caller was told that there would be none.
    dropped: Vec<Option<Instant>>,
    /// Calls admitted since the warm-up.
    admitted: u64,
    limited: u64,
    sent: u64,
    warm: Instant,
    end: Instant,
}

impl<'a> World<'a> {
    pub(super) fn run(
        scale: Scale,
        load: &'a Load,
        alignment: Alignment,
        seed: u64,
        peer: &mut dyn Peer,
    ) -> Report {
        let window = |allowed| {
            Some(Window {
                allowed,
                period: scale.period,
            })
        };
        let config = Config {
            clients: vec![Client {
                id: "one".into(),
                secret: "emulated".into(),
            }],
            token: window(scale.allowed / scale.tokens),
            organisation: window(scale.allowed),
            alignment,
            way_in: Spread {
                from: Duration::ZERO,
                to: JITTER,
            },
            latency: Spread::fixed(load.latency),
            ..Config::default()
        };
        let (warm, end) = scale.measured();
        let mut world = Self {
            load,
            platform: Platform::new(config, seed),
            numbers: BTreeMap::new(),
            heap: BinaryHeap::new(),
            serial: 0,
            served: vec![None; load.arrivals.len()],
            dropped: vec![None; load.arrivals.len()],
            admitted: 0,
            limited: 0,
            sent: 0,
            warm,
            end,
        };
        for token in 0..peer.tokens() {
            world.grant(token, Instant::ZERO);
        }
        world.at(Instant::ZERO, Due::Arrival(0));
        while let Some(Reverse((now, _, due))) = world.heap.pop() {
            if now >= world.end {
                break;
            }
            world.step(due, now, peer);
            while let Some(act) = peer.poll() {
                world.carry_out(act, now);
            }
            if let Some(at) = peer.next_wake() {
                let first = world.heap.peek().map(|Reverse((at, ..))| *at);
                if first.is_none_or(|first| at < first) {
                    world.at(at.max(now), Due::Wake);
                }
            }
        }
        world.report(scale)
    }

    fn at(&mut self, at: Instant, due: Due) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, due)));
    }

    fn grant(&mut self, token: u32, now: Instant) {
        if let Some(grant) = self.platform.grant("one", "emulated", now) {
            self.numbers.insert(token, grant.number);
        }
    }

    fn step(&mut self, due: Due, now: Instant, peer: &mut dyn Peer) {
        match due {
            Due::Arrival(call) => {
                if let Some(next) = self.load.arrivals.get(call + 1) {
                    self.at(next.at, Due::Arrival(call + 1));
                }
                if call < self.load.arrivals.len() {
                    peer.arrive(call, now);
                }
            }
            Due::Reach(call, attempt, token, sent) => self.reach(call, attempt, token, sent, now),
            Due::Answer(call, attempt, status, answer) => {
                let facts = Facts {
                    refused: false,
                    retry_after: answer.retry_after.map(Duration::from_secs),
                    window: answer.window.map(|(count, allowed, reset)| WindowFact {
                        count,
                        allowed,
                        reset: Duration::from_secs(reset),
                        family: Family::Platform,
                    }),
                };
                peer.answered(call, attempt, status, facts, now);
            }
            Due::Granted(token) => {
                self.grant(token, now);
                peer.granted(token, now);
            }
            Due::Wake => peer.wake(now),
        }
    }

    fn carry_out(&mut self, act: Act, now: Instant) {
        match act {
            Act::Send {
                call,
                attempt,
                token,
            } => {
                let way_in = self.platform.way_in();
                self.at(now + way_in, Due::Reach(call, attempt, token, now));
            }
            Act::Drop(call) => self.dropped[call] = Some(now),
            Act::Fetch(token) => self.at(now + FETCH, Due::Granted(token)),
        }
    }

    /// The call arrives at the platform.
    fn reach(&mut self, call: usize, attempt: u64, token: u32, sent: Instant, now: Instant) {
        let token = self.numbers.get(&token).copied();
        let measured = u64::from(now >= self.warm);
        self.sent += measured;
        let window = |facts: tollgate_platform::Facts| (facts.count, facts.allowed, facts.reset);
        let (status, answer, latency) = match self.platform.arrive(token, now) {
            Verdict::Admitted(admitted) => {
                self.platform.leave();
                self.admitted += measured;
                self.served[call] = Some(sent);
                let answer = Answer {
                    retry_after: None,
                    window: admitted.facts.map(window),
                };
                (200, answer, admitted.latency)
            }
            Verdict::Limited(limited) => {
                self.limited += measured;
                let answer = Answer {
                    retry_after: Some(limited.retry_after),
                    window: limited.facts.map(window),
                };
                (429, answer, Duration::from_millis(5))
            }
            Verdict::Unauthorized => {
                let answer = Answer {
                    retry_after: None,
                    window: None,
                };
                (401, answer, Duration::from_millis(5))
            }
        };
        self.at(now + latency, Due::Answer(call, attempt, status, answer));
    }

    fn report(self, scale: Scale) -> Report {
        let mut report = Report {
            admitted: self.admitted,
            limited: self.limited,
            sent: self.sent,
            ..Report::default()
        };
        for caller in &self.load.callers {
            report.flows.push(FlowReport {
                name: caller.name,
                ..FlowReport::default()
            });
        }
        let calls = self.load.arrivals.iter().zip(&self.served);
        let measured = |at: Instant| at >= self.warm && at < self.end;
        for ((arrival, served), dropped) in calls.zip(&self.dropped) {
            let flow = &mut report.flows[arrival.flow];
            flow.offered += u64::from(measured(arrival.at));
            let in_time = served.filter(|sent| measured(*sent) && *sent <= arrival.deadline);
            flow.in_time += u64::from(in_time.is_some());
            // Of the calls that were sure to be over by the end.
            if measured(arrival.at) && arrival.deadline < self.end {
                let known = served.or(*dropped).unwrap_or(self.end);
                let wait = known.since(arrival.at);
                flow.waits.0.push(wait);
                report.waits.0.push(wait);
            }
        }
        let offered: u64 = report.flows.iter().map(|flow| flow.offered).sum();
        report.could = scale.could(offered);
        report
    }
}

/// Spans, for their percentiles.
#[derive(Default)]
pub(super) struct Waits(Vec<Duration>);

impl Waits {
    /// Of the sorted spans; zero of none.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or_default()
    }
}

/// What was seen since the warm-up.
#[derive(Default)]
pub(super) struct Report {
    admitted: u64,
    /// The less of what was asked for and what the windows allow.
    could: u64,
    pub(super) limited: u64,
    sent: u64,
    /// From arrival to the send that was admitted, or to when the caller was told that there would be
    /// none.
    pub(super) waits: Waits,
    pub(super) flows: Vec<FlowReport>,
}

/// One flow of it.
#[derive(Default)]
pub(super) struct FlowReport {
    pub(super) name: &'static str,
    offered: u64,
    in_time: u64,
    pub(super) waits: Waits,
}

impl FlowReport {
    pub(super) fn in_time(&self) -> f64 {
        part(self.in_time, self.offered)
    }
}

impl Report {
    pub(super) fn add(&mut self, other: Self) {
        self.admitted += other.admitted;
        self.could += other.could;
        self.limited += other.limited;
        self.sent += other.sent;
        self.waits.0.extend(other.waits.0);
        if self.flows.is_empty() {
            self.flows = other.flows;
            return;
        }
        for (flow, other) in self.flows.iter_mut().zip(other.flows) {
            flow.offered += other.offered;
            flow.in_time += other.in_time;
            flow.waits.0.extend(other.waits.0);
        }
    }

    /// Sorts what percentiles are taken of.
    pub(super) fn finish(&mut self) {
        self.waits.0.sort_unstable();
        for flow in &mut self.flows {
            flow.waits.0.sort_unstable();
        }
    }

    /// Of what could be used of the quota, the part that was. A window that opened in the warm-up and is
    /// used after it makes no more than all.
    pub(super) fn used(&self) -> f64 {
        part(self.admitted, self.could).min(1.0)
    }

    pub(super) fn limited_part(&self) -> f64 {
        part(self.limited, self.sent)
    }

    /// Calls that started by their deadline, as a part of the calls made in the same time.
    pub(super) fn in_time(&self) -> f64 {
        let sum = |of: fn(&FlowReport) -> u64| self.flows.iter().map(of).sum();
        part(sum(|flow| flow.in_time), sum(|flow| flow.offered))
    }
}

fn part(of: u64, all: u64) -> f64 {
    of as f64 / all.max(1) as f64
}
