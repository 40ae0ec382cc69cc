//! Flows in line for one organisation's limit, over a few tokens, in virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, Pool, Route, Submission, Verdict,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, Reason,
    RouteId, Rule, Scope, Stream, TokenId,
};

const WAY_IN: Duration = Duration::from_millis(15);
const LATENCY: Duration = Duration::from_millis(80);
const FETCH: Duration = Duration::from_millis(50);

/// Independent arrivals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrivals {
    pub(crate) per_second: f64,
    /// From arrival to the latest useful start.
    pub(crate) within: Duration,
    /// Some have up to so much longer.
    pub(crate) longer: Duration,
    /// When they begin.
    pub(crate) from: Duration,
}

/// What became of an execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) flow: usize,
    arrived: Instant,
    deadline: Instant,
    started: Option<Instant>,
    refused: Option<Reason>,
}

impl Outcome {
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.started.map(|started| started.since(self.arrived))
    }

    pub(crate) fn refused_at_once(&self) -> bool {
        self.refused == Some(Reason::DeadlineCannotBeMet)
    }

    pub(crate) fn expired(&self) -> bool {
        self.refused == Some(Reason::Expired)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Arrival(usize),
    Answer(AttemptId),
    Granted(TokenId),
    Wake,
}

/// A run.
pub(crate) struct Line {
    outcomes: Vec<Outcome>,
    allowed: u32,
    period: Duration,
    windows: u32,
}

impl Line {
    pub(crate) fn run(
        allowed: u32,
        period: Duration,
        windows: u32,
        seed: u64,
        floor_percent: u32,
        flows: Vec<(Flow, Arrivals)>,
    ) -> Self {
        let end = Instant::ZERO + period * windows;
        let mut outcomes = Vec::new();
        for (flow, (_, arrivals)) in flows.iter().enumerate() {
            let mut random = Stream::new(seed.wrapping_add(flow as u64 * 977));
            let mut seconds = arrivals.from.as_secs_f64();
            loop {
                seconds -= (1.0 - random.fraction()).ln() / arrivals.per_second;
                let arrived = Instant::ZERO + Duration::from_secs_f64(seconds);
                if arrived >= end {
                    break;
                }
                let longer = arrivals.longer.mul_f64(random.fraction());
                outcomes.push(Outcome {
                    flow,
                    arrived,
                    deadline: arrived + arrivals.within + longer,
                    started: None,
                    refused: None,
                });
            }
        }
        outcomes.sort_by_key(|it| it.arrived);
        let mut line = Self {
            outcomes,
            allowed,
            period,
            windows,
        };
        let mut config = config(allowed, period, flows);
        config.policy.floor_percent = floor_percent;
        line.go(config, seed, end);
        line
    }

    fn go(&mut self, config: Config, seed: u64, end: Instant) {
        let mut engine = Engine::new(config, seed, Instant::ZERO);
        let mut random = Stream::new(seed);
        let mut heap = BinaryHeap::new();
        let mut serial = 0;
        let mut push = |heap: &mut BinaryHeap<_>, at: Instant, due: Due| {
            serial += 1;
            heap.push(Reverse((at, serial, due)));
        };
        push(&mut heap, self.outcomes[0].arrived, Due::Arrival(0));
        while let Some(Reverse((now, _, due))) = heap.pop() {
            if now >= end {
                break;
            }
            match due {
                Due::Arrival(at) => {
                    if let Some(next) = self.outcomes.get(at + 1) {
                        push(&mut heap, next.arrived, Due::Arrival(at + 1));
                    }
                    let it = &self.outcomes[at];
                    let submission = Submission {
                        execution: ExecutionId(at as u64),
                        flow: FlowId(it.flow as u32),
                        route: RouteId(0),
                        endpoint: EndpointId::UNKNOWN,
                        deadline: it.deadline,
                        timeout: Duration::from_secs(60),
                        idempotent: true,
                    };
                    engine.handle_event(Event::Submit(submission), now);
                }
                Due::Answer(attempt) => {
                    let head = Event::Head {
                        attempt,
                        status: 200,
                        facts: Facts::default(),
                    };
                    engine.handle_event(head, now);
                    engine.handle_event(Event::Done(attempt), now);
                }
                Due::Granted(token) => {
                    let expires_in = Duration::from_secs(86_400);
                    engine.handle_event(Event::TokenGranted { token, expires_in }, now);
                }
                Due::Wake => engine.handle_timeout(now),
            }
            while let Some(command) = engine.poll_command() {
                match command {
                    Command::Send {
                        execution, attempt, ..
                    } => {
                        self.outcomes[execution.index()].started = Some(now);
                        let way_in = WAY_IN.mul_f64(random.fraction());
                        push(&mut heap, now + way_in + LATENCY, Due::Answer(attempt));
                    }
                    Command::Finish(execution, Verdict::Refused(refusal)) => {
                        self.outcomes[execution.index()].refused = Some(refusal.reason);
                    }
                    Command::FetchToken(_, token) => {
                        push(&mut heap, now + FETCH, Due::Granted(token))
                    }
                    _ => {}
                }
            }
            if let Some(at) = engine.poll_timeout() {
                let first = heap.peek().map(|Reverse((at, ..))| *at);
                if first.is_none_or(|first| at < first) {
                    push(&mut heap, at.max(now), Due::Wake);
                }
            }
        }
    }

    /// Executions of a flow that arrived after two windows to warm up, and were to start before the
    /// end.
    pub(crate) fn of(&self, flow: usize) -> Vec<Outcome> {
        let (from, end) = (
            Instant::ZERO + self.period * 2,
            Instant::ZERO + self.period * self.windows,
        );
        let of = self.outcomes.iter().copied();
        of.filter(|it| it.flow == flow && it.arrived >= from && it.deadline < end)
            .collect()
    }

    /// Starts of a flow between two instants.
    pub(crate) fn starts(&self, flow: usize, from: Duration, to: Duration) -> usize {
        let (from, to) = (Instant::ZERO + from, Instant::ZERO + to);
        let of = self.outcomes.iter().filter(|it| it.flow == flow);
        of.filter(|it| it.started.is_some_and(|at| at >= from && at < to))
            .count()
    }

    /// Starts since the warm-up, of what the windows allow.
    pub(crate) fn used(&self) -> f64 {
        let (from, to) = (self.period * 2, self.period * self.windows);
        let flows = self.outcomes.iter().map(|it| it.flow).max().unwrap_or(0);
        let starts: usize = (0..=flows).map(|flow| self.starts(flow, from, to)).sum();
        starts as f64 / f64::from(self.allowed * (self.windows - 2))
    }

    /// How many more could have been served than were: slots that nobody took in the windows measured.
    /// Another who was served in somebody's place makes no refusal wrong; a slot left empty does.
    pub(crate) fn left_empty(&self) -> f64 {
        let slots = f64::from(self.allowed * (self.windows - 2));
        (slots * (1.0 - self.used())).max(0.0)
    }
}

fn config(allowed: u32, period: Duration, flows: Vec<(Flow, Arrivals)>) -> Config {
    let limit = |name: &str, scope, allowed| Limit {
        name: name.into(),
        scope,
        rule: Rule::Window {
            allowed,
            period,
            counted_within: Some(WAY_IN),
        },
    };
    Config {
        limits: vec![limit("organisation", Scope::Organisation, allowed)].into(),
        clients: vec![Client {
            name: "one".into(),
            limits: vec![],
            token_limits: vec![limit("token", Scope::Token, allowed / 4).into()],
            max_tokens: 4,
            shared_as: None,
        }]
        .into(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: vec![ClientId(0)],
        }]
        .into(),
        routes: vec![Route {
            name: "platform".into(),
            limits: vec![LimitId(0)],
            pool: Some(PoolId(0)),
            ..Route::default()
        }]
        .into(),
        flows: flows.into_iter().map(|(flow, _)| flow).collect(),
        ..Config::default()
    }
}
