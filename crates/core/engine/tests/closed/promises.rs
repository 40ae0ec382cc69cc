//! Who was taken in can start in time, or is told so at the moment when that is known.

use crate::world::{World, at, window};
use crate::{LONG, NONE, closed, pause};
use tollgate_engine::{Event, Verdict};
use tollgate_model::{AttemptId, ExecutionId, LimitId, Reason, Scope};

fn set(allowed: u32) -> Event {
    Event::SetLimit {
        limit: LimitId(0),
        allowed,
    }
}

/// How many were refused for the reason.
fn refused(world: &World, reason: Reason) -> usize {
    let ended = world.ended.iter();
    ended
        .filter(|(_, verdict)| matches!(verdict, Verdict::Refused(it) if it.reason == reason))
        .count()
}

#[test]
fn nobody_is_taken_in_whose_start_pushes_a_call_that_comes_back_past_its_deadline() {
    // Three a minute; the third call comes back in a second, and has two minutes.
    let mut world = World::plain(vec![window(Scope::Host, 3)], &[&[0]]);
    for patience in [10, 10, 65_000] {
        world.submit(0, 0, patience);
    }
    world.answer(200, NONE, 0);
    world.answer(200, NONE, 0);
    world.answer(429, pause(1), 0);
    // One place is free now, and it has to be left to the call, though that can't take it yet.
    let comes_back = ExecutionId(2);
    world.submit(0, 10, 10);
    // That one may take it, for at 60 s there are two more, in time for the other.
    assert_eq!(world.accept_all(10), [ExecutionId(3)]);
    for deadline in [60_050, 60_040] {
        let taken = world.submit(0, 40, deadline - 40);
        assert!(world.ended.iter().all(|it| it.0 != taken));
    }
    // The three places of the next window are given to these two and the one that comes back.
    let pushes = world.submit(0, 40, 60_030 - 40);
    assert!(
        world.refused(pushes) > Some(at(100_000)),
        "{:?}",
        world.ended
    );
    world.pass(70_000);
    let sent: Vec<_> = world.sent.iter().map(|it| it.0).collect();
    assert_eq!(sent, [ExecutionId(5), ExecutionId(4), comes_back]);
}

#[test]
fn a_call_that_comes_back_stands_before_those_who_come() {
    // One slot a minute. The refused call takes it when its pause of ten seconds is over.
    let mut world = World::plain(vec![window(Scope::Host, 1)], &[&[0]]);
    let back = world.submit(0, 0, 20_000);
    world.answer(429, pause(10), 0);
    // Later deadlines are behind it, so they are told of the next window.
    let late = world.submit(0, 10, 59_990);
    assert_eq!(world.refused(late), Some(at(60_010)));
    // One who has the patience is taken in. The slot that is free now is used now, by the call that has
    // been promised it: to send either of them is the same to the upstream.
    let patient = world.submit(0, 20, LONG);
    let sent: Vec<_> = world.sent.iter().map(|it| it.0).collect();
    assert_eq!(sent, [back]);
    world.sent.remove(0);
    world.answer_to(AttemptId(1), 200, NONE, 30);
    world.pass(60_030);
    assert_eq!(world.sent[0].0, patient);
}

#[test]
fn a_lowered_limit_refuses_at_once_who_cannot_start_any_more() {
    let mut world = World::plain(vec![window(Scope::Host, 100)], &[&[0]]);
    for _ in 0..100 {
        world.submit(0, 0, LONG);
    }
    world.accept_all(0);
    world.ended.clear();
    // A hundred start at 60 s, a hundred at 120 s.
    for _ in 0..200 {
        world.submit(0, 1_000, 120_000);
    }
    assert_eq!(world.ended, []);
    world.event(set(40), 2_000);
    // Forty at 60 s and forty at 120 s.
    assert_eq!(refused(&world, Reason::DeadlineCannotBeMet), 120);
    for (_, verdict) in &world.ended {
        let Verdict::Refused(refusal) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(refusal.limit.as_deref(), Some("host"));
        assert!(refusal.earliest_start > Some(at(121_000)));
    }
    world.ended.clear();
    world.pass(60_000);
    assert_eq!(world.accept_all(60_000).len(), 40);
    world.pass(120_000);
    assert_eq!(world.accept_all(120_000).len(), 40);
    world.pass(500_000);
    assert_eq!(refused(&world, Reason::Expired), 0);
}

#[test]
fn a_long_queue_is_looked_through_in_steps() {
    let mut world = World::plain(vec![window(Scope::Host, 10_000)], &[&[0]]);
    for _ in 0..10_000 {
        world.submit(0, 0, LONG);
    }
    world.accept_all(0);
    for _ in 0..8_000 {
        world.submit(0, 1_000, 60_000);
    }
    world.ended.clear();
    world.event(set(1_000), 2_000);
    let at_once = refused(&world, Reason::DeadlineCannotBeMet);
    assert!((1..1_000).contains(&at_once), "{at_once}");
    world.pass(2_100);
    assert_eq!(refused(&world, Reason::DeadlineCannotBeMet), 7_000);
    assert_eq!(world.engine.snapshot(at(2_100)).flows[0].queued, 1_000);
}

#[test]
fn what_closes_refuses_at_once_who_cannot_wait_for_it() {
    let mut world = World::plain(vec![window(Scope::Host, 2)], &[&[0]]);
    for _ in 0..2 {
        world.submit(0, 0, LONG);
    }
    world.accept_all(0);
    world.ended.clear();
    let one = world.submit(0, 1_000, 59_000);
    let other = world.submit(0, 1_000, 59_500);
    let patient = world.submit(0, 1_000, LONG);
    world.pass(60_000);
    assert_eq!(world.sent.len(), 2);
    // The patient one waits for the next window; one of those refused is sent again and closes the route.
    world.answer(429, pause(40), 60_010);
    world.answer(429, pause(40), 60_011);
    assert!(world.ended.len() <= 2, "{:?}", world.ended);
    world.pass(60_011);
    while !world.sent.is_empty() {
        world.answer(429, pause(40), 60_020);
    }
    world.pass(60_300);
    let ended: Vec<_> = world.ended.iter().map(|it| it.0).collect();
    assert!(ended.contains(&one) && ended.contains(&other), "{ended:?}");
    assert!(!ended.contains(&patient));
    assert_eq!(
        refused(&world, Reason::UpstreamClosed),
        2,
        "{:?}",
        world.ended
    );
}

#[test]
fn nobody_is_refused_for_a_limit_that_an_operator_has_shut() {
    let mut world = World::plain(vec![window(Scope::Host, 2)], &[&[0]]);
    for _ in 0..4 {
        world.submit(0, 0, 70_000);
    }
    world.event(set(0), 10);
    assert_eq!(world.ended, []);
    world.event(set(2), 20);
    assert_eq!(world.ended, []);
}

#[test]
fn those_who_wait_behind_a_closing_that_opens_in_time_stay() {
    let mut world = closed(pause(30));
    for _ in 0..100 {
        world.submit(0, 20, 40_000);
    }
    world.ended.clear();
    world.pass(30_020);
    world.answer(429, pause(5), 30_030);
    // Doubled: a minute, and none of the hundred can wait for that.
    assert_eq!(refused(&world, Reason::UpstreamClosed), 100);
}
