//! Which limit a header or a 429 is about, and what follows from it.

use super::support::{Desk, fetches, millis, per_minute, seconds, sent};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Event, Facts, Family, Flow, Pool, Route, Verdict, WindowFact,
};
use tollgate_model::{AttemptId, ClientId, Limit, LimitId, PoolId, Rule, Scope, Table};

const LONG: Duration = Duration::from_secs(3_600);

/// A route over these limits and a token with those; the client has limits of its own, and the flow.
#[derive(Default)]
struct Shape {
    route: Vec<Limit>,
    client: Vec<Limit>,
    flow: Vec<Limit>,
    token: Option<Vec<Limit>>,
}

impl Shape {
    /// The first call is under way.
    fn begin(self) -> (Desk, AttemptId) {
        let mut limits = Table::default();
        let mut add = |more: Vec<Limit>| -> Vec<LimitId> {
            more.into_iter().map(|limit| limits.add(limit)).collect()
        };
        let (of_route, of_client, of_flow) = (add(self.route), add(self.client), add(self.flow));
        let has_token = self.token.is_some();
        let mut desk = Desk::new(Config {
            limits,
            clients: vec![Client {
                name: "client".into(),
                limits: of_client,
                token_limits: self.token.into_iter().flatten().map(Into::into).collect(),
                max_tokens: 1,
                shared_as: None,
            }]
            .into(),
            pools: vec![Pool {
                name: "pool".into(),
                clients: vec![ClientId(0)],
            }]
            .into(),
            routes: vec![Route {
                name: "route".into(),
                limits: of_route,
                pool: has_token.then_some(PoolId(0)),
                cost: 1,
            }]
            .into(),
            flows: vec![Flow {
                limits: of_flow,
                ..Flow::default()
            }]
            .into(),
            ..Config::default()
        });
        let mut commands = desk.submit(0, LONG);
        if let [token] = fetches(&commands)[..] {
            commands = desk.grant(token, LONG);
        }
        let attempt = sent(&commands)[0];
        (desk, attempt)
    }
}

fn window(count: u32, allowed: u32) -> Facts {
    Facts {
        refused: false,
        retry_after: None,
        window: Some(WindowFact {
            count,
            allowed,
            reset: seconds(30),
            family: Family::Platform,
        }),
    }
}

fn organisation(name: &str, allowed: u32) -> Limit {
    per_minute(name, Scope::Organisation, allowed)
}

fn at_once(allowed: u32) -> Limit {
    Limit {
        name: "at once".into(),
        scope: Scope::Organisation,
        rule: Rule::Concurrency { allowed },
    }
}

/// The shared limits' names that `what` holds for, then the token's.
fn those(desk: &Desk, what: impl Fn(&tollgate_engine::LimitView) -> bool) -> Vec<String> {
    let snapshot = desk.engine.snapshot(desk.now);
    let tokens = snapshot.tokens.iter().flat_map(|it| &it.limits);
    let all = snapshot.limits.iter().chain(tokens);
    all.filter(|it| what(it))
        .map(|it| it.name.clone())
        .collect()
}

fn closed(desk: &Desk) -> Vec<String> {
    those(desk, |it| it.closed_until.is_some())
}

/// The limits that the header was taken to be of: it shows nine calls of somebody else's.
fn told(shape: Shape) -> Vec<String> {
    let (mut desk, attempt) = shape.begin();
    desk.answer(attempt, 200, window(10, 100));
    let told = those(&desk, |it| it.foreign == 9);
    let ignored = desk.engine.snapshot(desk.now).headers_ignored;
    assert_eq!(ignored, u64::from(told.is_empty()));
    told
}

#[test]
fn a_header_speaks_of_the_narrowest_scope() {
    let scopes = [
        Scope::Action,
        Scope::Integration,
        Scope::Host,
        Scope::Organisation,
    ];
    for pair in scopes.windows(2) {
        let limits = pair.iter().rev();
        let route = limits.map(|&scope| per_minute(scope.as_str(), scope, 100));
        let shape = Shape {
            route: route.collect(),
            flow: vec![per_minute("flow", Scope::Flow, 100)],
            ..Shape::default()
        };
        assert_eq!(told(shape), [pair[0].as_str()]);
    }
    let narrower = |token| Shape {
        route: vec![per_minute("action", Scope::Action, 100)],
        client: vec![per_minute("client", Scope::Client, 100)],
        token: Some(token),
        ..Shape::default()
    };
    assert_eq!(told(narrower(vec![])), ["client"]);
    let token = vec![per_minute("token", Scope::Token, 100)];
    assert_eq!(told(narrower(token)), ["token"]);
}

#[test]
fn a_header_speaks_of_the_one_window_that_allows_as_many_or_of_none() {
    let of = |route| Shape {
        route,
        ..Shape::default()
    };
    let other = || organisation("other", 99);
    assert_eq!(told(of(vec![other(), organisation("one", 100)])), ["one"]);
    assert_eq!(
        told(of(vec![at_once(100), organisation("one", 100)])),
        ["one"]
    );
    assert!(told(of(vec![other()])).is_empty());
    let twice = vec![organisation("one", 100), organisation("two", 100)];
    assert!(told(of(twice)).is_empty());
    assert!(told(of(vec![])).is_empty());
    let wider = vec![
        per_minute("narrow", Scope::Action, 99),
        organisation("wide", 100),
    ];
    assert!(told(of(wider)).is_empty(), "only the narrowest is meant");
    let token = |limits| Shape {
        route: vec![organisation("one", 100)],
        token: Some(limits),
        ..Shape::default()
    };
    let per_token = |name, allowed| per_minute(name, Scope::Token, allowed);
    let two = vec![per_token("dear", 99), per_token("cheap", 100)];
    assert_eq!(told(token(two)), ["cheap"]);
    assert!(told(token(vec![per_token("token", 99)])).is_empty());
    let twice = vec![per_token("one", 100), per_token("two", 100)];
    assert!(told(token(twice)).is_empty());
    let at_once = Limit {
        scope: Scope::Token,
        ..at_once(100)
    };
    assert_eq!(told(token(vec![at_once])), ["one"], "no window of its own");
}

#[test]
fn a_429_holds_the_window_shut_that_is_full() {
    let shape = || Shape {
        route: vec![
            organisation("one", 100),
            organisation("two", 50),
            at_once(50),
        ],
        token: Some(vec![per_minute("token", Scope::Token, 20)]),
        ..Shape::default()
    };
    for (facts, closes) in [
        (window(100, 100), vec!["one"]),
        (window(101, 100), vec!["one"]),
        (window(50, 50), vec!["two"]),
        (window(20, 20), vec!["token"]),
        // Not full, or none of ours: nobody knows which, and the next answer tells.
        (window(99, 100), vec![]),
        (window(70, 70), vec![]),
        (Facts::default(), vec![]),
    ] {
        let (mut desk, attempt) = shape().begin();
        desk.answer(attempt, 429, facts);
        assert_eq!(closed(&desk), closes, "{facts:?}");
        assert_eq!(desk.engine.snapshot(desk.now).limited, 1);
    }
    // No window lasts as long as it says.
    let (mut desk, attempt) = shape().begin();
    let mut day = window(100, 100);
    day.window = day.window.map(|window| WindowFact {
        reset: seconds(86_000),
        ..window
    });
    desk.answer(attempt, 429, day);
    assert_eq!(closed(&desk), [""; 0]);
}

#[test]
fn a_refused_call_pauses_for_as_long_as_it_is_asked_to() {
    let asked = |after: Option<Duration>| Facts {
        refused: false,
        retry_after: after,
        window: None,
    };
    for (facts, pause) in [
        (asked(Some(seconds(7))), seconds(7)),
        (asked(None), millis(100)),
        // No window of its limits is longer.
        (asked(Some(seconds(86_000))), seconds(60)),
        // Milliseconds, for ten windows last ten minutes.
        (asked(Some(seconds(6_000))), seconds(6)),
        (asked(Some(Duration::ZERO)), millis(100)),
        // The end of a window that is not full says nothing of when the call may come again.
        (window(1, 100), millis(100)),
        (window(100, 100), seconds(30)),
    ] {
        let (mut desk, attempt) = Shape {
            route: vec![organisation("one", 100)],
            ..Shape::default()
        }
        .begin();
        let begin = desk.now;
        assert_eq!(desk.answer(attempt, 429, facts), []);
        let again = desk.wait(pause);
        assert_eq!(again.len(), 1, "back to the queue, and sent again");
        assert_eq!(again[0].0, begin + pause);
    }
}

#[test]
fn a_refused_call_takes_no_slot() {
    let limits = || {
        let arrives = Limit {
            rule: Rule::Window {
                allowed: 10,
                period: seconds(60),
                counted_within: Some(millis(50)),
            },
            ..organisation("counted on arrival", 10)
        };
        vec![organisation("one", 100), arrives]
    };
    let shapes = [
        Shape {
            route: limits(),
            ..Shape::default()
        },
        Shape {
            route: limits(),
            token: Some(limits()),
            ..Shape::default()
        },
    ];
    for shape in shapes {
        for (status, refused) in [(429, false), (503, true), (403, true)] {
            let (mut desk, attempt) = Shape {
                route: shape.route.clone(),
                token: shape.token.clone(),
                ..Shape::default()
            }
            .begin();
            desk.now = desk.now + millis(20);
            let facts = Facts {
                refused,
                retry_after: Some(seconds(5)),
                window: None,
            };
            let head = Event::Head {
                attempt,
                status,
                facts,
            };
            assert_eq!(
                those(&desk, |it| it.held == 1).len(),
                those(&desk, |_| true).len()
            );
            desk.event(head);
            assert_eq!(those(&desk, |it| it.held > 0), [""; 0], "{status}");
            assert_eq!(desk.engine.snapshot(desk.now).limited, 1);
        }
    }
}

#[test]
fn a_429_that_leaves_no_time_ends_as_a_refusal() {
    for (late, refusals) in [(0, 0), (1, 1)] {
        let (mut desk, _) = Shape {
            route: vec![organisation("one", 100)],
            ..Shape::default()
        }
        .begin();
        let attempt = sent(&desk.submit(0, millis(100)))[0];
        // It pauses for a tenth of a second, as nothing else is asked for.
        desk.wait(Duration::from_nanos(late));
        let done = desk.answer(attempt, 429, Facts::default());
        let refusal = |it: &Command| matches!(it, Command::Finish(_, Verdict::Refused(_)));
        assert_eq!(done.len(), refusals);
        assert!(done.iter().all(refusal));
    }
}

#[test]
fn a_changed_limit_holds_from_now_on() {
    let (mut desk, _) = Shape {
        route: vec![organisation("one", 2)],
        ..Shape::default()
    }
    .begin();
    let set = |limit, allowed| Event::SetLimit {
        limit: LimitId(limit),
        allowed,
    };
    desk.event(set(0, 1));
    assert_eq!(desk.submit(0, LONG), []);
    assert_eq!(sent(&desk.event(set(0, 2))).len(), 1, "used at once");
    assert_eq!(desk.event(set(9, 2)), [], "there is none");
    let (mut desk, _) = Shape {
        token: Some(vec![
            per_minute("a", Scope::Token, 9),
            per_minute("b", Scope::Token, 9),
        ]),
        ..Shape::default()
    }
    .begin();
    let set = |place, allowed| Event::SetTokenLimit {
        client: ClientId(0),
        place,
        allowed,
    };
    desk.event(set(1, 1));
    let allowed: Vec<_> = desk.engine.snapshot(desk.now).tokens[0]
        .limits
        .iter()
        .map(|it| it.allowed)
        .collect();
    assert_eq!(allowed, [9, 1]);
    assert_eq!(desk.submit(0, LONG), []);
    assert_eq!(sent(&desk.event(set(1, 2))).len(), 1);
    assert_eq!(desk.event(set(2, 1)), [], "there is none");
    // Who comes now is held against the new number as well.
    let refused = desk.submit(0, seconds(1));
    assert!(matches!(refused[..], [Command::Finish(..)]), "{refused:?}");
    assert_eq!(sent(&desk.event(set(1, 3))).len(), 0);
    assert_eq!(sent(&desk.submit(0, seconds(1))).len(), 1);
}

#[test]
fn a_limit_named_twice_is_one_limit() {
    let none = || vec![];
    let twice = || vec![LimitId(0), LimitId(0)];
    for (of_route, of_client, of_flow) in [
        (twice(), none(), none()),
        (none(), twice(), none()),
        (none(), none(), twice()),
        (twice(), twice(), none()),
        (none(), twice(), twice()),
        (twice(), none(), twice()),
        (twice(), twice(), twice()),
    ] {
        let mut desk = Desk::new(Config {
            limits: vec![organisation("one", 9)].into(),
            clients: vec![Client {
                name: "client".into(),
                limits: of_client,
                max_tokens: 1,
                ..Client::default()
            }]
            .into(),
            pools: vec![Pool {
                name: "pool".into(),
                clients: vec![ClientId(0)],
            }]
            .into(),
            routes: vec![Route {
                name: "route".into(),
                limits: of_route,
                pool: Some(PoolId(0)),
                cost: 1,
            }]
            .into(),
            flows: vec![Flow {
                limits: of_flow,
                ..Flow::default()
            }]
            .into(),
            ..Config::default()
        });
        let token = fetches(&desk.submit(0, LONG))[0];
        assert_eq!(sent(&desk.grant(token, LONG)).len(), 1);
        assert_eq!(desk.engine.snapshot(desk.now).limits[0].held, 1);
    }
}
