//! What is in shadow: decided and counted, and never in a call's way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, LimitSpec, Mode, Pool, Route,
    ShadowDecision, Submission, Verdict,
};
use tollgate_model::{
    Agenda, AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, Reason, RouteId, Rule,
    Scope, Stream,
};

const PERIOD: Duration = Duration::from_secs(10);

/// What became of a call, or would have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Sent { waited: Duration },
    Refused(Reason),
}

/// What comes next in a world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    Call(usize),
    Answer(AttemptId),
    Wake,
}

/// An engine whose calls are answered after a time of their own, and whose tokens are granted at once.
struct World {
    engine: Engine,
    agenda: Agenda<Due>,
    /// Calls by their numbers: when, whose, how long they may wait.
    calls: Vec<(Instant, FlowId, Duration)>,
    /// The status of each answer.
    status: u16,
    /// What became of the calls, and what would have.
    ends: BTreeMap<ExecutionId, End>,
    foretold: BTreeMap<ExecutionId, End>,
    answered: BTreeMap<ExecutionId, u16>,
    attempts: BTreeMap<AttemptId, (ExecutionId, u16)>,
}

impl World {
    fn new(config: Config, calls: Vec<(Instant, FlowId, Duration)>) -> Self {
        config.check().unwrap();
        let mut agenda = Agenda::default();
        for (number, (at, ..)) in calls.iter().enumerate() {
            agenda.add(*at, Due::Call(number));
        }
        Self {
            engine: Engine::new(config, 1, Instant::ZERO),
            agenda,
            calls,
            status: 200,
            ends: BTreeMap::new(),
            foretold: BTreeMap::new(),
            answered: BTreeMap::new(),
            attempts: BTreeMap::new(),
        }
    }

    fn run(mut self) -> Self {
        let last = self.calls.last().map_or(Instant::ZERO, |(at, ..)| *at);
        let end = last + Duration::from_secs(60);
        while let Some((now, due)) = self.agenda.pop_due(end) {
            match due {
                Due::Call(number) => {
                    let (_, flow, within) = self.calls[number];
                    let submission = Submission {
                        execution: ExecutionId(number as u64),
                        flow,
                        route: RouteId(0),
                        endpoint: EndpointId::UNKNOWN,
                        deadline: now + within,
                        timeout: Duration::from_secs(60),
                        idempotent: false,
                    };
                    self.engine.handle_event(Event::Submit(submission), now);
                }
                Due::Answer(attempt) => {
                    let head = Event::Head {
                        attempt,
                        status: self.attempts[&attempt].1,
                        facts: Facts::default(),
                    };
                    self.engine.handle_event(head, now);
                    self.engine.handle_event(Event::Done(attempt), now);
                }
                Due::Wake => {
                    if self.engine.poll_timeout().is_some_and(|at| at <= now) {
                        self.engine.handle_timeout(now);
                    }
                }
            }
            self.carry_out(now);
            if let Some(at) = self.engine.poll_timeout() {
                self.agenda.add(at.max(now), Due::Wake);
            }
        }
        self
    }

    fn carry_out(&mut self, now: Instant) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send {
                    execution, attempt, ..
                } => {
                    let waited = now.since(self.calls[execution.0 as usize].0);
                    self.ends.entry(execution).or_insert(End::Sent { waited });
                    self.attempts.insert(attempt, (execution, self.status));
                    self.agenda.add(now + took(execution), Due::Answer(attempt));
                }
                Command::Finish(execution, verdict) => match verdict {
                    Verdict::Refused(refusal) => {
                        self.ends.insert(execution, End::Refused(refusal.reason));
                    }
                    Verdict::Answered(attempt) => {
                        self.answered.insert(execution, self.attempts[&attempt].1);
                    }
                    Verdict::TimedOut | Verdict::Lost(_) => panic!("every call is answered"),
                },
                Command::FetchToken(_, token) => {
                    let expires_in = Duration::from_secs(86_400);
                    let granted = Event::TokenGranted { token, expires_in };
                    self.engine.handle_event(granted, now);
                }
                Command::WouldHave(execution, decision) => {
                    let end = match decision.expect("nobody hangs up") {
                        ShadowDecision::Sent { waited } => End::Sent { waited },
                        ShadowDecision::Refused(refusal) => End::Refused(refusal.reason),
                    };
                    let before = self.foretold.insert(execution, end);
                    assert_eq!(before, None, "decided once");
                }
                Command::Abort(_) | Command::AskForSlots | Command::DropToken(_) => {}
            }
        }
    }
}

/// How long the call's answer takes: a number of nanoseconds that no two things share.
fn took(execution: ExecutionId) -> Duration {
    let spread = Stream::new(execution.0).fraction();
    Duration::from_millis(20) + Duration::from_secs_f64(0.4 * spread)
}

/// A limit of the organisation, two clients with tokens of their own limit, and three classes.
fn config(modes: [Mode; 3], limit: Mode) -> Config {
    let mut config = Config::default();
    // What is learned from answers isn't foretold.
    config.policy.follow_latency = false;
    let window = |name: &str, allowed, scope| Limit {
        name: name.to_owned(),
        scope,
        rule: Rule::Window {
            allowed,
            period: PERIOD,
            counted_within: None,
        },
    };
    let organisation = config.limits.add(LimitSpec {
        mode: limit,
        ..window("organisation", 40, Scope::Organisation).into()
    });
    let at_once = config.limits.add(LimitSpec::from(Limit {
        name: "at once".to_owned(),
        scope: Scope::Host,
        rule: Rule::Concurrency { allowed: 6 },
    }));
    let client = |name: &str| Client {
        name: name.to_owned(),
        token_limits: vec![window("token", 15, Scope::Token).into()],
        max_tokens: 2,
        ..Client::default()
    };
    let clients = ["one", "two"].map(|name| config.clients.add(client(name)));
    let pool = config.pools.add(Pool {
        name: "pool".to_owned(),
        clients: clients.to_vec(),
    });
    config.routes.add(Route {
        name: "route".to_owned(),
        limits: vec![organisation, at_once],
        pool: Some(pool),
        cost: 1,
    });
    for (class, mode) in modes.into_iter().enumerate() {
        config.flows.add(Flow {
            name: format!("class {class}"),
            priority: class as u8,
            mode,
            ..Flow::default()
        });
    }
    config
}

/// Calls of three flows that together ask for more than there is, some of the time.
fn calls(seed: u64, seconds: f64) -> Vec<(Instant, FlowId, Duration)> {
    let mut random = Stream::new(seed);
    let mut calls = Vec::new();
    let mut at = 0.0;
    while at < seconds {
        let rate = if random.fraction() < 0.5 { 12.0 } else { 2.0 };
        at += -(1.0 - random.fraction()).ln() / rate;
        let flow = FlowId((random.fraction() * 3.0) as u32);
        let within = Duration::from_secs_f64(random.fraction() * 15.0);
        calls.push((Instant::ZERO + Duration::from_secs_f64(at), flow, within));
    }
    calls
}

const ALL: [Mode; 3] = [Mode::Shadow; 3];
const NONE: [Mode; 3] = [Mode::Enforce; 3];

#[test]
fn what_is_foretold_in_shadow_is_what_happens_enforced() {
    for seed in 0..40 {
        let enforced = World::new(config(NONE, Mode::Enforce), calls(seed, 60.0)).run();
        let shadow = World::new(config(ALL, Mode::Enforce), calls(seed, 60.0)).run();
        assert!(enforced.foretold.is_empty(), "nothing is in shadow");
        assert_eq!(shadow.foretold, enforced.ends, "seed {seed}");
        let refused = |it: &&End| matches!(it, End::Refused(_));
        assert!(
            enforced.ends.values().any(|it| refused(&it)),
            "seed {seed} is too easy"
        );
    }
}

#[test]
fn calls_of_a_flow_in_shadow_go_out_at_once() {
    for seed in 0..10 {
        let world = World::new(config(ALL, Mode::Enforce), calls(seed, 30.0)).run();
        assert_eq!(world.ends.len(), world.calls.len());
        for end in world.ends.values() {
            assert_eq!(
                *end,
                End::Sent {
                    waited: Duration::ZERO
                }
            );
        }
        let flows = world.engine.snapshot(Instant::ZERO).flows;
        let told = flows.iter().map(|flow| flow.would_have.unwrap());
        let told: u64 = told.map(|it| it.at_once + it.delayed + it.refused).sum();
        assert_eq!(told, world.calls.len() as u64, "each is counted once");
    }
}

#[test]
fn what_flows_in_shadow_take_is_counted_for_the_others() {
    let modes = [Mode::Enforce, Mode::Shadow, Mode::Enforce];
    for seed in 0..10 {
        let world = World::new(config(modes, Mode::Enforce), calls(seed, 60.0)).run();
        let sent = |flows: &[u32]| -> Vec<Instant> {
            let ends = world.ends.iter().filter_map(|(id, end)| match end {
                End::Sent { waited } => Some((world.calls[id.0 as usize], *waited)),
                End::Refused(_) => None,
            });
            let ends = ends.filter(|((_, flow, _), _)| flows.contains(&flow.0));
            ends.map(|((at, ..), waited)| at + waited).collect()
        };
        // No call of an enforced flow is sent while its window counts as many as it may, whoever made them.
        let all = sent(&[0, 1, 2]);
        for at in sent(&[0, 2]) {
            let before = all.iter().filter(|it| **it <= at && **it + PERIOD > at);
            assert!(before.count() <= 40, "seed {seed}");
        }
    }
}

#[test]
fn a_limit_in_shadow_holds_nothing_back_and_is_counted() {
    let enforced = World::new(config(NONE, Mode::Enforce), calls(3, 60.0)).run();
    let shadow = World::new(config(NONE, Mode::Shadow), calls(3, 60.0)).run();
    let mut without = config(NONE, Mode::Enforce);
    without.limits[0].limit.rule.set_allowed(1_000_000);
    let without = World::new(without, calls(3, 60.0)).run();
    assert_eq!(shadow.ends, without.ends, "as if there were no such limit");
    assert_eq!(
        shadow.foretold, enforced.ends,
        "told as if it were enforced"
    );
    let view = &shadow
        .engine
        .snapshot(Instant::ZERO + Duration::from_secs(1))
        .limits[0];
    assert_eq!((view.mode, view.allowed), (Mode::Shadow, 40));
    assert!(view.would_refuse.unwrap() > 0);
}

#[test]
fn held_under_a_limit_in_shadow_may_be_more_than_it_allows() {
    let soon: Vec<_> = (0..50)
        .map(|n| (Instant::ZERO + Duration::from_millis(n), FlowId(0), PERIOD))
        .collect();
    let mut world = World::new(config(ALL, Mode::Shadow), soon);
    world.status = 200;
    let world = world.run();
    let view = &world
        .engine
        .snapshot(Instant::ZERO + Duration::from_secs(2))
        .limits[0];
    assert_eq!((view.held, view.allowed), (50, 40));
}

#[test]
fn a_refusal_by_the_upstream_is_the_answer_to_a_flow_in_shadow() {
    let soon = vec![(Instant::ZERO, FlowId(0), PERIOD)];
    let mut shadow = World::new(config(ALL, Mode::Enforce), soon.clone());
    shadow.status = 429;
    let shadow = shadow.run();
    assert_eq!(shadow.answered[&ExecutionId(0)], 429);
    assert_eq!(shadow.attempts.len(), 1, "it isn't tried again");
    let mut enforced = World::new(config(NONE, Mode::Enforce), soon);
    enforced.status = 429;
    let enforced = enforced.run();
    assert!(enforced.attempts.len() > 1, "an enforced one is");
}

#[test]
fn whoever_hangs_up_waits_in_shadow_no_longer() {
    let mut engine = Engine::new(config(ALL, Mode::Enforce), 1, Instant::ZERO);
    let submit = |engine: &mut Engine, number: u64, now: Instant| {
        engine.handle_event(
            Event::Submit(Submission {
                execution: ExecutionId(number),
                flow: FlowId(0),
                route: RouteId(0),
                endpoint: EndpointId::UNKNOWN,
                deadline: now + PERIOD,
                timeout: PERIOD,
                idempotent: false,
            }),
            now,
        );
    };
    let mut told = Vec::new();
    let mut carry_out = |engine: &mut Engine, now: Instant| {
        while let Some(command) = engine.poll_command() {
            match command {
                Command::FetchToken(_, token) => {
                    let expires_in = Duration::from_secs(3_600);
                    engine.handle_event(Event::TokenGranted { token, expires_in }, now);
                }
                Command::WouldHave(execution, it) => told.push((execution, it.is_some())),
                _ => {}
            }
        }
    };
    // Six may be under way at once, so the seventh would wait.
    let now = Instant::ZERO;
    for number in 0..7 {
        submit(&mut engine, number, now);
        carry_out(&mut engine, now);
    }
    engine.handle_event(Event::Cancel(ExecutionId(6)), now);
    for number in 0..6 {
        engine.handle_event(Event::Cancel(ExecutionId(number)), now);
    }
    carry_out(&mut engine, now);
    let of_all: Vec<_> = (0..7).map(|it| (ExecutionId(it), it < 6)).collect();
    assert_eq!(
        told, of_all,
        "it is said that nobody can say of the seventh"
    );
}

#[test]
fn tables_that_grow_grow_in_shadow_too() {
    let mut world = World::new(config(ALL, Mode::Enforce), calls(5, 20.0));
    let added = world.engine.extend(
        |mut tables| {
            let limit = tables.add_limit(Limit {
                name: "new".to_owned(),
                scope: Scope::Host,
                rule: Rule::Concurrency { allowed: 1 },
            });
            tables.add_route(Route {
                name: "new".to_owned(),
                limits: vec![limit],
                ..Route::default()
            })
        },
        Instant::ZERO,
    );
    let route = added.unwrap();
    for number in 0..3 {
        let submission = Submission {
            execution: ExecutionId(1_000 + number),
            flow: FlowId(0),
            route,
            endpoint: EndpointId::UNKNOWN,
            deadline: Instant::ZERO,
            timeout: PERIOD,
            idempotent: false,
        };
        world
            .engine
            .handle_event(Event::Submit(submission), Instant::ZERO);
    }
    world.engine.handle_timeout(Instant::ZERO + PERIOD);
    let (mut sent, mut refused) = (0, 0);
    while let Some(command) = world.engine.poll_command() {
        match command {
            Command::Send { .. } => sent += 1,
            Command::WouldHave(_, Some(ShadowDecision::Refused(_))) => refused += 1,
            _ => {}
        }
    }
    assert_eq!((sent, refused), (3, 2), "one at once, were it enforced");
}
