//! Calls that a limit turns away all the same: what closes on which evidence, what goes on, and what is
//! known of it in advance.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "closed/promises.rs"]
mod promises;
#[path = "closed/world.rs"]
mod world;

use std::time::Duration;
use tollgate_engine::{Client, Closed, Event, Facts, Family, WindowFact};
use tollgate_model::{ClientId, LimitId, Reason, RouteId, Scope, TokenId};
use world::{World, at, at_once, window};

const NONE: Facts = Facts {
    retry_after: None,
    window: None,
    refused: false,
};
/// Times are in milliseconds.
const TICK: u64 = 1_000_000;
/// Longer than any test takes.
const LONG: u64 = 1_000_000_000;

fn client(max_tokens: u32) -> Client {
    Client {
        token_limits: vec![window(Scope::Token, 10).into()],
        max_tokens,
        ..Client::default()
    }
}

/// Somebody asks for a pause and says no more.
fn pause(seconds: u64) -> Facts {
    Facts {
        retry_after: Some(Duration::from_secs(seconds)),
        ..NONE
    }
}

/// A window of a minute that a header calls full.
fn full(allowed: u32, reset: u64) -> Facts {
    Facts {
        window: Some(WindowFact {
            count: allowed,
            allowed,
            reset: Duration::from_secs(reset),
            family: Family::Platform,
        }),
        ..NONE
    }
}

/// One route under a wide window.
fn plain() -> World {
    World::plain(vec![window(Scope::Host, 1_000)], &[&[0]])
}

/// A route that two refusals have closed at 20 ms. The call that is given waits.
fn closed(asked: Facts) -> World {
    let mut world = plain();
    world.submit(0, 0, LONG);
    world.answer(429, asked, 10);
    world.submit(0, 10, LONG);
    world.answer(429, asked, 20);
    world
}

const ROUTE: Closed = Closed::Route(RouteId(0));

#[test]
fn a_lone_refusal_closes_nothing_and_its_call_comes_back() {
    for (facts, patience, back) in [
        (NONE, 10_000, 110),
        (pause(5), 10_000, 5_010),
        // Longer than the call may wait: most often it is about nothing that stays.
        (pause(60), 10_000, 110),
        (pause(600), 10_000, 110),
        // No window of the call's is longer than a minute.
        (pause(600), 100_000, 60_010),
    ] {
        let mut world = plain();
        let call = world.submit(0, 0, patience);
        world.answer(429, facts, 10);
        assert_eq!(world.closed(10), []);
        world.submit(0, 10, 10_000);
        world.answer(200, NONE, 20);
        world.pass(back - 1);
        assert_eq!(world.sent, []);
        world.pass(back);
        assert_eq!(world.sent[0].0, call, "{facts:?}");
        assert_eq!(world.engine.snapshot(at(back)).limited, 1);
    }
}

#[test]
fn a_call_that_is_refused_again_and_again_pauses_for_twice_as_long_each_time() {
    let mut world = plain();
    world.submit(0, 0, LONG);
    let mut now = 0;
    for span in [100, 200, 400, 800, 1_600] {
        world.answer(429, NONE, now);
        // Others pass meanwhile.
        world.submit(0, now, LONG);
        world.answer(200, NONE, now);
        world.pass(now + span - 1);
        assert_eq!(world.sent, []);
        now += span;
        world.pass(now);
        assert_eq!(world.sent.len(), 1);
    }
    assert_eq!(world.closed(now), []);
}

#[test]
fn refusals_of_calls_that_were_under_way_together_are_one_piece_of_evidence() {
    let mut world = plain();
    for _ in 0..50 {
        world.submit(0, 0, LONG);
    }
    for _ in 0..50 {
        world.answer(429, pause(30), 10);
    }
    assert_eq!(world.closed(10), []);
    // One that was sent when the first was known is another.
    world.submit(0, 10, LONG);
    world.answer(429, pause(30), 20);
    assert_eq!(world.closed(20), [(ROUTE, at(30_020))]);
}

#[test]
fn an_answer_to_a_call_sent_before_the_refusal_was_known_clears_nothing() {
    let mut world = plain();
    world.submit(0, 0, LONG);
    world.submit(0, 0, LONG);
    world.answer(429, pause(30), 10);
    world.answer(200, NONE, 11);
    world.submit(0, 12, LONG);
    world.answer(429, pause(30), 20);
    assert_eq!(world.closed(20), [(ROUTE, at(30_020))]);
    // One that was sent later does.
    let mut world = plain();
    world.submit(0, 0, LONG);
    world.answer(429, NONE, 10);
    world.submit(0, 12, LONG);
    world.answer(200, NONE, 20);
    world.submit(0, 20, LONG);
    world.answer(429, NONE, 30);
    assert_eq!(world.closed(30), []);
}

#[test]
fn an_old_refusal_is_no_evidence() {
    let mut world = plain();
    world.submit(0, 0, 10);
    world.answer(429, NONE, 10);
    world.submit(0, 60_011, 10);
    world.answer(429, NONE, 60_012);
    assert_eq!(world.closed(60_012), []);
}

#[test]
fn what_is_closed_is_known_in_advance() {
    let mut world = closed(pause(30));
    let refused = world.submit(0, 20, 30_000 - 1);
    assert_eq!(world.refused(refused), Some(at(30_020)));
    assert_eq!(world.refusal(refused), (Reason::UpstreamClosed, None));
    world.submit(0, 20, 30_000);
    assert_eq!(world.sent, []);
    assert_eq!(world.closed(20), [(ROUTE, at(30_020))]);
}

#[test]
fn one_call_probes_what_is_closed_and_when_it_is_accepted_all_go() {
    let mut world = closed(pause(600));
    world.submit(0, 20, LONG);
    // As long as asked, but no longer than the window.
    world.pass(60_019);
    assert_eq!(world.sent, []);
    world.pass(60_020);
    assert_eq!(world.sent.len(), 1, "of three");
    world.submit(0, 60_030, LONG);
    assert_eq!(world.sent.len(), 1);
    world.answer(200, NONE, 60_040);
    assert_eq!(world.closed(60_040), []);
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn what_has_waited_does_not_leave_together() {
    let mut world = plain();
    for _ in 0..4 {
        world.submit(0, 0, LONG);
    }
    assert_eq!(world.accept_all(10).len(), 4);
    // Two refusals close the route when four slots are taken; forty calls wait.
    for now in [20, 30] {
        world.submit(0, now, LONG);
        world.answer(429, pause(30), now);
    }
    for _ in 0..38 {
        world.submit(0, 40, LONG);
    }
    let opens = 30 + 30_000;
    world.pass(opens);
    let mut waves = Vec::new();
    for now in (opens + 20..).step_by(20).take(7) {
        let wave = world.sent.len();
        for _ in 0..wave {
            world.answer(200, NONE, now);
        }
        waves.push(wave);
    }
    // The probe; those that were counted, the last of which is a probe; and twice as many each time.
    assert_eq!(waves, [1, 4, 2, 4, 8, 16, 5]);
}

#[test]
fn who_is_refused_among_them_closes_the_part_for_as_long_as_at_first() {
    // Who has asked for more than there was need of gets a short pause.
    for (asked, closed) in [(60, 60_000), (600, 100)] {
        closes_again(asked, closed);
    }
}

fn closes_again(asked: u64, closed: u64) {
    let mut world = plain();
    for _ in 0..3 {
        world.submit(0, 0, LONG);
    }
    world.accept_all(10);
    for now in [20, 30] {
        world.submit(0, now, LONG);
        world.answer(429, pause(asked), now);
    }
    for _ in 0..10 {
        world.submit(0, 40, LONG);
    }
    let opens = 30 + 60_000;
    world.pass(opens);
    world.answer(200, NONE, opens + 10);
    assert_eq!(world.sent.len(), 3);
    world.answer(200, NONE, opens + 20);
    world.answer(200, NONE, opens + 20);
    // A day would follow on a probe that is refused while the route is closed.
    world.answer(429, pause(asked), opens + 20);
    assert_eq!(world.closed(opens + 20), [(ROUTE, at(opens + 20 + closed))]);
}

#[test]
fn a_long_pause_is_believed_when_the_probe_is_refused_too_but_for_no_longer_than_a_day() {
    for (asked, believed) in [
        (600, 600),
        (70_000, 70_000),
        (86_400 * 30, 86_400),
        (30, 60),
    ] {
        let mut world = closed(pause(asked));
        let opens = asked.min(60) * 1_000 + 20;
        world.pass(opens);
        assert_eq!(world.sent.len(), 1);
        world.answer(429, pause(asked), opens);
        assert_eq!(world.closed(opens), [(ROUTE, at(opens + believed * 1_000))]);
    }
}

#[test]
fn milliseconds_are_no_seconds() {
    // Six seconds, of a window of a minute.
    let mut world = closed(pause(6_000));
    assert_eq!(world.closed(20), [(ROUTE, at(6_020))]);
    let mut now = 6_020;
    // Were it seconds, it would be known after four refusals more.
    for span in [12_000, 24_000, 48_000, 60_000] {
        world.pass(now);
        world.answer(429, pause(6_000), now);
        assert_eq!(world.closed(now), [(ROUTE, at(now + span))]);
        now += span;
    }
    world.pass(now);
    world.answer(429, pause(6_000), now);
    assert_eq!(world.closed(now), [(ROUTE, at(now + 6_000_000))]);
    // A call that is refused alone pauses for six seconds.
    let mut world = plain();
    world.submit(0, 0, 10_000);
    world.answer(429, pause(6_000), 0);
    world.pass(5_999);
    assert_eq!(world.sent, []);
    world.pass(6_000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_pause_that_nobody_asked_for_is_short_and_doubles_up_to_the_longest_window() {
    let mut world = closed(NONE);
    let mut now = 20;
    let spans = [
        100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000,
    ];
    for span in spans {
        assert_eq!(world.closed(now), [(ROUTE, at(now + span))]);
        now += span;
        world.pass(now);
        assert_eq!(world.sent.len(), 1);
        world.answer(429, NONE, now);
    }
}

#[test]
fn nothing_else_is_sent_while_the_probe_is_under_way_and_another_probes_when_it_is_lost() {
    let mut world = closed(NONE);
    world.pass(5_000);
    assert_eq!(world.sent.len(), 1);
    let (_, attempt, _) = world.sent.remove(0);
    let lost = Event::Lost(attempt, tollgate_engine::LossKind::NoAnswer);
    world.event(lost, 5_000);
    world.pass(5_200);
    assert_eq!(world.sent.len(), 1, "another");
    world.answer(200, NONE, 5_210);
    assert_eq!(world.closed(5_210), []);
}

#[test]
fn an_upstream_that_accepts_before_the_pause_is_over_is_asked_again_soon() {
    let mut world = plain();
    let mut now = 0;
    for (status, facts) in [
        (429, pause(60)),
        (200, NONE),
        (429, pause(60)),
        (429, pause(60)),
    ] {
        world.submit(0, now, 10);
        world.answer(status, facts, now);
        now += 1;
    }
    assert_eq!(world.closed(now), [(ROUTE, at(now - 1 + 100))]);
}

#[test]
fn another_routes_upstream_is_another() {
    let limits = vec![
        window(Scope::Organisation, 2_500),
        at_once(Scope::Organisation),
    ];
    let mut world = World::plain(limits, &[&[0, 1], &[0, 1]]);
    for now in [0, 10] {
        world.submit(0, now, LONG);
        world.answer(429, pause(600), now);
    }
    assert_eq!(world.closed(10), [(ROUTE, at(60_010))]);
    world.submit(1, 20, 10);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_window_that_a_header_calls_full_is_held_shut_and_nothing_else() {
    let limits = vec![window(Scope::Organisation, 100), window(Scope::Host, 10)];
    let mut world = World::plain(limits, &[&[0, 1], &[0], &[1]]);
    world.submit(0, 0, 10_000);
    world.answer(429, full(100, 30), 0);
    assert_eq!(world.closed(0), [(Closed::Limit(LimitId(0)), at(30_000))]);
    let refused = world.submit(1, 1_000, 10_000);
    assert_eq!(world.refused(refused), Some(at(30_000)));
    assert_eq!(
        world.refusal(refused).0,
        Reason::UpstreamClosed,
        "not a lack of quota"
    );
    world.submit(2, 1_000, 10_000);
    assert_eq!(world.sent.len(), 1, "under another limit");
}

#[test]
fn the_reset_of_a_window_that_is_not_full_closes_nothing() {
    let daily = |count| Facts {
        window: Some(WindowFact {
            count,
            allowed: 10_000,
            reset: Duration::from_secs(86_000),
            family: Family::Vendors,
        }),
        ..NONE
    };
    let mut world = plain();
    world.submit(0, 0, 1_000);
    world.answer(429, daily(40), 10);
    assert_eq!(world.closed(10), []);
    world.submit(0, 10, 1_000);
    world.answer(429, daily(40), 20);
    assert_eq!(
        world.closed(20),
        [(ROUTE, at(120))],
        "as if it had said nothing"
    );
}

#[test]
fn a_token_is_closed_alone_and_with_a_second_one_its_client() {
    for clients in [vec![client(3)], vec![client(1), client(1)]] {
        let alone = clients.len() == 1;
        let mut world = World::pooled(clients);
        let asks = pause(60);
        world.submit(0, 0, LONG);
        world.grant(0);
        let first = world.answer(429, asks, 10).unwrap();
        world.submit(0, 20, LONG);
        assert_eq!(world.answer(429, asks, 30), Some(first));
        assert_eq!(world.closed(30), [(Closed::Token(first), at(60_030))]);
        // The call goes on with another token, for what is closed is known.
        world.grant(40);
        let second = world.answer(429, asks, 50).unwrap();
        assert_ne!(first, second);
        let closed: Vec<_> = world.closed(50).iter().map(|it| it.0).collect();
        let of_client = Closed::Client(ClientId(0));
        let (first, second) = (Closed::Token(first), Closed::Token(second));
        if alone {
            assert_eq!(closed, [of_client, first, second]);
        } else {
            assert_eq!(closed, [ROUTE, first], "another client's");
        }
        let refused = world.submit(0, 60, 40_000);
        assert_eq!(world.refusal(refused).0, Reason::UpstreamClosed);
        // One call probes it; when that is accepted all is open.
        for _ in 0..9 {
            world.submit(0, 60, LONG);
        }
        world.pass(60_050);
        assert_eq!(world.sent.len(), 1);
        world.answer(200, NONE, 60_060);
        assert!(world.sent.len() > 1);
        assert_eq!(world.closed(60_060), []);
    }
}

#[test]
fn a_token_without_limits_closes_all_the_same() {
    let client = Client {
        max_tokens: 1,
        ..Client::default()
    };
    let mut world = World::pooled(vec![client]);
    world.submit(0, 0, LONG);
    world.grant(0);
    world.answer(429, pause(50), 10);
    world.submit(0, 20, LONG);
    world.answer(429, pause(50), 30);
    assert_eq!(world.sent, [], "asked again at once");
    let refused = world.submit(0, 40, 40_000);
    assert_eq!(world.refused(refused), Some(at(50_030)));
    world.pass(50_030);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn one_endpoints_refusals_leave_the_others_alone() {
    for pooled in [false, true] {
        let mut world = if pooled {
            World::pooled(vec![client(2)])
        } else {
            plain()
        };
        let mut now = 0;
        // Calls to both; those to the second pass.
        for _ in 0..6 {
            for endpoint in [1, 2] {
                world.submit_to(endpoint, 0, now, 10);
                world.grant(now);
                let status = if endpoint == 1 { 429 } else { 200 };
                while !world.sent.is_empty() {
                    world.answer(status, pause(if endpoint == 1 { 3_600 } else { 0 }), now);
                }
                now += 1;
            }
        }
        let closed = world.closed(now);
        assert_eq!(closed.len(), 1, "pooled {pooled}: {closed:?}");
        assert!(matches!(closed[0].0, Closed::Route(route) if route != RouteId(0)));
        let refused = world.submit_to(1, 0, now, 10);
        assert_eq!(world.refusal(refused).0, Reason::UpstreamClosed);
        world.submit_to(2, 0, now, 10);
        assert_eq!(world.accept_all(now).len(), 1);
        // Its probe is its own, and opens it.
        world.submit_to(1, 0, now, LONG);
        world.pass(now + 70_000);
        assert_eq!(world.accept_all(now + 70_000).len(), 1);
        assert_eq!(world.closed(now + 70_000), []);
    }
}

#[test]
fn refusals_at_several_endpoints_and_no_acceptance_close_the_upstream() {
    let mut world = plain();
    for (endpoint, now) in [(1, 0), (1, 10), (2, 20)] {
        world.submit_to(endpoint, 0, now, LONG);
        world.answer(429, pause(30), now);
    }
    let closed: Vec<_> = world.closed(20).iter().map(|it| it.0).collect();
    assert!(closed.contains(&ROUTE), "{closed:?}");
    let refused = world.submit_to(3, 0, 30, 10);
    assert_eq!(world.refusal(refused).0, Reason::UpstreamClosed);
}

#[test]
fn where_no_pause_is_asked_for_an_accepted_call_that_ends_is_a_reason_to_ask() {
    let mut world = plain();
    for _ in 0..3 {
        world.submit(0, 0, LONG);
    }
    let under_way: Vec<_> = world.sent.drain(..).map(|it| it.1).collect();
    for now in [10, 20] {
        world.submit(0, now, LONG);
        world.answer(429, NONE, now);
    }
    world.answer_to(under_way[0], 200, NONE, 30);
    assert_eq!(world.sent.len(), 1);
    // In vain: ends tell nothing here, and the pause is as long as it was.
    world.answer(429, NONE, 40);
    assert_eq!(world.closed(40), [(ROUTE, at(140))]);
    world.answer_to(under_way[1], 200, NONE, 50);
    assert_eq!(world.sent, []);
    // With success: all is open.
    world.pass(140);
    world.answer(200, NONE, 150);
    assert_eq!(world.closed(150), []);
}

#[test]
fn an_operator_opens_what_is_closed() {
    let mut world = closed(pause(50));
    assert_eq!(world.closed(20), [(ROUTE, at(50_020))]);
    world.event(Event::Open(ROUTE), 30);
    assert_eq!(world.closed(30), []);
    assert!(!world.sent.is_empty());
    // A window that a header has called full.
    let mut world = plain();
    world.submit(0, 0, LONG);
    world.answer(429, full(1_000, 50), 0);
    let limit = Closed::Limit(LimitId(0));
    assert_eq!(world.closed(0), [(limit, at(50_000))]);
    world.event(Event::Open(limit), 1);
    assert_eq!(world.closed(1), []);
    assert_eq!(world.sent.len(), 1);
    // A token; and a client, with its tokens, one of which probes.
    let mut world = World::pooled(vec![client(2)]);
    let refuse = |world: &mut World, now| {
        world.submit(0, now, LONG);
        world.grant(now);
        world.answer(429, pause(50), now);
    };
    refuse(&mut world, 0);
    refuse(&mut world, 10);
    let token = Closed::Token(TokenId(0));
    assert_eq!(world.closed(10), [(token, at(50_010))]);
    world.event(Event::Open(token), 11);
    assert_eq!(world.closed(11), []);
    world.sent.clear();
    let mut world = World::pooled(vec![client(2)]);
    for now in [0, 10, 20, 30] {
        refuse(&mut world, now);
    }
    let client = Closed::Client(ClientId(0));
    assert!(world.closed(30).iter().any(|it| it.0 == client));
    world.pass(50_040);
    assert_eq!(world.sent.len(), 1);
    world.event(Event::Open(client), 50_050);
    assert_eq!(world.closed(50_050), []);
    assert!(world.sent.len() > 1);
    // What isn't there opens nothing.
    for gone in [
        Closed::Limit(LimitId(9_999)),
        Closed::Token(TokenId(9_999)),
        Closed::Client(ClientId(9_999)),
        Closed::Route(RouteId(9_999)),
    ] {
        world.event(Event::Open(gone), 50_060);
    }
}

#[test]
fn a_limit_that_is_set_opens_what_is_closed_under_it() {
    let mut world = closed(pause(3_600));
    let set = Event::SetLimit {
        limit: LimitId(0),
        allowed: 500,
    };
    world.event(set, 30);
    assert_eq!(world.closed(30), []);
    assert!(!world.sent.is_empty());
    let mut world = World::pooled(vec![client(2)]);
    for now in [0, 10] {
        world.submit(0, now, LONG);
        world.grant(now);
        world.answer(429, pause(50), now);
    }
    assert_eq!(world.closed(10).len(), 1);
    let set = Event::SetTokenLimit {
        client: ClientId(0),
        place: 0,
        allowed: 5,
    };
    world.event(set, 20);
    assert_eq!(world.closed(20), []);
}

#[test]
fn a_closing_that_is_longer_than_a_window_ends_with_the_process() {
    // Refused again as a probe: it is believed for ten minutes.
    let mut world = closed(pause(600));
    let before = world.engine.checkpoint(at(30_020));
    assert_eq!(
        before.closed_routes,
        [("route 0".to_owned(), Duration::from_secs(30))]
    );
    world.pass(60_020);
    world.answer(429, pause(600), 60_020);
    assert_eq!(world.closed(60_020), [(ROUTE, at(660_020))]);
    let checkpoint = world.engine.checkpoint(at(60_030));
    assert_eq!(checkpoint.closed_routes, []);
    // An older process may have written one down.
    let mut next = plain();
    let mut old = before.clone();
    old.closed_routes = vec![("route 0".to_owned(), Duration::from_secs(80_000))];
    next.engine.restore(&old, Duration::ZERO, at(0));
    assert_eq!(next.closed(0), []);
    // A shorter one is half-open in the next process.
    let mut next = plain();
    next.engine.restore(&before, Duration::ZERO, at(0));
    assert_eq!(next.closed(0), [(ROUTE, at(30_000))]);
    next.submit(0, 0, LONG);
    next.submit(0, 0, LONG);
    next.pass(30_000);
    assert_eq!(next.sent.len(), 1);
    next.answer(200, NONE, 30_010);
    assert_eq!(next.sent.len(), 1);
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
    calls(&mut world, 20, 0, 5_000);
    assert_eq!(world.sent.len(), 20, "ten with each token");
    let first = world.sent[0].2;
    world.answer(429, full(10, 50), 0);
    world.accept_all(0);
    world.ended.clear();
    assert_eq!(
        world.closed(0),
        [(Closed::Token(first.unwrap()), at(50_000))]
    );
    // At 50 s this token opens, with one place; the others come back at 60 s.
    let refused = world.submit(0, 1_000, 48_000);
    assert_eq!(world.refused(refused), Some(at(50_000)));
    let waits = world.submit(0, 1_000, 49_000);
    world.pass(50_000);
    assert_eq!(
        world.sent.iter().map(|it| (it.0, it.2)).collect::<Vec<_>>(),
        [(waits, first)]
    );
}

#[test]
fn a_token_that_cannot_be_fetched_in_time_is_not_counted_on() {
    let mut world = World::pooled(vec![client(2)]);
    for _ in 0..10 {
        world.submit(0, 0, 5_000);
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
    world.accept_all(0);
    let refused = world.submit(0, 1_000, 30_000);
    assert_eq!(world.refused(refused), Some(at(60_000)));
    world.submit(0, 1_000, 55_000);
    world.pass(50_000);
    world.grant(50_000);
    assert_eq!(world.sent.len(), 1, "with the second token");
}
