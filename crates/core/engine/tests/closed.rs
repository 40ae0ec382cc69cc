//! A 429 all the same: what closes, what goes on, and what is known of it in advance.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "closed/world.rs"]
mod world;

use std::time::Duration;
use tollgate_engine::{Client, Closed, Event, Facts, Family, WindowFact};
use tollgate_model::{LimitId, Reason, RouteId, Scope, TokenId};
use world::{World, at, at_once, window};

fn client(max_tokens: u32) -> Client {
    Client {
        token_limits: vec![window(Scope::Token, 10)],
        max_tokens,
        ..Client::default()
    }
}

/// Somebody asks for a pause and says no more.
fn pause(seconds: u64) -> Facts {
    Facts {
        refused: false,
        retry_after: Some(Duration::from_secs(seconds)),
        window: None,
    }
}

#[test]
fn one_hosts_429_leaves_the_others_alone() {
    let limits = vec![
        window(Scope::Organisation, 2_500),
        at_once(Scope::Organisation),
    ];
    let mut world = World::plain(limits, &[&[0, 1], &[0, 1]]);
    world.submit(0, 0, 10);
    world.answer(429, pause(3_600), 0);
    world.submit(1, 1, 10);
    assert_eq!(world.sent.len(), 1, "another route is another upstream");
    let refused = world.submit(0, 1, 10);
    assert_eq!(world.refused(refused), Some(at(3_600)));
    assert_eq!(world.refusal(refused), (Reason::UpstreamClosed, None));
    let waits = world.submit(0, 1, 7_000);
    assert_eq!(world.engine.poll_timeout(), Some(at(3_600)));
    let closed = world.engine.snapshot(at(1)).closed_routes;
    assert_eq!(closed, [(RouteId(0), at(3_600))]);
    world.pass(3_600);
    assert_eq!(world.sent.last().unwrap().0, waits);
}

#[test]
fn an_upstreams_own_windows_close_with_the_route_and_no_concurrency_limit_does() {
    let limits = vec![window(Scope::Host, 10), at_once(Scope::Host)];
    let mut world = World::plain(limits, &[&[0, 1], &[0, 1], &[1]]);
    world.submit(0, 0, 10);
    world.answer(429, pause(60), 0);
    let refused = world.submit(1, 1, 10);
    assert_eq!(world.refused(refused), Some(at(60)), "the same host");
    world.submit(2, 1, 10);
    assert_eq!(world.sent.len(), 1, "under the same number at once");
}

#[test]
fn a_window_that_a_header_calls_full_is_what_closes() {
    let limits = vec![window(Scope::Organisation, 100), window(Scope::Host, 10)];
    let mut world = World::plain(limits, &[&[0, 1], &[0], &[1]]);
    world.submit(0, 0, 10);
    let facts = Facts {
        refused: false,
        window: Some(WindowFact {
            count: 100,
            allowed: 100,
            reset: Duration::from_secs(30),
            family: Family::Platform,
        }),
        ..Facts::default()
    };
    world.answer(429, facts, 0);
    let refused = world.submit(1, 1, 10);
    assert_eq!(world.refused(refused), Some(at(30)));
    assert_eq!(
        world.refusal(refused).0,
        Reason::UpstreamClosed,
        "not a lack of quota"
    );
    world.submit(2, 1, 10);
    assert_eq!(world.sent.len(), 1, "under another limit");
}

#[test]
fn the_tokens_429_leaves_the_next_token_alone_and_two_tokens_429_close_their_client() {
    let mut world = World::pooled(vec![client(3), client(3)]);
    world.submit(0, 0, 5);
    world.submit(0, 0, 5);
    world.grant(0);
    assert_eq!(world.sent.len(), 2);
    // Both with the first client's first token; they go on with a healthy one.
    world.answer(429, pause(60), 1);
    world.answer(429, pause(60), 1);
    let mut tried = Vec::new();
    for _ in 0..20 {
        world.grant(1);
        if world.sent.is_empty() {
            break;
        }
        tried.extend(world.answer(429, pause(60), 1));
    }
    tried.dedup();
    assert_eq!(tried.len(), 3, "two for each client in all: {tried:?}");
    assert!(world.sent.is_empty() && world.fetched.is_empty());
    let refused = world.submit(0, 2, 10);
    assert_eq!(world.refused(refused), Some(at(61)));
    let waits = world.submit(0, 2, 100);
    world.pass(61);
    assert_eq!(world.sent.last().unwrap().0, waits);
    let organisation = &world.engine.snapshot(at(2)).limits[0];
    assert_eq!(organisation.closed_until, None);
}

#[test]
fn a_token_without_limits_closes_all_the_same() {
    let client = Client {
        max_tokens: 1,
        ..Client::default()
    };
    let mut world = World::pooled(vec![client]);
    world.submit(0, 0, 100);
    world.grant(0);
    world.answer(429, pause(60), 1);
    assert!(world.sent.is_empty(), "asked again at once");
    let refused = world.submit(0, 1, 50);
    assert_eq!(world.refused(refused), Some(at(61)));
    world.pass(61);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_closed_token_is_not_counted_on_until_it_opens() {
    let mut world = World::pooled(vec![client(1), client(1)]);
    let calls = |world: &mut World, number: usize, now, patience| {
        for _ in 0..number {
            world.submit(0, now, patience);
        }
        world.grant(now);
    };
    calls(&mut world, 20, 0, 5);
    assert_eq!(world.sent.len(), 20, "ten with each token");
    let first = world.sent[0].2;
    world.answer(429, pause(100), 0);
    for _ in 0..19 {
        world.answer(200, Facts::default(), 0);
    }
    world.ended.clear();
    // At 60 s the other token has ten, at 100 s this one has.
    calls(&mut world, 9, 1, 80);
    assert_eq!(world.ended, []);
    world.submit(0, 1, 80);
    let refused = world.submit(0, 1, 80);
    assert_eq!(world.refused(refused), Some(at(100)));
    let waits = world.submit(0, 1, 99);
    world.pass(60);
    assert_eq!(
        world.sent.len(),
        10,
        "nobody who was taken in waits in vain"
    );
    assert!(world.sent.iter().all(|it| it.2 != first));
    world.pass(100);
    assert_eq!(world.sent[10], (waits, world.sent[10].1, first));
}

#[test]
fn a_token_that_cannot_be_fetched_in_time_is_not_counted_on() {
    let mut world = World::pooled(vec![client(2)]);
    for _ in 0..10 {
        world.submit(0, 0, 5);
    }
    world.grant(0);
    assert_eq!(world.sent.len(), 10);
    let token = world.fetched.remove(0);
    let retry_after = Some(Duration::from_secs(50));
    world.event(
        Event::TokenFailed {
            token,
            retry_after,
            failure: tollgate_engine::FetchFailure::Other,
        },
        0,
    );
    for _ in 0..10 {
        world.answer(200, Facts::default(), 0);
    }
    let refused = world.submit(0, 1, 30);
    assert_eq!(world.refused(refused), Some(at(60)));
    world.submit(0, 1, 55);
    world.pass(50);
    world.grant(50);
    assert_eq!(world.sent.len(), 1, "with the second token");
}

#[test]
fn an_operator_opens_what_a_429_has_closed() {
    let day = 86_400;
    // A route and its upstream's window.
    let mut world = World::plain(vec![window(Scope::Host, 10)], &[&[0]]);
    world.submit(0, 0, 10);
    world.answer(429, pause(day), 0);
    let waits = world.submit(0, 1, day * 2);
    let closed = |world: &World| -> Vec<Closed> {
        let snapshot = world.engine.snapshot(at(1));
        assert!(snapshot.closed.iter().all(|it| it.until == at(day)));
        snapshot.closed.iter().map(|it| it.what).collect()
    };
    let (limit, route) = (Closed::Limit(LimitId(0)), Closed::Route(RouteId(0)));
    assert_eq!(closed(&world), [limit, route]);
    world.engine.handle_event(Event::Open(limit), at(1));
    assert_eq!(closed(&world), [route]);
    world.event(Event::Open(route), 1);
    assert_eq!(closed(&world), []);
    assert_eq!(world.sent.last().unwrap().0, waits);
    // Tokens, and with the second of them their client.
    let mut world = World::pooled(vec![client(2)]);
    world.submit(0, 0, 5);
    world.grant(0);
    world.answer(429, pause(day), 0);
    let token = closed(&world);
    assert_eq!(token, [Closed::Token(TokenId(0))]);
    world.event(Event::Open(token[0]), 1);
    world.submit(0, 1, 5);
    assert_eq!(closed(&world), []);
    assert_eq!(world.sent.len(), 2);
    // What isn't there opens nothing.
    for gone in [
        Closed::Limit(LimitId(99)),
        Closed::Token(TokenId(99)),
        Closed::Client(tollgate_model::ClientId(99)),
        Closed::Route(RouteId(99)),
    ] {
        world.event(Event::Open(gone), 1);
    }
}
