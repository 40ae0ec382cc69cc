//! A small world in virtual time: callers, one who sends and obeys a limiter, and an upstream.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "shared by tests, each of which uses a part; its seeds may be set from outside"
)]

pub mod at_once;
pub mod limiter;
pub mod others;
pub mod random;
pub mod upstream;

use limiter::Limiter;
use random::Random;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;
use tollgate_learn::{Call, Outcome};
use tollgate_model::{AttemptId, ClientId, EndpointId, Instant, TokenId};
use upstream::{Truth, Upstream};

pub const MS: u64 = 1_000_000;
pub const SECOND: u64 = 1_000 * MS;

/// How an upstream says for how long to wait.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Told {
    Nothing,
    /// Whole seconds until it would accept again.
    Seconds,
    /// Always that many seconds.
    Always(u64),
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    /// Tokens; none means that calls have none.
    pub tokens: u32,
    /// Shares of the calls for each endpoint.
    pub endpoints: Vec<f64>,
    pub known: Vec<tollgate_learn::KnownLimit>,
    pub truth: Vec<Truth>,
    /// What holds from then on.
    pub later: Option<(u64, Vec<Truth>)>,
    /// The share of calls refused by chance, and what is told with it.
    pub stray: f64,
    pub stray_told: Told,
    pub told: Told,
    /// Calls a second.
    pub load: f64,
    /// Calls of others a second.
    pub foreign: f64,
    /// How long an answer takes, in milliseconds, at least and at most.
    pub latency: (u64, u64),
    /// How long a call is on its way at most, in milliseconds.
    pub jitter: u64,
    /// When it is measured from and until, in seconds.
    pub measured: (u64, u64),
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub accepted: u64,
    pub refused: u64,
    /// Refused before it was measured.
    pub learning: u64,
    pub by_endpoint: [u64; 4],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Arrive,
    Foreign,
    Reach(u64),
    Answer(u64),
    Wake,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    deadline: u64,
    /// Not sent before.
    from: u64,
    refusals: u32,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    call: Call,
    waiting: Waiting,
    accepted: bool,
    told: Option<u64>,
    probe_of: Option<Key>,
}

/// What may be closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    Token(u32),
    Endpoint(u32),
    All,
}

#[derive(Clone, Copy, Debug, Default)]
struct Closing {
    until: u64,
    pause: u64,
    probing: bool,
}

pub struct World<'a> {
    case: &'a Case,
    now: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    serial: u64,
    random: Random,
    queues: Vec<VecDeque<Waiting>>,
    attempts: BTreeMap<u64, Attempt>,
    next: u64,
    upstream: Upstream,
    limiter: &'a mut dyn Limiter,
    closed: BTreeMap<Key, Closing>,
    last_refused: Option<(Option<TokenId>, EndpointId)>,
    turn: u32,
    figures: Figures,
    wake: u64,
    pub verbose: bool,
}

pub fn run(case: &Case, seed: u64, limiter: &mut dyn Limiter) -> Figures {
    let mut world = World {
        case,
        now: 0,
        events: BinaryHeap::new(),
        serial: 0,
        random: Random::new(seed),
        queues: vec![VecDeque::new(); case.endpoints.len()],
        attempts: BTreeMap::new(),
        next: 1,
        upstream: Upstream::new(case.truth.clone()),
        limiter,
        closed: BTreeMap::new(),
        last_refused: None,
        turn: 0,
        figures: Figures::default(),
        wake: u64::MAX,
        verbose: std::env::var("WORLD").is_ok(),
    };
    world.go();
    world.figures
}

impl World<'_> {
    fn at(&mut self, when: u64, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((when, self.serial, event)));
    }

    fn go(&mut self) {
        self.at(0, Event::Arrive);
        if self.case.foreign > 0.0 {
            self.at(0, Event::Foreign);
        }
        let end = self.case.measured.1 * SECOND;
        while let Some(Reverse((when, _, event))) = self.events.pop() {
            if when > end {
                break;
            }
            self.now = when;
            if let Some((from, truth)) = &self.case.later
                && when >= from * SECOND
                && !self.upstream.changed
            {
                self.upstream = Upstream::new(truth.clone());
                self.upstream.changed = true;
            }
            match event {
                Event::Arrive => self.arrive(),
                Event::Foreign => {
                    let call = Call {
                        sent: Instant::from_nanos(self.now),
                        token: None,
                        client: None,
                        endpoint: EndpointId(0),
                        cost: 1,
                    };
                    self.upstream.asks(&call, self.now);
                    let gap = self.random.exponential(self.case.foreign);
                    self.at(self.now + gap, Event::Foreign);
                }
                Event::Reach(attempt) => self.reach(attempt),
                Event::Answer(attempt) => self.answer(attempt),
                Event::Wake => {
                    if self.wake <= self.now {
                        self.wake = u64::MAX;
                    }
                }
            }
            self.limiter.timeout(Instant::from_nanos(self.now));
            self.dispatch();
        }
    }

    fn arrive(&mut self) {
        let endpoint = self.random.weighted(&self.case.endpoints);
        self.queues[endpoint].push_back(Waiting {
            deadline: self.now + 10 * SECOND,
            from: 0,
            refusals: 0,
        });
        let gap = self.random.exponential(self.case.load);
        self.at(self.now + gap, Event::Arrive);
    }

    /// Sends what may be sent.
    fn dispatch(&mut self) {
        let mut earliest = self
            .limiter
            .poll_timeout()
            .map_or(u64::MAX, Instant::as_nanos);
        for endpoint in 0..self.queues.len() {
            let queue = &mut self.queues[endpoint];
            while queue.front().is_some_and(|first| first.deadline < self.now) {
                queue.pop_front();
            }
            while let Some(&first) = self.queues[endpoint].front() {
                if first.from > self.now {
                    earliest = earliest.min(first.from);
                    break;
                }
                match self.place(endpoint as u32 + 1) {
                    Ok((token, probe_of)) => {
                        self.queues[endpoint].pop_front();
                        self.send(first, endpoint as u32 + 1, token, probe_of);
                    }
                    Err(when) => {
                        earliest = earliest.min(when);
                        break;
                    }
                }
            }
        }
        if earliest < self.wake && earliest != u64::MAX {
            self.wake = earliest.max(self.now + 1);
            self.at(self.wake, Event::Wake);
        }
    }

    /// A token to send with, or when to look again.
    fn place(&mut self, endpoint: u32) -> Result<(Option<TokenId>, Option<Key>), u64> {
        let mut earliest = u64::MAX;
        for index in 0..self.case.tokens.max(1) {
            let token =
                (self.case.tokens > 0).then(|| TokenId(1 + (self.turn + index) % self.case.tokens));
            let mut probe_of = None;
            let mut shut = false;
            let keys = [
                token.map(|token| Key::Token(token.0)),
                Some(Key::Endpoint(endpoint)),
                Some(Key::All),
            ];
            for key in keys.into_iter().flatten() {
                let Some(closing) = self.closed.get(&key) else {
                    continue;
                };
                if closing.probing {
                    shut = true;
                } else if closing.until > self.now {
                    earliest = earliest.min(closing.until);
                    shut = true;
                } else {
                    probe_of = Some(key);
                }
            }
            if shut {
                continue;
            }
            let call = self.call(endpoint, token);
            match self.limiter.next(&call, Instant::from_nanos(self.now)) {
                None => return Ok((token, probe_of)),
                Some(when) => earliest = earliest.min(when.as_nanos()),
            }
        }
        Err(earliest)
    }

    fn call(&self, endpoint: u32, token: Option<TokenId>) -> Call {
        Call {
            sent: Instant::from_nanos(self.now),
            token,
            client: token.map(|_| ClientId(0)),
            endpoint: EndpointId(endpoint),
            cost: 1,
        }
    }

    fn send(
        &mut self,
        waiting: Waiting,
        endpoint: u32,
        token: Option<TokenId>,
        probe_of: Option<Key>,
    ) {
        let call = self.call(endpoint, token);
        let number = self.next;
        self.next += 1;
        self.turn = token.map_or(0, |token| token.0);
        if let Some(key) = probe_of {
            self.closed.get_mut(&key).unwrap().probing = true;
        }
        self.attempts.insert(
            number,
            Attempt {
                call,
                waiting,
                accepted: false,
                told: None,
                probe_of,
            },
        );
        self.limiter.sent(AttemptId(number), call);
        let way = 1 + self.random.below(self.case.jitter * MS + 1);
        self.at(self.now + way, Event::Reach(number));
    }

    fn reach(&mut self, number: u64) {
        let call = self.attempts[&number].call;
        let mut told = None;
        let stray = self.random.unit() < self.case.stray;
        let refused = if stray {
            Some(self.now)
        } else {
            self.upstream.asks(&call, self.now)
        };
        let (low, high) = self.case.latency;
        let mut takes = 5 * MS;
        if let Some(until) = refused {
            told = match if stray {
                self.case.stray_told
            } else {
                self.case.told
            } {
                Told::Nothing => None,
                Told::Seconds => Some(until.saturating_sub(self.now).div_ceil(SECOND).max(1)),
                Told::Always(seconds) => Some(seconds),
            };
        } else {
            takes = low * MS + self.random.below((high - low) * MS + 1);
        }
        let attempt = self.attempts.get_mut(&number).unwrap();
        attempt.accepted = refused.is_none();
        attempt.told = told;
        self.at(self.now + takes, Event::Answer(number));
    }

    fn answer(&mut self, number: u64) {
        let attempt = self.attempts.remove(&number).unwrap();
        let now = Instant::from_nanos(self.now);
        let measured = attempt.call.sent.as_nanos() >= self.case.measured.0 * SECOND;
        let Attempt {
            call, mut waiting, ..
        } = attempt;
        if attempt.accepted {
            self.upstream.ends(&call);
            self.limiter
                .answered(AttemptId(number), now, Outcome::Accepted);
            self.last_refused = None;
            if let Some(key) = attempt.probe_of {
                self.closed.remove(&key);
            }
            if measured {
                self.figures.accepted += 1;
                self.figures.by_endpoint[call.endpoint.index() - 1] += 1;
            }
        } else {
            if measured {
                self.figures.refused += 1;
            } else {
                self.figures.learning += 1;
            }
            if self.verbose {
                println!(
                    "{:9.3} refused {:?} {:?} sent {:?}",
                    self.now as f64 / 1e9,
                    call.token,
                    call.endpoint,
                    call.sent
                );
            }
            let retry_after = attempt.told.map(Duration::from_secs);
            self.limiter
                .answered(AttemptId(number), now, Outcome::Refused { retry_after });
            self.close(&attempt);
            // The call itself pauses.
            let pause = (100 * MS) << waiting.refusals.min(6);
            let pause = attempt
                .told
                .map_or(pause, |told| (told * SECOND).min(6 * SECOND));
            waiting.refusals += 1;
            waiting.from = self.now + pause;
            let queue = &mut self.queues[call.endpoint.index() - 1];
            let at = queue.partition_point(|other| other.deadline <= waiting.deadline);
            waiting.deadline = waiting.deadline.max(self.now + 10 * SECOND);
            if self.closed.is_empty() {
                // Others may overtake it while it pauses.
                queue.insert(queue.len().min(at + 3), waiting);
            } else {
                waiting.from = 0;
                queue.push_front(waiting);
            }
        }
        self.limiter.ended(AttemptId(number), now);
    }

    fn close(&mut self, attempt: &Attempt) {
        let call = &attempt.call;
        let pause = |before: u64| {
            let doubled = (before * 2).clamp(100 * MS, 60 * SECOND);
            match attempt.told {
                Some(told) if before == 0 => (told * SECOND).min(6 * SECOND),
                Some(told) => (told * SECOND).min(doubled.max(6 * SECOND)),
                None => doubled,
            }
        };
        if let Some(key) = attempt.probe_of {
            let closing = self.closed.get_mut(&key).unwrap();
            closing.probing = false;
            closing.pause = pause(closing.pause);
            closing.until = self.now + closing.pause;
            return;
        }
        if let Some((token, endpoint)) = self.last_refused {
            let key = match call.token {
                Some(token_now) if token == call.token => Key::Token(token_now.0),
                _ if endpoint == call.endpoint => Key::Endpoint(endpoint.0),
                _ => Key::All,
            };
            let pause = pause(0);
            let now = self.now;
            self.closed.entry(key).or_insert(Closing {
                until: now + pause,
                pause,
                probing: false,
            });
        }
        self.last_refused = Some((call.token, call.endpoint));
    }
}
