//! An engine before such an upstream, in virtual time.

use crate::upstream::{MS, SECOND, Upstream};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, Follow, Pool, Route, Submission, Verdict,
};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, RouteId, Rule, Scope, TokenId,
};

pub(crate) fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

/// What is configured, and how it is called.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    /// None: the limit is the integration's, and no call has a token.
    pub(crate) tokens: Option<u32>,
    pub(crate) allowed: u32,
    pub(crate) period: u64,
    pub(crate) follow: Follow,
    /// Calls a second.
    pub(crate) load: f64,
    pub(crate) latency: u64,
    pub(crate) patience: u64,
    pub(crate) end: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Due {
    Arrives,
    Counted(AttemptId, Option<TokenId>),
    Answered(AttemptId, u16, Facts),
}

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) upstream: Upstream,
    setup: Setup,
    due: BinaryHeap<Reverse<(u64, u64)>>,
    what: BTreeMap<u64, Due>,
    serial: u64,
    random: u64,
    pub(crate) expired: u32,
    executions: u64,
}

impl World {
    pub(crate) fn new(setup: Setup, upstream: Upstream) -> Self {
        let limit = |scope| Limit {
            name: "limit".into(),
            scope,
            rule: Rule::Window {
                allowed: setup.allowed,
                period: Duration::from_nanos(setup.period),
                counted_within: None,
            },
        };
        let mut config = Config {
            flows: vec![Flow::default()].into(),
            ..Config::default()
        };
        config.policy.follow = setup.follow;
        let mut route = Route::default();
        match setup.tokens {
            Some(max_tokens) => {
                let client = config.clients.add(Client {
                    token_limits: vec![limit(Scope::Token).into()],
                    max_tokens,
                    ..Client::default()
                });
                route.pool = Some(config.pools.add(Pool {
                    clients: vec![client],
                    ..Pool::default()
                }));
            }
            None => {
                let limit = config.limits.add(limit(Scope::Integration));
                route.limits.push(limit);
            }
        }
        config.routes.add(route);
        config.check().unwrap();
        Self {
            engine: Engine::new(config, 1, at(SECOND)),
            upstream,
            setup,
            due: BinaryHeap::new(),
            what: BTreeMap::new(),
            serial: 0,
            random: 11,
            expired: 0,
            executions: 0,
        }
    }

    fn plan(&mut self, when: u64, what: Due) {
        self.serial += 1;
        self.due.push(Reverse((when, self.serial)));
        self.what.insert(self.serial, what);
    }

    fn fraction(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn next_arrival(&mut self, now: u64) -> u64 {
        let gap = -self.fraction().ln() / self.setup.load;
        now + (gap * 1e9) as u64
    }

    /// Runs to the end.
    pub(crate) fn run(mut self) -> Self {
        let first = self.next_arrival(SECOND);
        self.plan(first, Due::Arrives);
        loop {
            let event = self.due.peek().map(|Reverse((when, _))| *when);
            let timer = self.engine.poll_timeout().map(Instant::as_nanos);
            let Some(now) = event.into_iter().chain(timer).min() else {
                break;
            };
            if now > self.setup.end {
                break;
            }
            if event == Some(now) {
                let Reverse((_, serial)) = self.due.pop().unwrap();
                let what = self.what.remove(&serial).unwrap();
                self.happens(what, now);
            } else {
                self.engine.handle_timeout(at(now));
            }
            self.carry_out(now);
        }
        self
    }

    fn happens(&mut self, what: Due, now: u64) {
        match what {
            Due::Arrives => {
                let submission = Submission {
                    execution: ExecutionId(self.executions),
                    flow: FlowId(0),
                    route: RouteId(0),
                    endpoint: EndpointId::UNKNOWN,
                    deadline: at(now + self.setup.patience),
                    timeout: Duration::from_secs(9_000),
                    idempotent: true,
                };
                self.executions += 1;
                self.engine.handle_event(Event::Submit(submission), at(now));
                let next = self.next_arrival(now);
                self.plan(next, Due::Arrives);
            }
            Due::Counted(attempt, token) => {
                let (status, facts) = self.upstream.call(token.map(|token| token.0), now);
                let jitter = (self.fraction() * 5e6) as u64;
                let back = self.setup.latency + jitter;
                self.plan(now + back, Due::Answered(attempt, status, facts));
            }
            Due::Answered(attempt, status, facts) => {
                let head = Event::Head {
                    attempt,
                    status,
                    facts,
                };
                self.engine.handle_event(head, at(now));
                self.carry_out(now);
                self.engine.handle_event(Event::Done(attempt), at(now));
            }
        }
    }

    fn carry_out(&mut self, now: u64) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send { attempt, token, .. } => {
                    let way = (self.fraction() * 5.0) as u64 * MS;
                    self.plan(now + way, Due::Counted(attempt, token));
                }
                Command::FetchToken(_, token) => {
                    let expires_in = Duration::from_secs(86_400);
                    let granted = Event::TokenGranted { token, expires_in };
                    self.engine.handle_event(granted, at(now));
                }
                Command::Finish(_, Verdict::Refused(refusal)) => {
                    self.expired += u32::from(refusal.reason == tollgate_model::Reason::Expired);
                }
                Command::Finish(..)
                | Command::Abort(_)
                | Command::DropToken(_)
                | Command::AskForSlots
                | Command::WouldHave(..) => {}
            }
        }
    }

    /// Parts of what the upstream allowed from then on that were used, and of its answers that were 429.
    pub(crate) fn share(&self, from: u64) -> (f64, f64) {
        let end = self.setup.end;
        let count = |all: &[u64]| all.iter().filter(|&&at| at >= from && at < end).count() as f64;
        let (accepted, refused) = (
            count(&self.upstream.accepted),
            count(&self.upstream.refused),
        );
        let mut keys = f64::from(self.setup.tokens.unwrap_or(1));
        if let Some(all) = self.upstream.over_all {
            keys = f64::from(all.allowed) / f64::from(self.upstream.allowed_at(from));
        }
        let mut given = 0.0;
        let steps = 10_000;
        for step in 0..steps {
            let now = from + (end - from) / steps * step;
            given += f64::from(self.upstream.allowed_at(now)) / self.upstream.period as f64;
        }
        let given = given / steps as f64 * (end - from) as f64 * keys;
        (accepted / given, refused / (accepted + refused))
    }
}
