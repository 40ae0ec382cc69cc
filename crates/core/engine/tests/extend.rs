//! Tables appended to a running engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Extension, Facts, Flow, Policy, Pool, Route, Submission,
};
use tollgate_model::{
    ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, RouteId, Rule,
    Scope, Table, TokenId,
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

#[test]
fn a_new_route_passes_old_limits_and_its_own() {
    let mut engine = engine();
    assert_eq!(
        sends(&submit(&mut engine, 1, 0)),
        1,
        "one of two shared slots"
    );
    let more = |mut tables: Extension<'_>| {
        let own = tables.add_limit(at_once("own", 1));
        tables.add_route(Route {
            name: "new".into(),
            limits: vec![LimitId(0), own],
            pool: None,
            ..Route::default()
        })
    };
    let route = engine.extend(more, Instant::ZERO).unwrap();
    assert_eq!(route, RouteId(1));
    assert_eq!(
        sends(&submit(&mut engine, 2, route.0)),
        1,
        "the other shared slot"
    );
    assert_eq!(
        sends(&submit(&mut engine, 3, route.0)),
        0,
        "its own limit holds"
    );
    let held: Vec<_> = engine.snapshot(Instant::ZERO).limits;
    let held: Vec<_> = held.iter().map(|it| (it.name.as_str(), it.held)).collect();
    assert_eq!(
        held,
        [("shared", 2), ("own", 1)],
        "what was held stays held"
    );
}

#[test]
fn a_new_pool_fetches_its_tokens() {
    let mut engine = engine();
    let more = |mut tables: Extension<'_>| {
        let client = tables.add_client(Client {
            name: "client".into(),
            limits: vec![],
            token_limits: vec![],
            max_tokens: 1,
            shared_as: None,
        });
        let pool = tables.add_pool(Pool {
            name: "pool".into(),
            clients: vec![client],
        });
        let route = tables.add_route(Route {
            name: "new".into(),
            limits: vec![],
            pool: Some(pool),
            ..Route::default()
        });
        (client, route)
    };
    let (added, route) = engine.extend(more, Instant::ZERO).unwrap();
    let commands = submit(&mut engine, 1, route.0);
    let [Command::FetchToken(client, token)] = commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(client, added);
    let granted = Event::TokenGranted {
        token,
        expires_in: Duration::from_secs(600),
    };
    engine.handle_event(granted, Instant::ZERO);
    let commands: Vec<_> = std::iter::from_fn(|| engine.poll_command()).collect();
    assert_eq!(sends(&commands), 1);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut changed = engine();
    let add = |mut tables: Extension<'_>| {
        let limit = tables.add_limit(at_once("own", 1));
        (limit, tables.add_route(Route::default()))
    };
    let before = engine().extend(add, Instant::ZERO).unwrap();
    let more = |mut tables: Extension<'_>| {
        tables.add_limit(at_once("own", 1));
        tables.add_route(Route {
            name: "new".into(),
            limits: vec![],
            pool: Some(PoolId(9)),
            ..Route::default()
        });
    };
    assert!(
        changed
            .extend(more, Instant::ZERO)
            .unwrap_err()
            .to_string()
            .contains("pool that does not exist")
    );
    assert_eq!(changed.extend(add, Instant::ZERO).unwrap(), before);
}

fn a_minute(allowed: u32) -> Limit {
    Limit {
        rule: Rule::Window {
            allowed,
            period: Duration::from_secs(60),
            counted_within: None,
        },
        ..at_once("late", 1)
    }
}

#[test]
fn a_limit_that_an_operator_has_lowered_is_no_reason_not_to_extend() {
    let mut config = Config {
        limits: vec![a_minute(10)].into(),
        routes: vec![Route {
            limits: vec![LimitId(0)],
            cost: 3,
            ..Route::default()
        }]
        .into(),
        ..Config::default()
    };
    let mut engine = Engine::new(config.clone(), 1, Instant::ZERO);
    for allowed in [2, 0] {
        let limit = LimitId(0);
        engine.handle_event(Event::SetLimit { limit, allowed }, Instant::ZERO);
        let more = |mut tables: Extension<'_>| tables.add_route(Route::default());
        engine.extend(more, Instant::ZERO).unwrap();
    }
    config.routes[0].cost = 11;
    let more = |mut tables: Extension<'_>| {
        let limit = tables.add_limit(config.limits[0].clone());
        tables.add_route(Route {
            limits: vec![limit],
            ..config.routes[0].clone()
        })
    };
    assert!(engine.extend(more, Instant::ZERO).is_err(), "never started");
}

#[test]
fn what_an_earlier_process_used_is_not_held_for_longer_by_a_late_limit() {
    let config = Config {
        limits: vec![a_minute(10)].into(),
        ..engine_config()
    };
    let mut old = Engine::new(config.clone(), 1, Instant::ZERO);
    for execution in 0..10 {
        submit(&mut old, execution, 0);
    }
    let checkpoint = old.checkpoint(Instant::ZERO);
    let nothing = Config {
        limits: Table::default(),
        routes: Table::default(),
        ..config
    };
    for (seconds, held) in [(1, 10), (64, 10), (65, 0), (7_200, 0)] {
        let mut engine = Engine::new(nothing.clone(), 1, Instant::ZERO);
        engine.restore(&checkpoint, Duration::ZERO, Instant::ZERO);
        let now = Instant::ZERO + Duration::from_secs(seconds);
        let more = |mut tables: Extension<'_>| tables.add_limit(a_minute(10));
        engine.extend(more, now).unwrap();
        assert_eq!(
            engine.snapshot(now).limits[0].held,
            held,
            "after {seconds} s"
        );
    }
}

/// Tokens that are good for one call a minute each.
fn pooled() -> Engine {
    let mut config = engine_config();
    config.clients = vec![Client {
        token_limits: vec![
            Limit {
                scope: Scope::Token,
                ..a_minute(1)
            }
            .into(),
        ],
        max_tokens: 2,
        ..Client::default()
    }]
    .into();
    config.pools = vec![Pool {
        clients: vec![ClientId(0)],
        ..Pool::default()
    }]
    .into();
    config.routes[0].pool = Some(PoolId(0));
    Engine::new(config, 1, Instant::ZERO)
}

fn tell(engine: &mut Engine, event: Event, now: Instant) -> Vec<Command> {
    engine.handle_event(event, now);
    std::iter::from_fn(|| engine.poll_command()).collect()
}

fn granted(token: TokenId) -> Event {
    Event::TokenGranted {
        token,
        expires_in: Duration::from_secs(600),
    }
}

/// What it commands by itself until nothing is left to wait for.
fn rest(engine: &mut Engine) -> Vec<Command> {
    let mut all = Vec::new();
    while let Some(now) = engine.poll_timeout() {
        engine.handle_timeout(now);
        all.extend(std::iter::from_fn(|| engine.poll_command()));
    }
    all
}

#[test]
fn a_route_that_takes_anothers_place_uses_its_tokens_on() {
    let mut engine = pooled();
    submit(&mut engine, 1, 0);
    let sent = tell(&mut engine, granted(TokenId(0)), Instant::ZERO);
    assert_eq!(sends(&sent), 1);
    let more = |mut tables: Extension<'_>| {
        tables.add_route(Route {
            pool: Some(PoolId(0)),
            ..Route::default()
        })
    };
    let route = engine.extend(more, Instant::ZERO).unwrap();
    let commands = submit(&mut engine, 2, route.0);
    assert!(
        matches!(commands[..], [Command::FetchToken(ClientId(0), _)]),
        "the first token is used up: {commands:?}"
    );
}

#[test]
fn a_retired_client_serves_what_waits_and_holds_no_token_then() {
    let mut engine = pooled();
    submit(&mut engine, 1, 0);
    let retire = Event::RetireClient(ClientId(0));
    assert_eq!(
        tell(&mut engine, retire, Instant::ZERO),
        [],
        "a call waits for the token"
    );
    let commands = tell(&mut engine, granted(TokenId(0)), Instant::ZERO);
    let [Command::Send { attempt, .. }, ..] = commands[..] else {
        panic!("{commands:?}");
    };
    assert!(commands.contains(&Command::DropToken(TokenId(0))));
    assert_eq!(engine.snapshot(Instant::ZERO).tokens.len(), 0);
    // Its answer may still come, and even turn the token away.
    let head = Event::Head {
        attempt,
        status: 401,
        facts: Facts::default(),
    };
    tell(&mut engine, head, Instant::ZERO);
    let commands = tell(&mut engine, Event::Done(attempt), Instant::ZERO);
    let fetched = commands.iter().find_map(|it| match it {
        Command::FetchToken(_, token) => Some(*token),
        _ => None,
    });
    let commands = tell(&mut engine, granted(fetched.unwrap()), Instant::ZERO);
    assert_eq!(sends(&commands), 1, "the replay");
    assert_eq!(engine.snapshot(Instant::ZERO).tokens.len(), 0);
    let fetches = |it: &Command| matches!(it, Command::FetchToken(..));
    assert!(!rest(&mut engine).iter().any(fetches));
}

#[test]
fn a_client_that_is_retired_while_it_fetches_is_given_no_token() {
    let mut engine = pooled();
    submit(&mut engine, 1, 0);
    tell(&mut engine, Event::Cancel(ExecutionId(1)), Instant::ZERO);
    let retire = Event::RetireClient(ClientId(0));
    let dropped = [Command::DropToken(TokenId(0))];
    assert_eq!(tell(&mut engine, retire, Instant::ZERO), dropped);
    assert_eq!(
        tell(&mut engine, granted(TokenId(0)), Instant::ZERO),
        dropped,
        "the grant was on its way"
    );
}

#[test]
fn tokens_beyond_a_clients_number_are_used_and_not_renewed() {
    for (max_tokens, renews) in [(0, false), (2, true)] {
        let mut engine = pooled();
        submit(&mut engine, 1, 0);
        tell(&mut engine, granted(TokenId(0)), Instant::ZERO);
        let client = ClientId(0);
        let set = Event::SetMaxTokens { client, max_tokens };
        tell(&mut engine, set, Instant::ZERO);
        assert_eq!(engine.snapshot(Instant::ZERO).tokens.len(), 1);
        let fetches = |it: &Command| matches!(it, Command::FetchToken(..));
        assert_eq!(rest(&mut engine).iter().any(fetches), renews);
    }
}

#[test]
fn another_name_leaves_what_is_held() {
    let mut engine = engine();
    submit(&mut engine, 1, 0);
    let name = "renamed".to_owned();
    let rename = Event::RenameLimit {
        limit: LimitId(0),
        name,
    };
    tell(&mut engine, rename, Instant::ZERO);
    let limits = engine.checkpoint(Instant::ZERO).limits;
    assert_eq!(limits[0].name, "renamed");
    assert_eq!(engine.snapshot(Instant::ZERO).limits[0].held, 1);
}
