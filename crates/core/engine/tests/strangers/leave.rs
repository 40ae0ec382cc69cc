//! What is left free by configuration is never taken, and what was found to be used of it is not left twice.

use crate::world::{World, at, at_once, window};
use std::time::Duration;
use tollgate_engine::{
    Config, ConfigError, Event, Extension, Facts, Family, Flow, Leave, LimitSpec, Route, WindowFact,
};
use tollgate_model::{Limit, LimitId, Scope};

fn config(limit: Limit, leave: Leave) -> Config {
    Config {
        limits: vec![LimitSpec {
            leave: Some(leave),
            ..limit.into()
        }]
        .into(),
        routes: vec![Route {
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        ..Config::default()
    }
}

/// Submits so many calls, and how many are sent at once.
fn sends(world: &mut World, calls: u32, now: u64) -> usize {
    let before = world.sent.len();
    for _ in 0..calls {
        world.submit(0, now, 61);
    }
    world.sent.len() - before
}

#[test]
fn a_part_or_a_number_is_never_taken() {
    let host = || window(Scope::Host, 25);
    for (leave, taken) in [
        (Leave::Percent(10.0), 22),
        (Leave::Percent(0.0), 25),
        (Leave::Calls(10), 15),
        (Leave::Calls(24), 1),
    ] {
        let mut world = World::new(config(host(), leave));
        assert_eq!(sends(&mut world, 40, 0), taken, "{leave:?}");
        // Nor by who was taken in and is due, however long it waits.
        for _ in 0..taken {
            world.answer(200, Facts::default(), 0);
        }
        world.pass(59);
        assert_eq!(world.sent.len(), 0);
        let view = &world.engine.snapshot(at(1)).limits[0];
        assert_eq!((view.allowed, view.left_free), (25, 25 - taken as u32));
        let late = world.submit(0, 31, 20);
        assert_eq!(world.refused(late), Some(at(60)), "and that is foretold");
    }
    let mut world = World::new(config(at_once(Scope::Host), Leave::Percent(10.0)));
    assert_eq!(sends(&mut world, 60, 0), 45, "at once as well");
}

#[test]
fn what_somebody_else_is_seen_to_use_is_of_what_is_left_free() {
    for (foreign, left) in [(0, 40), (8, 40), (10, 40), (15, 35)] {
        let mut world = World::new(config(window(Scope::Host, 50), Leave::Calls(10)));
        world.submit(0, 0, 10);
        let window = Some(WindowFact {
            count: 1 + foreign,
            allowed: 50,
            reset: Duration::from_secs(60),
            family: Family::Platform,
        });
        let facts = Facts {
            window,
            ..Facts::default()
        };
        world.answer(200, facts, 0);
        assert_eq!(world.engine.snapshot(at(0)).limits[0].foreign, foreign);
        assert_eq!(sends(&mut world, 60, 1), left - 1, "{foreign}");
    }
}

#[test]
fn it_follows_the_limit_and_changes_while_running() {
    let mut world = World::new(config(window(Scope::Host, 50), Leave::Percent(20.0)));
    let left_free = |world: &World| world.engine.snapshot(at(0)).limits[0].left_free;
    assert_eq!(left_free(&world), 10);
    let (limit, allowed) = (LimitId(0), 20);
    world.event(Event::SetLimit { limit, allowed }, 0);
    assert_eq!(left_free(&world), 4);
    assert_eq!(sends(&mut world, 30, 0), 16);
    let leave = Leave::Calls(0);
    world.event(Event::SetLeave { limit, leave }, 0);
    assert_eq!(world.sent.len(), 20, "used at once");
    let more = |mut tables: Extension<'_>| {
        tables.add_limit(LimitSpec {
            leave: Some(Leave::Calls(7)),
            ..window(Scope::Host, 30).into()
        })
    };
    world.engine.extend(more, at(0)).unwrap();
    assert_eq!(world.engine.snapshot(at(0)).limits[1].left_free, 7);
}

#[test]
fn who_leaves_everything_is_told() {
    let wrong = |leave| {
        let config = Config {
            flows: vec![Flow::default()].into(),
            ..config(window(Scope::Host, 25), leave)
        };
        let ConfigError(what) = config.check().unwrap_err();
        assert!(what.contains("host"), "{what}");
    };
    wrong(Leave::Calls(25));
    wrong(Leave::Percent(100.0));
    wrong(Leave::Percent(-1.0));
    wrong(Leave::Percent(f64::NAN));
}
