//! Who may wait, and for how many there is a place.

use super::support::{Desk, millis, per_minute, seconds, sent};
use std::time::Duration;
use tollgate_engine::{Command, Config, Facts, Flow, Policy, Route, Verdict};
use tollgate_model::{ExecutionId, FlowId, Instant, Limit, LimitId, Reason, Refusal, Rule, Scope};

const LONG: Duration = Duration::from_secs(3_600);

/// One call a minute; flows of two classes with so many places each, and so many for all.
fn begin(places: usize, of_all: usize) -> Desk {
    let flow = |name: &str, priority| Flow {
        name: name.into(),
        priority,
        max_queued: places,
        ..Flow::default()
    };
    Desk::new(Config {
        limits: vec![per_minute("organisation", Scope::Organisation, 1)].into(),
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        flows: vec![flow("high", 0), flow("low", 1)].into(),
        policy: Policy {
            max_queued: of_all,
            ..Policy::default()
        },
        ..Config::default()
    })
}

fn submit(desk: &mut Desk, flow: u32) -> Vec<Command> {
    desk.submit_as(0, LONG, |it| it.flow = FlowId(flow))
}

fn refused(execution: u64, reason: Reason, earliest_start: Option<u64>, desk: &Desk) -> Command {
    let refusal = Refusal {
        reason,
        limit: Some("organisation".into()),
        earliest_start: earliest_start.map(|after| desk.now + seconds(after)),
        lease: None,
    };
    Command::Finish(ExecutionId(execution), Verdict::Refused(refusal))
}

#[test]
fn who_starts_at_once_needs_no_place() {
    for (places, of_all) in [(0, 9), (9, 0)] {
        let mut desk = begin(places, of_all);
        assert_eq!(sent(&submit(&mut desk, 0)).len(), 1);
        let full = submit(&mut desk, 0);
        assert_eq!(full, [refused(1, Reason::QueueFull, Some(60), &desk)]);
    }
}

#[test]
fn a_flow_has_its_own_bound() {
    let mut desk = begin(2, 9);
    (0..3).for_each(|_| drop(submit(&mut desk, 1)));
    let full = submit(&mut desk, 1);
    assert_eq!(full, [refused(3, Reason::QueueFull, Some(180), &desk)]);
    assert_eq!(submit(&mut desk, 0), [], "another flow's places are free");
}

#[test]
fn the_least_important_gives_way_to_the_more_important_when_all_places_are_taken() {
    let mut desk = begin(9, 3);
    (0..4).for_each(|_| drop(submit(&mut desk, 1)));
    let low = submit(&mut desk, 1);
    assert_eq!(low, [refused(4, Reason::QueueFull, Some(240), &desk)]);
    for shed in [3, 2, 1] {
        let high = submit(&mut desk, 0);
        assert_eq!(
            high,
            [refused(shed, Reason::Shed, None, &desk)],
            "the latest first"
        );
    }
    let high = submit(&mut desk, 0);
    assert_eq!(high, [refused(8, Reason::QueueFull, Some(240), &desk)]);
}

#[test]
fn who_comes_when_a_slot_frees_is_behind_those_who_wait_for_it() {
    let mut desk = begin(9, 9);
    let first = sent(&submit(&mut desk, 0))[0];
    desk.answer(first, 200, Facts::default());
    assert_eq!(desk.submit(0, seconds(70)), []);
    // Nobody has woken the engine yet.
    desk.now = desk.now + seconds(60);
    let commands = desk.submit(0, seconds(20));
    let late = refused(2, Reason::DeadlineCannotBeMet, Some(60), &desk);
    assert!(commands.contains(&late), "{commands:?}");
    assert_eq!(sent(&commands).len(), 1);
}

#[test]
fn the_engine_wakes_for_whoever_can_start_first() {
    // The first flow has a limit of its own, the second shares its route.
    let flow = |name: &str, limits| Flow {
        name: name.into(),
        limits,
        ..Flow::default()
    };
    let mut desk = Desk::new(Config {
        limits: vec![
            per_minute("organisation", Scope::Organisation, 2),
            per_minute("own", Scope::Flow, 1),
        ]
        .into(),
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        flows: vec![flow("bounded", vec![LimitId(1)]), flow("free", vec![])].into(),
        ..Config::default()
    });
    for flow in [1, 0] {
        let attempt = sent(&submit(&mut desk, flow))[0];
        desk.answer(attempt, 200, Facts::default());
        desk.wait(seconds(10));
    }
    for flow in [0, 1] {
        assert_eq!(submit(&mut desk, flow), []);
    }
    let starts = desk.wait(seconds(60));
    let starts = starts.iter().map(|(at, command)| match command {
        Command::Send { execution, .. } => (*execution, at.since(Instant::ZERO)),
        other => panic!("{other:?}"),
    });
    let starts: Vec<_> = starts.collect();
    let second = (ExecutionId(3), seconds(60));
    assert_eq!(starts, [second, (ExecutionId(2), seconds(70))]);
}

#[test]
fn what_is_kept_is_looked_at_again_when_the_next_of_the_higher_class_is_due() {
    // No more is expected than the limit gives: 96 a minute.
    for (high, pause) in [(93, millis(625)), (1, seconds(1))] {
        let at_once = Limit {
            name: "at once".into(),
            scope: Scope::Organisation,
            rule: Rule::Concurrency { allowed: 1 },
        };
        let flow = |priority| Flow {
            priority,
            ..Flow::default()
        };
        let mut desk = Desk::new(Config {
            limits: vec![
                per_minute("organisation", Scope::Organisation, high + 3),
                at_once,
            ]
            .into(),
            routes: vec![Route {
                name: "route".into(),
                limits: vec![LimitId(0), LimitId(1)],
                ..Route::default()
            }]
            .into(),
            flows: vec![flow(0), flow(1)].into(),
            ..Config::default()
        });
        let mut attempt = sent(&submit(&mut desk, 1))[0];
        submit(&mut desk, 1);
        (0..high).for_each(|_| drop(submit(&mut desk, 0)));
        for _ in 0..high {
            attempt = sent(&desk.answer(attempt, 200, Facts::default()))[0];
        }
        // By then what was asked for is counted anew.
        desk.wait(millis(100));
        assert_eq!(desk.answer(attempt, 200, Facts::default()).len(), 1, "kept");
        assert_eq!(desk.engine.poll_timeout(), Some(desk.now + pause));
    }
}
