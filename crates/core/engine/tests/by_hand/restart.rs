//! What a new process holds of what an earlier one has used.

use super::support::{Desk, per_minute, seconds, sent};
use std::time::Duration;
use tollgate_engine::{Checkpoint, Config, Extension, Facts, Flow, Policy, Route};
use tollgate_model::{Instant, Limit, LimitId, Rule, Scope};

const LONG: Duration = Duration::from_secs(3_600);
const GRACE: Duration = Duration::from_secs(3);

fn config(limit: Limit) -> Config {
    Config {
        limits: vec![limit],
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            ..Route::default()
        }],
        flows: vec![Flow::default()],
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
    let more = Extension {
        limits: vec![one()],
        ..Extension::default()
    };
    desk.engine.extend(more, desk.now).expect("it fits");
    desk.engine
        .extend(Extension::default(), desk.now)
        .expect("nothing more");
    let held = |after| {
        let limits = desk.engine.snapshot(desk.now + seconds(after)).limits;
        (limits[0].held, limits[1].held)
    };
    // What has no known end was counted a grace after the restart, which is 15 s ago.
    let all = [30, 31, 47, 48].map(held);
    assert_eq!(all, [(0, 2), (0, 1), (0, 1), (0, 0)]);
}
