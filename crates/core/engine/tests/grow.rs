//! Tables of a running engine that become others: flows, pools and limits that are changed in place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Extension, Facts, Flow, Policy, Pool, Route, Submission,
};
use tollgate_model::{
    EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, RouteId, Rule, Scope, Table,
};

fn at_once(name: &str, allowed: u32) -> Limit {
    Limit {
        name: name.into(),
        scope: Scope::Organisation,
        rule: Rule::Concurrency { allowed },
    }
}

fn engine_config() -> Config {
    Config {
        limits: vec![at_once("shared", 2)].into(),
        routes: vec![Route {
            name: "old".into(),
            limits: vec![LimitId(0)],
            pool: None,
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow {
            name: "flow".into(),
            priority: 0,
            weight: 1,
            guarantee: None,
            max_queued: 10,
            ..Flow::default()
        }]
        .into(),
        // So that the next ids are 1: nothing is set aside for what is learned.
        policy: Policy {
            learned_limits: 0,
            endpoint_routes: 0,
            ..Policy::default()
        },
        ..Config::default()
    }
}

fn engine() -> Engine {
    Engine::new(engine_config(), 1, Instant::ZERO)
}

fn submit(engine: &mut Engine, execution: u64, route: u32) -> Vec<Command> {
    let submission = Submission {
        execution: ExecutionId(execution),
        flow: FlowId(0),
        route: RouteId(route),
        endpoint: EndpointId::UNKNOWN,
        deadline: Instant::ZERO + Duration::from_secs(10),
        timeout: Duration::from_secs(5),
        idempotent: true,
    };
    engine.handle_event(Event::Submit(submission), Instant::ZERO);
    std::iter::from_fn(|| engine.poll_command()).collect()
}

fn sends(commands: &[Command]) -> usize {
    let send = |it: &&Command| matches!(it, Command::Send { .. });
    commands.iter().filter(send).count()
}

/// The tables as they were given, to be changed and grown to.
fn known(engine: &Engine) -> Config {
    engine.config().clone()
}

/// A submission of this flow that waits a minute at the most.
fn wait(engine: &mut Engine, execution: u64, flow: u32) -> Vec<Command> {
    let submission = Submission {
        execution: ExecutionId(execution),
        flow: FlowId(flow),
        route: RouteId(0),
        endpoint: EndpointId::UNKNOWN,
        deadline: Instant::ZERO + Duration::from_secs(60),
        timeout: Duration::from_secs(5),
        idempotent: true,
    };
    engine.handle_event(Event::Submit(submission), Instant::ZERO);
    std::iter::from_fn(|| engine.poll_command()).collect()
}

/// Whose calls these commands send.
fn sent(commands: &[Command]) -> Vec<u64> {
    let sent = commands.iter().filter_map(|it| match it {
        Command::Send { execution, .. } => Some(execution.0),
        _ => None,
    });
    sent.collect()
}

/// Ends the attempt that the first of these commands began; what follows.
fn end(engine: &mut Engine, commands: &[Command]) -> Vec<Command> {
    let attempt = commands.iter().find_map(|it| match it {
        Command::Send { attempt, .. } => Some(*attempt),
        _ => None,
    });
    let attempt = attempt.unwrap();
    let now = Instant::ZERO + Duration::from_millis(1);
    let head = Event::Head {
        attempt,
        status: 200,
        facts: Facts::default(),
    };
    engine.handle_event(head, now);
    engine.handle_event(Event::Done(attempt), now);
    std::iter::from_fn(|| engine.poll_command()).collect()
}

#[test]
fn a_flow_that_becomes_more_important_passes_what_waits_already() {
    let mut config = engine_config();
    config.flows.add(Flow {
        name: "later".into(),
        priority: 1,
        ..Flow::default()
    });
    config.limits = vec![at_once("shared", 1)].into();
    let mut engine = Engine::new(config, 1, Instant::ZERO);
    let first = wait(&mut engine, 1, 0);
    assert_eq!(sent(&first), [1]);
    wait(&mut engine, 2, 0);
    wait(&mut engine, 3, 1);
    let mut wanted = known(&engine);
    wanted.flows[0].priority = 2;
    engine
        .extend(
            |mut tables: Extension<'_>| tables.grow_to(&wanted),
            Instant::ZERO,
        )
        .unwrap();
    let second = end(&mut engine, &first);
    assert_eq!(sent(&second), [3], "the other class is the first one now");
    assert_eq!(sent(&end(&mut engine, &second)), [2]);
}

#[test]
fn a_flow_that_is_added_has_calls() {
    let mut engine = engine();
    let mut wanted = known(&engine);
    let added = wanted.flows.add(Flow {
        name: "added".into(),
        priority: 3,
        ..Flow::default()
    });
    engine
        .extend(
            |mut tables: Extension<'_>| tables.grow_to(&wanted),
            Instant::ZERO,
        )
        .unwrap();
    assert_eq!(sent(&wait(&mut engine, 1, added.0)), [1]);
    let flows = engine.snapshot(Instant::ZERO).flows;
    let running: Vec<_> = flows
        .iter()
        .map(|it| (it.name.as_str(), it.running))
        .collect();
    assert_eq!(running, [("flow", 0), ("added", 1)]);
}

#[test]
fn what_a_flow_has_had_of_its_guarantee_counts_when_that_becomes_another() {
    let minute = Limit {
        name: "minute".into(),
        scope: Scope::Organisation,
        rule: Rule::Window {
            allowed: 10,
            period: Duration::from_secs(60),
            counted_within: None,
        },
    };
    let mut config = engine_config();
    config.limits = vec![minute].into();
    config.flows[0].guarantee = Some(tollgate_engine::Guarantee {
        limit: LimitId(0),
        slots: 2,
    });
    let mut engine = Engine::new(config, 1, Instant::ZERO);
    assert_eq!(sent(&wait(&mut engine, 1, 0)), [1]);
    let mut wanted = known(&engine);
    wanted.flows[0].guarantee = Some(tollgate_engine::Guarantee {
        limit: LimitId(0),
        slots: 5,
    });
    engine
        .extend(
            |mut tables: Extension<'_>| tables.grow_to(&wanted),
            Instant::ZERO,
        )
        .unwrap();
    let now = Instant::ZERO + Duration::from_secs(1);
    let demand = &engine.demand(Duration::ZERO, now)[0].guaranteed[0];
    assert_eq!((demand.guarantee, demand.used.held), (5, 1));
}

#[test]
fn a_limit_that_is_lifted_holds_nobody_and_keeps_its_use() {
    let mut engine = engine();
    for execution in 1..=2 {
        assert_eq!(sends(&submit(&mut engine, execution, 0)), 1);
    }
    assert_eq!(sends(&submit(&mut engine, 3, 0)), 0, "two at once");
    engine.handle_event(Event::LiftLimit(LimitId(0)), Instant::ZERO);
    let sent: Vec<_> = std::iter::from_fn(|| engine.poll_command()).collect();
    assert_eq!(sends(&sent), 1, "what waited is judged anew");
    assert!(
        engine.snapshot(Instant::ZERO).limits.is_empty(),
        "it isn't shown"
    );
    let again = Event::SetLimit {
        limit: LimitId(0),
        allowed: 4,
    };
    engine.handle_event(again, Instant::ZERO);
    assert_eq!(engine.snapshot(Instant::ZERO).limits[0].held, 3);
    assert_eq!(sends(&submit(&mut engine, 4, 0)), 1);
    assert_eq!(sends(&submit(&mut engine, 5, 0)), 0);
}

#[test]
fn a_client_that_a_pool_gets_brings_its_tokens() {
    let client = |name: &str| Client {
        name: name.into(),
        limits: Vec::new(),
        token_limits: vec![
            Limit {
                name: "token".into(),
                scope: Scope::Token,
                rule: Rule::Window {
                    allowed: 1,
                    period: Duration::from_secs(60),
                    counted_within: None,
                },
            }
            .into(),
        ],
        max_tokens: 1,
        shared_as: None,
    };
    let mut config = engine_config();
    config.limits = Table::default();
    let first = config.clients.add(client("first"));
    let pool = config.pools.add(Pool {
        name: "pool".into(),
        clients: vec![first],
    });
    config.routes[0].limits.clear();
    config.routes[0].pool = Some(pool);
    let mut engine = Engine::new(config, 1, Instant::ZERO);
    let fetched = submit(&mut engine, 1, 0);
    assert!(
        fetched
            .iter()
            .any(|it| matches!(it, Command::FetchToken(client, _) if *client == first))
    );
    grant(&mut engine, &fetched);
    let refused = submit(&mut engine, 2, 0);
    assert!(matches!(refused[..], [Command::Finish(..)]), "{refused:?}");
    let mut wanted = known(&engine);
    let second = wanted.clients.add(client("second"));
    wanted.pools[0].clients.push(second);
    engine
        .extend(
            |mut tables: Extension<'_>| tables.grow_to(&wanted),
            Instant::ZERO,
        )
        .unwrap();
    let fetched = submit(&mut engine, 3, 0);
    assert!(
        fetched
            .iter()
            .any(|it| matches!(it, Command::FetchToken(client, _) if *client == second)),
        "{fetched:?}"
    );
    assert_eq!(sent(&grant(&mut engine, &fetched)), [3]);
}

/// Grants the tokens that these commands ask for; what follows.
fn grant(engine: &mut Engine, commands: &[Command]) -> Vec<Command> {
    for command in commands {
        if let Command::FetchToken(_, token) = command {
            let granted = Event::TokenGranted {
                token: *token,
                expires_in: Duration::from_secs(3600),
            };
            engine.handle_event(granted, Instant::ZERO);
        }
    }
    std::iter::from_fn(|| engine.poll_command()).collect()
}
