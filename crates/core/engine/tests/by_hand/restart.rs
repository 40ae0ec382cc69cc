//! What a new process holds of what an earlier one has used.

use super::support::{Desk, fetches, per_minute, seconds, sent};
use std::time::Duration;
use tollgate_engine::{
    Checkpoint, Client, Command, Config, Event, Extension, Facts, Flow, Policy, Pool, Route,
    Verdict,
};
use tollgate_model::{ClientId, Instant, Limit, LimitId, PoolId, Reason, Rule, Scope};

const LONG: Duration = Duration::from_secs(3_600);
const GRACE: Duration = Duration::from_secs(3);

fn config(limit: Limit) -> Config {
    Config {
        limits: vec![limit].into(),
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow::default()].into(),
        policy: Policy {
            grace: GRACE,
            ..Policy::default()
        },
        ..Config::default()
    }
}

fn one() -> Limit {
    per_minute("one", Scope::Organisation, 10)
}

/// Ten seconds after two calls, one of them answered at once.
fn used(limit: Limit) -> Checkpoint {
    let mut desk = Desk::new(config(limit));
    let attempts: Vec<_> = (0..2)
        .flat_map(|_| sent(&desk.submit_as(0, LONG, |it| it.timeout = seconds(40))))
        .collect();
    desk.answer(attempts[0], 200, Facts::default());
    desk.wait(seconds(10));
    desk.engine.checkpoint(desk.now)
}

/// When a new process, begun at an instant of its own, has fewer slots held than before.
fn ends(limit: Limit, checkpoint: &Checkpoint, elapsed: u64) -> Vec<(u64, u32)> {
    let mut desk = Desk::new(config(limit));
    desk.now = Instant::ZERO + seconds(100);
    desk.engine.restore(checkpoint, seconds(elapsed), desk.now);
    held(&desk)
}

fn held(desk: &Desk) -> Vec<(u64, u32)> {
    let held = |after: u64| desk.engine.snapshot(desk.now + seconds(after)).limits[0].held;
    let changes = (0..300).map(|after| (after, held(after)));
    let mut changes: Vec<_> = changes.collect();
    changes.dedup_by_key(|(_, held)| *held);
    changes
}

#[test]
fn what_is_known_is_held_to_its_end_and_the_rest_as_if_counted_a_grace_later() {
    let checkpoint = used(one());
    assert_eq!(ends(one(), &checkpoint, 0), [(0, 2), (51, 1), (63, 0)]);
    assert_eq!(ends(one(), &checkpoint, 20), [(0, 2), (31, 1), (63, 0)]);
    assert_eq!(ends(one(), &checkpoint, 60), [(0, 1), (63, 0)]);
}

#[test]
fn a_limit_is_known_by_its_name_and_scope() {
    let checkpoint = used(one());
    let others = [
        per_minute("other", Scope::Organisation, 10),
        per_minute("one", Scope::Integration, 10),
    ];
    for other in others {
        assert_eq!(ends(other, &checkpoint, 0), [(0, 0)]);
    }
}

#[test]
fn under_another_period_all_is_held_as_if_counted_a_grace_later() {
    let period = |period| Limit {
        rule: Rule::Window {
            allowed: 10,
            period,
            counted_within: None,
        },
        ..one()
    };
    let checkpoint = used(one());
    assert_eq!(
        ends(period(seconds(120)), &checkpoint, 30),
        [(0, 2), (123, 0)]
    );
    assert_eq!(
        ends(period(seconds(30)), &checkpoint, 30),
        [(0, 2), (33, 0)]
    );
}

#[test]
fn what_is_under_way_is_held_until_it_has_surely_ended() {
    let at_once = || Limit {
        rule: Rule::Concurrency { allowed: 10 },
        ..one()
    };
    let checkpoint = used(at_once());
    // Given up 30 s after the checkpoint.
    assert_eq!(ends(at_once(), &checkpoint, 0), [(0, 1), (33, 0)]);
    assert_eq!(ends(at_once(), &checkpoint, 10), [(0, 1), (23, 0)]);
    assert_eq!(ends(at_once(), &checkpoint, 40), [(0, 1), (3, 0)]);
}

#[test]
fn a_limit_that_comes_later_has_what_was_used_of_it() {
    let mut desk = Desk::new(config(per_minute("first", Scope::Organisation, 10)));
    desk.engine.restore(&used(one()), seconds(5), desk.now);
    desk.wait(seconds(15));
    let more = |mut tables: Extension<'_>| tables.add_limit(one());
    desk.engine.extend(more, desk.now).expect("it fits");
    desk.engine.extend(|_| (), desk.now).expect("nothing more");
    let held = |after| {
        let limits = desk.engine.snapshot(desk.now + seconds(after)).limits;
        (limits[0].held, limits[1].held)
    };
    // What has no known end was counted a grace after the restart, which is 15 s ago.
    let all = [30, 31, 47, 48].map(held);
    assert_eq!(all, [(0, 2), (0, 1), (0, 1), (0, 0)]);
}

/// So many calls at once.
fn at_once(allowed: u32) -> Limit {
    Limit {
        rule: Rule::Concurrency { allowed },
        ..one()
    }
}

/// One route under the limit, with tokens of one client, of which none is there.
fn with_tokens(limit: Limit) -> Config {
    let mut config = config(limit);
    config.clients = vec![Client {
        name: "client".into(),
        token_limits: vec![per_minute("token", Scope::Token, 1_000).into()],
        max_tokens: 2,
        ..Client::default()
    }]
    .into();
    config.pools = vec![Pool {
        name: "pool".into(),
        clients: vec![ClientId(0)],
    }]
    .into();
    config.routes[0].pool = Some(PoolId(0));
    config
}

/// A process that dies with so many calls under way, each to be given up after 40 s, and the next one.
fn restarted(config: &Config, calls: u32) -> Desk {
    let mut before = config.clone();
    before.routes[0].pool = None;
    let mut desk = Desk::new(before);
    for _ in 0..calls {
        let call = desk.submit_as(0, LONG, |it| it.timeout = seconds(40));
        assert_eq!(sent(&call).len(), 1);
    }
    let checkpoint = desk.engine.checkpoint(desk.now);
    let mut desk = Desk::new(config.clone());
    desk.engine.restore(&checkpoint, Duration::ZERO, desk.now);
    desk
}

#[test]
fn who_waits_for_what_an_earlier_process_holds_is_woken_when_that_ends() {
    for (limit, end) in [
        (at_once(3), 43),
        (per_minute("one", Scope::Organisation, 3), 63),
    ] {
        let mut desk = restarted(&with_tokens(limit.clone()), 3);
        let end = Instant::ZERO + seconds(end);
        assert_eq!(
            desk.submit(0, LONG),
            [],
            "{limit:?} is full, and there is no token"
        );
        // The token is fetched when a call could be sent with it; nothing else happens until then.
        let woken = desk.wait(seconds(100));
        let fetched: Vec<_> = woken.iter().map(|(at, it)| (*at, it.clone())).collect();
        assert_eq!(fetched.len(), 1, "{limit:?}: {fetched:?}");
        let token = fetches(&[fetched[0].1.clone()])[0];
        assert_eq!(fetched[0].0, end, "{limit:?}");
        desk.now = end;
        assert_eq!(sent(&desk.grant(token, LONG)).len(), 1);
    }
}

#[test]
fn who_cannot_start_before_what_an_earlier_process_holds_ends_is_told_so_at_once() {
    for pooled in [false, true] {
        for (calls, within, starts) in [(3, 42, false), (3, 43, true), (2, 1, true)] {
            let mut config = with_tokens(at_once(3));
            config.routes[0].pool = config.routes[0].pool.filter(|_| pooled);
            let mut desk = restarted(&config, calls);
            let answer = desk.submit(0, seconds(within));
            let refusal = answer.iter().find_map(|it| match it {
                Command::Finish(_, Verdict::Refused(refusal)) => Some(refusal),
                _ => None,
            });
            assert_eq!(
                refusal.is_none(),
                starts,
                "{calls} calls, {within} s: {answer:?}"
            );
            if let Some(it) = refusal {
                assert_eq!(it.reason, Reason::DeadlineCannotBeMet);
                assert_eq!(it.limit.as_deref(), Some("one"));
                assert_eq!(it.earliest_start, Some(Instant::ZERO + seconds(43)));
            }
        }
    }
}

#[test]
fn another_number_while_what_an_earlier_process_holds_stands_is_reckoned_with() {
    let set = |allowed| Event::SetLimit {
        limit: LimitId(0),
        allowed,
    };
    let config = config(at_once(3));
    let mut desk = restarted(&config, 3);
    assert_eq!(desk.submit(0, seconds(100)), []);
    assert_eq!(
        sent(&desk.event(set(4))).len(),
        1,
        "raised: a place is free"
    );
    let mut desk = restarted(&config, 3);
    desk.event(set(1));
    assert_eq!(desk.submit(0, seconds(100)), []);
    let woken = desk.wait(seconds(100));
    assert_eq!(woken.len(), 1);
    assert_eq!(woken[0].0, Instant::ZERO + seconds(43));
    // Closed by an operator, and opened again.
    let mut desk = restarted(&config, 3);
    assert_eq!(desk.submit(0, seconds(100)), []);
    desk.event(set(0));
    assert_eq!(desk.wait(seconds(50)), [], "nothing may start");
    assert_eq!(sent(&desk.event(set(1))).len(), 1);
}

#[test]
fn a_further_token_is_fetched_when_the_limit_has_room_though_the_first_has_none_for_longer() {
    let mut config = with_tokens(per_minute("one", Scope::Organisation, 2));
    config.clients[0].token_limits = vec![per_minute("token", Scope::Token, 1).into()];
    // The earlier process's call holds its slot until 63 s, this one's until 70 s.
    let mut desk = restarted(&config, 1);
    desk.wait(seconds(10));
    let token = fetches(&desk.submit(0, LONG))[0];
    let first = sent(&desk.grant(token, LONG))[0];
    desk.answer(first, 200, Facts::default());
    desk.submit(0, LONG);
    let woken = desk.wait(seconds(55));
    assert!(
        matches!(woken[..], [(at, Command::FetchToken(..))] if at == Instant::ZERO + seconds(63)),
        "{woken:?}"
    );
}
