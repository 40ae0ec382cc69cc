//! A learned limit binds like a configured one.

use super::*;
use crate::{Client, Command, Event, Facts, Flow, Pool, Route, Submission};
use std::time::Duration;
use tollgate_model::{ExecutionId, FlowId};
use tollgate_model::{Instant, Limit, TokenId};

const MINUTE: Duration = Duration::from_secs(60);

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn window(allowed: u32, millis: u64) -> Rule {
    Rule::Window {
        allowed,
        period: Duration::from_millis(millis),
        counted_within: Some(Duration::ZERO),
    }
}

/// Two routes with one integration's limit and no token; a third with tokens of its own pool.
fn engine() -> Engine {
    let limit = |name: &str, scope, allowed| Limit {
        name: name.into(),
        scope,
        rule: Rule::Window {
            allowed,
            period: MINUTE,
            counted_within: None,
        },
    };
    let route = |name: &str, pool| Route {
        name: name.into(),
        limits: if pool == Some(PoolId(0)) {
            vec![]
        } else {
            vec![LimitId(0)]
        },
        pool,
        ..Route::default()
    };
    let config = Config {
        limits: vec![limit("crm", Scope::Integration, 100)].into(),
        clients: vec![Client {
            name: "client".into(),
            token_limits: vec![limit("token", Scope::Token, 20).into()],
            max_tokens: 2,
            ..Client::default()
        }]
        .into(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: vec![ClientId(0)],
        }]
        .into(),
        routes: vec![
            route("crm", None),
            route("crm/apart", None),
            route("platform", Some(PoolId(0))),
        ]
        .into(),
        flows: vec![Flow {
            name: "flow".into(),
            ..Flow::default()
        }]
        .into(),
        ..Config::default()
    };
    config.check().unwrap();
    Engine::new(config, 1, Instant::ZERO)
}

fn submit(engine: &mut Engine, number: u64, route: u32, endpoint: u32, now: Instant) {
    let submission = Submission {
        execution: ExecutionId(number),
        flow: FlowId(0),
        route: RouteId(route),
        endpoint: EndpointId(endpoint),
        deadline: now + MINUTE,
        timeout: MINUTE,
        idempotent: true,
    };
    engine.handle_event(Event::Submit(submission), now);
}

/// Carries out what the engine wants: calls are answered at once. Gives the executions sent.
fn carry_out(engine: &mut Engine, now: Instant) -> Vec<u64> {
    let mut sent = Vec::new();
    while let Some(command) = engine.poll_command() {
        match command {
            Command::Send {
                execution, attempt, ..
            } => {
                sent.push(execution.0);
                let (status, facts) = (200, Facts::default());
                engine.handle_event(
                    Event::Head {
                        attempt,
                        status,
                        facts,
                    },
                    now,
                );
                engine.handle_event(Event::Done(attempt), now);
            }
            Command::FetchToken(_, token) => {
                let expires_in = MINUTE * 60;
                engine.handle_event(Event::TokenGranted { token, expires_in }, now);
            }
            _ => {}
        }
    }
    sent
}

#[test]
fn a_limit_of_one_endpoint_leaves_the_others_alone() {
    let mut engine = engine();
    let crm = engine.upstreams.of(RouteId(0));
    assert_eq!(crm, engine.upstreams.of(RouteId(1)), "one limit in common");
    let recent = [RecentCall {
        until: at(1_500),
        token: None,
        cost: 1,
    }];
    let group = Group::Endpoint(crm, EndpointId(7));
    let place = engine.hold_learned(group, window(2, 1_000), &recent);
    let now = at(1_000);
    for number in 0..4 {
        submit(&mut engine, number, (number % 2) as u32, 7, now);
        submit(&mut engine, 10 + number, 0, 8, now);
    }
    let sent = carry_out(&mut engine, now);
    assert_eq!(sent, [0, 10, 11, 12, 13], "one slot was held from before");
    // That one's slot ends at 1.5 s, the other a second after its send.
    engine.handle_timeout(at(1_500));
    assert_eq!(carry_out(&mut engine, at(1_500)), [1]);
    assert_eq!(engine.poll_timeout(), Some(at(2_000)));
    engine.release_learned(place.unwrap());
    engine.handle_timeout(at(1_600));
    assert_eq!(carry_out(&mut engine, at(1_600)), [2, 3]);
    let names: Vec<_> = engine.snapshot(now).limits.into_iter().collect();
    assert_eq!(names.len(), 1, "the place is free again");
}

#[test]
fn a_limit_of_the_upstream_holds_on_each_of_its_routes() {
    let mut engine = engine();
    let crm = engine.upstreams.of(RouteId(0));
    let place = engine.hold_learned(Group::Upstream(crm), window(3, 1_000), &[]);
    for number in 0..6 {
        submit(&mut engine, number, (number % 2) as u32, 0, at(0));
    }
    assert_eq!(carry_out(&mut engine, at(0)), [0, 1, 2]);
    engine.adjust_learned(
        place.unwrap(),
        Group::Upstream(crm),
        window(5, 1_000),
        &[RecentCall {
            until: at(1_000),
            token: None,
            cost: 3,
        }],
    );
    engine.handle_timeout(at(1));
    assert_eq!(carry_out(&mut engine, at(1)), [3, 4]);
    let learned = engine.snapshot(at(1)).limits.pop().unwrap();
    assert_eq!(learned.name, "learned: 5 in 1 s for crm");
    assert_eq!((learned.held, learned.configured), (5, None));
}

#[test]
fn a_limit_of_each_token_holds_for_the_next_ones_too() {
    let mut engine = engine();
    for number in 0..3 {
        submit(&mut engine, number, 2, 0, at(0));
    }
    assert_eq!(carry_out(&mut engine, at(0)), [0, 1, 2]);
    let recent: Vec<_> = (0..3)
        .map(|_| RecentCall {
            until: at(1_000),
            token: Some(TokenId(0)),
            cost: 1,
        })
        .collect();
    let group = Group::Token(PoolId(0), None);
    let place = engine.hold_learned(group, window(3, 1_000), &recent);
    let place = place.unwrap();
    for number in 3..12 {
        submit(&mut engine, number, 2, 0, at(100));
    }
    // The first token is full, and a second one is fetched.
    assert_eq!(carry_out(&mut engine, at(100)), [3, 4, 5]);
    engine.handle_timeout(at(1_000));
    assert_eq!(carry_out(&mut engine, at(1_000)), [6, 7, 8]);
    engine.release_learned(place);
    engine.handle_timeout(at(1_001));
    assert_eq!(carry_out(&mut engine, at(1_001)), [9, 10, 11]);
    // The place is used again, with another period.
    let again = engine.hold_learned(group, window(1, 5_000), &[]);
    assert_eq!(again, Some(place));
}

#[test]
fn what_is_learned_is_bounded_and_stays_out_of_checkpoints() {
    let mut engine = engine();
    let crm = engine.upstreams.of(RouteId(0));
    let group = Group::Upstream(crm);
    let mut held = 0;
    while engine.hold_learned(group, window(3, 1_000), &[]).is_some() {
        held += 1;
    }
    assert_eq!(held, engine.config.policy.learned_limits);
    let names: Vec<_> = engine.checkpoint(at(0)).limits.into_iter().collect();
    assert_eq!(names.len(), 1);
    for number in 0..3 {
        submit(&mut engine, number, 0, 0, at(0));
    }
    assert_eq!(carry_out(&mut engine, at(0)), [0, 1, 2]);
    while let Some(record) = engine.poll_record() {
        assert_eq!(record.limit, 0);
    }
}
