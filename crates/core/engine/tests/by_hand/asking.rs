//! One question to other processes before a refusal for our part of a limit.

use super::leases::{calls, desk, lease, refusals};
use super::support::{Desk, millis, seconds, sent};
use std::time::Duration;
use tollgate_engine::{Command, Event, Facts, Verdict};
use tollgate_model::{
    ExecutionId, Instant, LeaseShare, Limit, LimitId, Reason, Refusal, Rule, Scope,
};

const ASK: Duration = Duration::from_millis(50);

/// Others are asked before a refusal; both calls of our part are sent.
fn asking() -> Desk {
    let mut config = desk().engine.config().clone();
    config.policy.ask = ASK;
    let mut desk = Desk::new(config);
    lease(&mut desk, 2, Instant::NEVER, true);
    calls(&mut desk, 2);
    desk
}

#[test]
fn others_are_asked_once_before_a_refusal() {
    let mut desk = asking();
    assert_eq!(desk.submit(0, seconds(5)), [Command::AskForSlots]);
    desk.now = desk.now + millis(10);
    assert_eq!(desk.submit(0, seconds(5)), [], "they are asked already");
    let demand = &desk.engine.demand(seconds(2), desk.now)[0];
    assert_eq!(demand.waiting, [(0, 2)]);
    // One slot comes in time, and the other call is refused when the time is over.
    let sent_for_it = lease(&mut desk, 3, Instant::NEVER, true);
    assert_eq!(sent(&sent_for_it).len(), 1);
    assert_eq!(refusals(&sent_for_it), Vec::<&Refusal>::new());
    let asked_until = desk.now + millis(40);
    let later = desk.wait(seconds(1));
    let [(at, Command::Finish(_, Verdict::Refused(refusal)))] = &later[..] else {
        panic!("{later:?}");
    };
    assert_eq!(
        (*at, refusal.reason),
        (asked_until, Reason::DeadlineCannotBeMet)
    );
    let part = LeaseShare {
        slots: 3,
        allowed: 100,
    };
    assert_eq!(refusal.lease, Some(part));
}

#[test]
fn who_is_asked_in_vain_is_asked_again_later_each_time() {
    let mut desk = asking();
    let mut asked_at = Vec::new();
    let began = desk.now;
    for _ in 0..1_000 {
        if desk.submit(0, seconds(5)).contains(&Command::AskForSlots) {
            asked_at.push(desk.now.since(began).as_millis());
        }
        desk.wait(millis(10));
    }
    assert_eq!(asked_at, [0, 500, 1_500, 3_500, 7_500]);
}

#[test]
fn a_place_that_came_without_the_others_is_no_reason_to_ask_them_sooner() {
    let mut desk = asking();
    let (began, free_at) = (desk.now, desk.now + seconds(60));
    // Both slots of the period to come have a call that waits for them.
    let mut last = ExecutionId(1);
    let mut submit = |desk: &mut Desk| {
        last.0 += 1;
        let within = (free_at + millis(100)).since(desk.now);
        (last, desk.submit(0, within))
    };
    let (mut first, _) = submit(&mut desk);
    submit(&mut desk);
    let mut asked_at = Vec::new();
    for _ in 0..1_000 {
        let (call, commands) = submit(&mut desk);
        if commands.contains(&Command::AskForSlots) {
            asked_at.push(desk.now.since(began).as_millis());
            // One of the waiting calls hangs up, and the one that was kept has its place.
            desk.event(Event::Cancel(first));
            let ended = desk.wait(millis(60));
            assert_eq!(ended, [], "{call:?} waits");
            first = call;
        }
        desk.wait(millis(10));
    }
    let pauses: Vec<_> = asked_at.windows(2).map(|two| two[1] - two[0]).collect();
    assert_eq!(pauses, [500, 1_000, 2_000, 4_000]);
}

#[test]
fn nobody_is_refused_for_those_who_may_be_refused_in_a_moment() {
    let mut config = asking().engine.config().clone();
    // Ten in four seconds for both routes, the second of which needs nothing else.
    let host = Limit {
        name: "host".into(),
        scope: Scope::Host,
        rule: Rule::Window {
            counted_within: None,
            allowed: 10,
            period: seconds(4),
        },
    };
    config.limits = vec![config.limits[0].clone(), host.into()].into();
    config.routes[0].limits.push(LimitId(1));
    config.routes[1].limits = vec![LimitId(1)];
    config.routes[1].cost = 1;
    let mut desk = Desk::new(config);
    lease(&mut desk, 2, Instant::NEVER, true);
    calls(&mut desk, 2);
    for _ in 0..8 {
        let commands = desk.submit(1, seconds(5));
        desk.answer(sent(&commands)[0], 200, Facts::default());
    }
    // Ten wait for what others give, and would take all that the host lets through in time.
    assert_eq!(desk.submit(0, seconds(5)), [Command::AskForSlots]);
    for _ in 1..10 {
        assert_eq!(desk.submit(0, seconds(5)), []);
    }
    assert_eq!(desk.submit(1, seconds(5)), [], "isn't refused");
    let later = desk.wait(seconds(5));
    let refused = later
        .iter()
        .filter(|(_, it)| matches!(it, Command::Finish(..)));
    assert_eq!(refused.count(), 10);
    let started = later
        .iter()
        .find(|(_, it)| matches!(it, Command::Send { .. }));
    let (at, _) = started.expect("the host has room for it");
    assert!(at.since(desk.now) <= seconds(5));
}

#[test]
fn who_hangs_up_or_has_no_time_is_not_kept() {
    let mut desk = asking();
    let commands = desk.submit(0, millis(49));
    assert_eq!(refusals(&commands).len(), 1, "{commands:?}");
    assert_eq!(desk.submit(0, millis(50)), [Command::AskForSlots]);
    let last = ExecutionId(3);
    assert_eq!(desk.event(Event::Cancel(last)), []);
    assert_eq!(sent(&lease(&mut desk, 3, Instant::NEVER, true)).len(), 0);
    assert_eq!(desk.wait(seconds(1)), []);
}
