//! A world around one engine: callers, an upstream that counts, and the invariants.

use super::random::Random;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, Guarantee, LossKind, Policy, Pool, Route,
    Submission, Verdict,
};
use tollgate_model::{
    AttemptId, ClientId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, RouteId, Rule,
    Scope, TokenId,
};

const MS: u64 = 1_000_000;
const ORGANISATION: usize = 0;
const CONCURRENCY: usize = 1;
const INTEGRATION: usize = 2;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Arrival,
    Counted(AttemptId),
    Head(AttemptId, u16),
    Done(AttemptId),
    Lost(AttemptId, bool),
    Token(TokenId, bool),
    HangUp(ExecutionId),
    Wake,
}

/// What one window of the upstream's has counted; windows may open anywhere.
#[derive(Debug)]
struct Counter {
    allowed: usize,
    period: u64,
    counted: VecDeque<u64>,
}

impl Counter {
    fn count(&mut self, now: u64) {
        self.counted.push_back(now);
        while self
            .counted
            .front()
            .is_some_and(|at| at + self.period <= now)
        {
            self.counted.pop_front();
        }
    }
}

#[derive(Debug)]
struct Sent {
    execution: ExecutionId,
    route: RouteId,
    token: Option<TokenId>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) steps: u64,
    pub(crate) answered: u64,
    pub(crate) refused: u64,
    pub(crate) trace: String,
    engine: Engine,
    random: Random,
    config: Config,
    now: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Due)>>,
    serial: u64,
    arrivals: u64,
    pause: u64,
    waiting: BTreeMap<ExecutionId, Submission>,
    running: BTreeMap<AttemptId, Sent>,
    /// Sent and not yet counted, whether or not the engine still waits for it.
    on_its_way: BTreeMap<AttemptId, (RouteId, Option<TokenId>)>,
    finished: BTreeSet<ExecutionId>,
    shared: [Counter; 2],
    tokens: BTreeMap<TokenId, Counter>,
    latency: (u64, u64),
}

impl World {
    /// Runs `arrivals` executions and all that follows from them.
    pub(crate) fn run(seed: u64, arrivals: u64) -> Self {
        let mut world = Self::new(seed, arrivals);
        world.at(0, Due::Arrival);
        while let Some(Reverse((at, _, due))) = world.heap.pop() {
            assert!(at >= world.now, "seed {seed}: time ran backwards");
            world.now = at;
            if world.step(due) {
                world.carry_out(seed);
                world.check_idle(seed);
            }
            world.check_windows(seed);
            world.set_alarm();
        }
        let (waiting, running) = (&world.waiting, &world.running);
        assert!(
            waiting.is_empty() && running.is_empty(),
            "seed {seed}: something hangs: {waiting:?} {running:?}"
        );
        world
    }

    fn new(seed: u64, arrivals: u64) -> Self {
        let mut random = Random::new(seed);
        let config = config(&mut random);
        config
            .check()
            .expect("the generator makes sound configurations");
        let counter = |limit: &Limit| match limit.rule {
            Rule::Window {
                allowed, period, ..
            } => Counter {
                allowed: allowed as usize,
                period: period.as_nanos() as u64,
                counted: VecDeque::new(),
            },
            Rule::Concurrency { .. } => unreachable!("only windows are counted"),
        };
        Self {
            steps: 0,
            answered: 0,
            refused: 0,
            trace: String::new(),
            engine: Engine::new(config.clone(), seed, Instant::ZERO),
            pause: random.range(1, 60) * MS,
            latency: (random.range(1, 20) * MS, random.range(20, 900) * MS),
            shared: [
                counter(&config.limits[ORGANISATION]),
                counter(&config.limits[INTEGRATION]),
            ],
            random,
            config,
            now: 0,
            heap: BinaryHeap::new(),
            serial: 0,
            arrivals,
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            on_its_way: BTreeMap::new(),
            finished: BTreeSet::new(),
            tokens: BTreeMap::new(),
        }
    }

    fn at(&mut self, at: u64, due: Due) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, due)));
    }

    /// Whether the engine was called.
    fn step(&mut self, due: Due) -> bool {
        self.steps += 1;
        let now = Instant::from_nanos(self.now);
        let event = match due {
            Due::Arrival => {
                self.arrivals -= 1;
                if self.arrivals > 0 {
                    let burst = self.random.percent(70);
                    let pause = if burst {
                        0
                    } else {
                        self.random.range(0, self.pause * 4)
                    };
                    self.at(self.now + pause, Due::Arrival);
                }
                Event::Submit(self.arrival())
            }
            Due::Counted(attempt) => {
                self.count(attempt);
                return false;
            }
            Due::Head(attempt, status) if self.running.contains_key(&attempt) => {
                let retry_after = (status == 429).then_some(Duration::from_secs(1));
                Event::Head {
                    attempt,
                    status,
                    facts: Facts {
                        retry_after,
                        window: None,
                    },
                }
            }
            Due::Done(attempt) if self.running.remove(&attempt).is_some() => Event::Done(attempt),
            Due::Lost(attempt, sent) if self.running.remove(&attempt).is_some() => Event::Lost(
                attempt,
                if sent {
                    LossKind::NoAnswer
                } else {
                    LossKind::NeverSent
                },
            ),
            Due::Token(token, true) => Event::TokenGranted {
                token,
                expires_in: Duration::from_secs(self.random.range(2, 60)),
            },
            Due::Token(token, false) => Event::TokenFailed {
                token,
                retry_after: None,
            },
            Due::HangUp(execution) if self.waiting.contains_key(&execution) => {
                self.waiting.remove(&execution);
                self.running.retain(|_, sent| sent.execution != execution);
                Event::Cancel(execution)
            }
            Due::Wake => {
                self.engine.handle_timeout(now);
                return true;
            }
            _ => return false,
        };
        self.engine.handle_event(event, now);
        true
    }

    fn arrival(&mut self) -> Submission {
        let execution = ExecutionId(self.arrivals);
        let submission = Submission {
            execution,
            flow: FlowId(self.random.range(0, self.config.flows.len() as u64 - 1) as u32),
            route: RouteId(self.random.range(0, 1) as u32),
            deadline: Instant::from_nanos(self.now + self.random.range(0, 8_000) * MS),
            timeout: Duration::from_millis(self.random.range(50, 5_000)),
            idempotent: self.random.percent(50),
        };
        self.waiting.insert(execution, submission);
        if self.random.percent(5) {
            let pause = self.random.range(0, 2_000) * MS;
            self.at(self.now + pause, Due::HangUp(execution));
        }
        submission
    }

    fn carry_out(&mut self, seed: u64) {
        while let Some(command) = self.engine.poll_command() {
            let _ = writeln!(self.trace, "{} {command:?}", self.now);
            match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    ..
                } => {
                    let submission = self.waiting.get(&execution).copied();
                    let submission = submission.expect("sent what nobody waits for");
                    assert!(
                        submission.deadline >= Instant::from_nanos(self.now),
                        "seed {seed}: no late start"
                    );
                    self.running.insert(
                        attempt,
                        Sent {
                            execution,
                            route: submission.route,
                            token,
                        },
                    );
                    self.send(attempt);
                }
                Command::Abort(attempt) => {
                    self.running.remove(&attempt);
                }
                Command::Finish(execution, verdict) => {
                    assert!(
                        self.waiting.remove(&execution).is_some(),
                        "seed {seed}: answered once"
                    );
                    assert!(
                        self.finished.insert(execution),
                        "seed {seed}: answered once"
                    );
                    match verdict {
                        Verdict::Answered(_) => self.answered += 1,
                        Verdict::Refused(_) => self.refused += 1,
                        Verdict::TimedOut | Verdict::Lost(_) => {}
                    }
                }
                Command::FetchToken(_, token) => {
                    let granted = self.random.percent(90);
                    let took = self.random.range(5, 100) * MS;
                    self.at(self.now + took, Due::Token(token, granted));
                }
                Command::DropToken(_) => {}
            }
        }
    }

    /// Wakes the engine when it asked for it, unless something else comes first.
    fn set_alarm(&mut self) {
        if let Some(at) = self.engine.poll_timeout() {
            let at = at.as_nanos();
            let due = self
                .heap
                .peek()
                .map_or(u64::MAX, |Reverse((next, ..))| *next);
            // Without anything else to come, only what still waits is worth waking for.
            if at < due && (due < u64::MAX || !self.waiting.is_empty()) {
                self.at(at.max(self.now), Due::Wake);
            }
        }
    }

    /// Puts the call on its way: jitter in, then counted, then an answer, or none.
    fn send(&mut self, attempt: AttemptId) {
        if self.random.percent(3) {
            let took = self.random.range(0, 50) * MS;
            return self.at(self.now + took, Due::Lost(attempt, false));
        }
        let counted = self.now + self.random.range(0, 15) * MS;
        self.at(counted, Due::Counted(attempt));
        // Aborted attempts are counted all the same: the upstream knows nothing of it.
        let token = self.running[&attempt].token;
        if let Some(token) = token {
            self.tokens.entry(token).or_insert_with(|| {
                let Rule::Window {
                    allowed, period, ..
                } = self.config.clients[0].token_limits[0].rule
                else {
                    unreachable!("tokens have windows")
                };
                Counter {
                    allowed: allowed as usize,
                    period: period.as_nanos() as u64,
                    counted: VecDeque::new(),
                }
            });
        }
        let route = self.running[&attempt].route;
        self.on_its_way.insert(attempt, (route, token));
        let answer = counted + self.random.range(self.latency.0, self.latency.1);
        if self.random.percent(3) {
            return self.at(answer, Due::Lost(attempt, true));
        }
        let status = match self.random.range(1, 100) {
            1..=3 => 503,
            4 => 429,
            5 if token.is_some() => 401,
            6..=8 => 404,
            _ => 200,
        };
        self.at(answer, Due::Head(attempt, status));
        let body = self.random.range(0, 20) * MS;
        self.at(answer + body, Due::Done(attempt));
    }

    /// The upstream counts the call.
    fn count(&mut self, attempt: AttemptId) {
        let Some((route, token)) = self.on_its_way.remove(&attempt) else {
            return;
        };
        self.shared[0].count(self.now);
        if route == RouteId(1) {
            self.shared[1].count(self.now);
        }
        if let Some(counter) = token.and_then(|token| self.tokens.get_mut(&token)) {
            counter.count(self.now);
        }
    }

    fn check_windows(&self, seed: u64) {
        let now = self.now;
        for counter in self.shared.iter().chain(self.tokens.values()) {
            assert!(
                counter.counted.len() <= counter.allowed,
                "seed {seed}: no window overcounted: {} of {} at {now}",
                counter.counted.len(),
                counter.allowed
            );
        }
    }

    fn check_idle(&self, seed: u64) {
        let now = self.now;
        let snapshot = self.engine.snapshot(Instant::from_nanos(now));
        let queued: usize = snapshot.flows.iter().map(|flow| flow.queued).sum();
        let full = |limit: &tollgate_engine::LimitView| {
            limit.held >= limit.allowed || limit.closed_until.is_some()
        };
        let shared = full(&snapshot.limits[ORGANISATION]) || full(&snapshot.limits[CONCURRENCY]);
        let tokens = snapshot
            .tokens
            .iter()
            .all(|token| token.limits.iter().any(full));
        let blocked = shared || tokens && full(&snapshot.limits[INTEGRATION]) || {
            // One route may be free while all that waits is on the other.
            let running: BTreeSet<_> = self.running.values().map(|sent| sent.execution).collect();
            let waits_on = |route| {
                self.waiting
                    .values()
                    .any(|it| it.route == route && !running.contains(&it.execution))
            };
            let free = [!tokens, !full(&snapshot.limits[INTEGRATION])];
            // Those in a retry's pause wait too, so this looks only at routes with nobody at all.
            (0..2).all(|route| !free[route] || !waits_on(RouteId(route as u32)))
        };
        let pausing = self.waiting.len() - queued.min(self.waiting.len()) > self.running.len();
        assert!(
            queued == 0 || blocked || pausing,
            "seed {seed}: never idle: {queued} wait at {now}: {snapshot:?}"
        );
    }
}

/// Two routes: one over a pool of tokens, one with a limit of its own; both under the organisation's
/// window and a concurrency limit.
fn config(random: &mut Random) -> Config {
    let mut window = |low: u64, high: u64| Rule::Window {
        allowed: random.range(low, high) as u32,
        period: Duration::from_millis(random.range(100, 3_000)),
        counted_within: random.percent(30).then(|| Duration::from_millis(15)),
    };
    let limit = |name: &str, scope, rule| Limit {
        name: name.into(),
        scope,
        rule,
    };
    let organisation = limit("organisation", Scope::Organisation, window(5, 100));
    let integration = limit("integration", Scope::Integration, window(2, 50));
    let token_limits = vec![limit("token", Scope::Token, window(1, 30))];
    let concurrency = Rule::Concurrency {
        allowed: random.range(1, 60) as u32,
    };
    let concurrency = limit("concurrency", Scope::Organisation, concurrency);
    let [org, conc, own] = [ORGANISATION, CONCURRENCY, INTEGRATION].map(|at| LimitId(at as u32));
    let client = |name: &str| Client {
        name: name.into(),
        limits: vec![],
        token_limits: token_limits.clone(),
        max_tokens: 3,
    };
    let flow = |name: &str, priority, weight, guarantee| Flow {
        name: name.into(),
        priority,
        weight,
        guarantee,
        max_queued: 200,
    };
    Config {
        limits: vec![organisation, concurrency, integration],
        clients: vec![client("one"), client("two")],
        pools: vec![Pool {
            name: "pool".into(),
            clients: vec![ClientId(0), ClientId(1)],
        }],
        routes: vec![
            Route {
                name: "platform".into(),
                limits: vec![org, conc],
                pool: Some(PoolId(0)),
            },
            Route {
                name: "web".into(),
                limits: vec![org, conc, own],
                pool: None,
            },
        ],
        flows: vec![
            flow("voice", 0, 3, None),
            flow("chat", 0, 1, None),
            flow(
                "email",
                1,
                1,
                Some(Guarantee {
                    limit: org,
                    slots: 2,
                }),
            ),
        ],
        policy: Policy {
            grace: Duration::from_millis(20),
            max_queued: 400,
            closed_for: Duration::from_millis(300),
            ..Policy::default()
        },
    }
}
