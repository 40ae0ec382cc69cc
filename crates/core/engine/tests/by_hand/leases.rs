//! Limits that other processes share: what is done of them by one engine.

use super::support::{Desk, millis, per_minute, seconds, sent};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::{
    Command, Config, Event, Facts, Flow, Guarantee, Lease, Leave, LimitSpec, Route, Verdict,
};
use tollgate_model::{
    FlowDemand, FlowId, Instant, LeaseShare, Limit, LimitId, LimitUse, Reason, Refusal, Rule, Scope,
};

const LIMIT: LimitId = LimitId(0);
const LONG: Duration = Duration::from_secs(3_600);

/// A hundred a minute; two flows, the second of a lower class.
pub(crate) fn desk() -> Desk {
    with(per_minute("organisation", Scope::Organisation, 100))
}

fn with(limit: impl Into<LimitSpec>) -> Desk {
    let route = |name: &str, cost| Route {
        name: name.into(),
        limits: vec![LIMIT],
        pool: None,
        cost,
    };
    let flow = |priority| Flow {
        priority,
        max_queued: 100,
        ..Flow::default()
    };
    Desk::new(Config {
        limits: vec![limit.into()].into(),
        routes: vec![route("one", 1), route("dear", 3)].into(),
        flows: vec![flow(0), flow(1)].into(),
        ..Config::default()
    })
}

pub(crate) fn lease(desk: &mut Desk, slots: u32, until: Instant, is_renewed: bool) -> Vec<Command> {
    let lease = Lease {
        slots,
        until,
        is_renewed,
    };
    held(desk, Some(lease), Vec::new())
}

fn held(desk: &mut Desk, lease: Option<Lease>, held: Vec<(Instant, u32)>) -> Vec<Command> {
    let limit = LIMIT;
    desk.event(Event::SetLease { limit, lease, held })
}

pub(crate) fn refusals(commands: &[Command]) -> Vec<&Refusal> {
    let refused = commands.iter().filter_map(|it| match it {
        Command::Finish(_, Verdict::Refused(refusal)) => Some(refusal),
        _ => None,
    });
    refused.collect()
}

/// Sends so many calls that are answered at once.
pub(crate) fn calls(desk: &mut Desk, calls: u32) {
    for _ in 0..calls {
        let commands = desk.submit(0, LONG);
        desk.answer(sent(&commands)[0], 200, Facts::default());
    }
}

#[test]
fn what_the_process_before_used_is_held_once_its_part_is_ours() {
    let mut dead = desk();
    let end = dead.now + seconds(100);
    lease(&mut dead, 40, end, true);
    calls(&mut dead, 30);
    let checkpoint = dead.engine.checkpoint(dead.now);
    let mut config = dead.engine.config().clone();
    config.policy.shares_limits = true;
    let mut heir = Desk::new(config);
    heir.engine.restore(&checkpoint, seconds(20), heir.now);
    let demand = |heir: &Desk| heir.engine.demand(seconds(2), heir.now).remove(0);
    assert_eq!(demand(&heir).earlier_part, Some(40));
    assert_eq!(demand(&heir).used.held, 0, "it is no part of nothing");
    assert_eq!(heir.event(Event::Inherit { limit: LIMIT }), []);
    lease(&mut heir, 40, end, true);
    assert_eq!(demand(&heir).used.held, 30);
    calls(&mut heir, 10);
    let refused = heir.submit(0, seconds(30));
    assert_eq!(refusals(&refused).len(), 1, "{refused:?}");
    // They were sent twenty seconds before.
    heir.wait(seconds(41));
    assert_eq!(demand(&heir).used.held, 10);
}

#[test]
fn a_larger_part_is_used_at_once_and_what_others_hold_of_it_later() {
    let mut desk = desk();
    lease(&mut desk, 3, Instant::NEVER, true);
    calls(&mut desk, 3);
    assert_eq!(sent(&desk.submit(0, LONG)).len(), 0);
    assert_eq!(sent(&desk.submit(0, LONG)).len(), 0);
    let lease = Lease {
        slots: 5,
        until: Instant::NEVER,
        is_renewed: true,
    };
    let in_a_second = desk.now + seconds(1);
    let commands = held(&mut desk, Some(lease), vec![(in_a_second, 1)]);
    assert_eq!(sent(&commands).len(), 1);
    let later = desk.wait(seconds(1));
    assert_eq!(later.len(), 1);
    assert_eq!(later[0].0, in_a_second);
    let view = &desk.engine.snapshot(desk.now).limits[0];
    assert_eq!((view.allowed, view.lease, view.held), (100, Some(lease), 5));
}

#[test]
fn a_refusal_names_our_part_where_all_of_the_limit_would_do() {
    let mut desk = desk();
    lease(&mut desk, 2, Instant::NEVER, true);
    calls(&mut desk, 2);
    let commands = desk.submit(0, seconds(5));
    let [refusal] = refusals(&commands)[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(refusal.reason, Reason::DeadlineCannotBeMet);
    let part = LeaseShare {
        slots: 2,
        allowed: 100,
    };
    assert_eq!(refusal.lease, Some(part));
    assert_eq!(refusal.earliest_start, Some(desk.now + seconds(60)));
    // A call that costs more than our part.
    let commands = desk.submit(1, seconds(5));
    assert_eq!(refusals(&commands)[0].lease, Some(part));
    // All of the limit would not do either.
    desk.event(Event::SetLimit {
        limit: LIMIT,
        allowed: 2,
    });
    let commands = desk.submit(0, seconds(5));
    assert_eq!(refusals(&commands)[0].lease, None);
}

#[test]
fn who_waits_when_a_lease_ends_is_told_so_then() {
    let mut desk = desk();
    let until = desk.now + seconds(10);
    lease(&mut desk, 1, until, true);
    calls(&mut desk, 1);
    assert_eq!(desk.submit(0, seconds(90)), [], "as if it went on");
    let later = desk.wait(seconds(20));
    let [(at, command)] = &later[..] else {
        panic!("{later:?}");
    };
    assert_eq!(*at, until);
    let commands = [command.clone()];
    let refusal = refusals(&commands)[0];
    assert_eq!(
        (
            refusal.reason,
            refusal.limit.as_deref(),
            refusal.earliest_start
        ),
        (Reason::LeaseEnded, Some("organisation"), None)
    );
    // From then on at once, until there is another.
    let commands = desk.submit(0, LONG);
    assert_eq!(refusals(&commands)[0].reason, Reason::LeaseEnded);
    let until = desk.now + seconds(10);
    lease(&mut desk, 2, until, true);
    assert_eq!(sent(&desk.submit(0, LONG)).len(), 1);
}

#[test]
fn a_lease_that_is_not_renewed_foretells_nothing_behind_its_end() {
    let mut desk = desk();
    let until = desk.now + seconds(50);
    lease(&mut desk, 2, until, true);
    calls(&mut desk, 2);
    assert_eq!(desk.submit(0, seconds(90)), []);
    // The store is away: whoever can't start before the end is told so at once, those who come too.
    let commands = lease(&mut desk, 2, until, false);
    assert_eq!(refusals(&commands)[0].reason, Reason::LeaseEnded);
    let commands = desk.submit(0, seconds(90));
    assert_eq!(refusals(&commands)[0].reason, Reason::LeaseEnded);
    // It is back.
    lease(&mut desk, 2, until, true);
    assert_eq!(desk.submit(0, seconds(90)), []);
}

#[test]
fn what_is_given_back_is_used_no_more_and_whom_it_concerns_is_told() {
    let mut desk = desk();
    lease(&mut desk, 10, Instant::NEVER, true);
    calls(&mut desk, 4);
    desk.wait(seconds(20));
    calls(&mut desk, 4);
    // Nine slots ahead: the third call of those that wait has the last of the first four.
    let waits: Vec<_> = (0..5).map(|_| desk.submit(0, seconds(50))).collect();
    assert_eq!(waits.iter().flat_map(|it| sent(it)).count(), 2);
    let given_back = desk.engine.give_back(LIMIT, 5, desk.now);
    let ends: Vec<_> = given_back.settled.iter().map(|(_, slots)| slots).collect();
    assert_eq!((given_back.free, ends), (0, vec![&4, &1]));
    let told = desk.event(Event::SetLeave {
        limit: LIMIT,
        leave: Leave::Calls(0),
    });
    assert_eq!(refusals(&told).len(), 0, "three slots come in time");
    let given_back = desk.engine.give_back(LIMIT, 2, desk.now);
    assert_eq!(given_back.slots(), 2);
    let told = desk.event(Event::SetLeave {
        limit: LIMIT,
        leave: Leave::Calls(0),
    });
    assert_eq!(refusals(&told).len(), 2, "one does");
    assert_eq!(desk.engine.give_back(LimitId(99), 2, desk.now).slots(), 0);
}

#[test]
fn what_is_left_free_is_so_of_our_part() {
    let mut desk = with(LimitSpec {
        leave: Some(Leave::Calls(15)),
        ..per_minute("host", Scope::Host, 100).into()
    });
    let left_free = |desk: &Desk| desk.engine.snapshot(desk.now).limits[0].left_free;
    assert_eq!(left_free(&desk), 15);
    lease(&mut desk, 30, Instant::NEVER, true);
    assert_eq!(left_free(&desk), 5, "rounded up");
    desk.event(Event::SetLeave {
        limit: LIMIT,
        leave: Leave::Percent(20.0),
    });
    assert_eq!(left_free(&desk), 6);
    lease(&mut desk, 1, Instant::NEVER, true);
    assert_eq!(left_free(&desk), 0, "one is for us");
    held(&mut desk, None, Vec::new());
    assert_eq!(left_free(&desk), 20);
}

/// A hundred a minute; two flows, the second of a lower class, to which twenty are guaranteed.
fn guaranteed() -> Desk {
    let flow = Flow {
        max_queued: 500,
        ..Flow::default()
    };
    let guarantee = Guarantee {
        limit: LIMIT,
        slots: 20,
    };
    let callbacks = Flow {
        name: "callbacks".into(),
        priority: 1,
        guarantee: Some(guarantee),
        ..flow.clone()
    };
    Desk::new(Config {
        limits: vec![per_minute("organisation", Scope::Organisation, 100)].into(),
        routes: vec![Route {
            limits: vec![LIMIT],
            ..Route::default()
        }]
        .into(),
        flows: vec![flow, callbacks].into(),
        ..Config::default()
    })
}

/// A flow of the lowest class that is guaranteed twenty goes first with those that it has a right to here.
#[test]
fn a_guarantee_is_for_what_is_told() {
    let begin = |part: Option<u32>, told: Option<u32>| {
        let mut desk = guaranteed();
        let all = part.unwrap_or(100);
        if part.is_some() {
            lease(&mut desk, all, Instant::NEVER, true);
        }
        if let Some(slots) = told {
            desk.event(Event::SetGuarantees {
                limit: LIMIT,
                slots: [("callbacks".to_owned(), slots)].into(),
            });
        }
        calls(&mut desk, all);
        desk.wait(seconds(1));
        for number in 0..200 {
            desk.submit_as(0, LONG, |it| it.flow = FlowId(number % 2));
        }
        let later = desk.wait(seconds(60));
        let first: Vec<_> = later.iter().filter(|(at, _)| *at == later[0].0).collect();
        let of_second = first.iter().filter(|(_, it)| match it {
            Command::Send { execution, .. } => (execution.0 - u64::from(all)) % 2 == 1,
            _ => false,
        });
        (first.len(), of_second.count())
    };
    assert_eq!(begin(None, None), (100, 20));
    assert_eq!(begin(None, Some(5)), (100, 20), "the limit is not shared");
    assert_eq!(begin(Some(55), Some(20)), (55, 20));
    assert_eq!(begin(Some(55), Some(5)), (55, 5));
    assert_eq!(begin(Some(55), None), (55, 1), "the floor's");
}

#[test]
fn demand_is_told_of_all_that_was_asked_for() {
    let mut desk = desk();
    lease(&mut desk, 4, Instant::NEVER, true);
    let first = desk.submit(1, LONG);
    assert_eq!(sent(&first).len(), 1);
    desk.submit(0, LONG);
    // One waits, one is refused.
    desk.submit(1, LONG);
    desk.submit_as(0, millis(1), |it| it.flow = FlowId(1));
    let demand = &desk.engine.demand(seconds(2), desk.now)[0];
    assert_eq!(demand.asked, [(0, 7), (1, 1)]);
    assert_eq!(demand.waiting, [(0, 3)]);
    assert_eq!((demand.used.held, demand.open), (4, 4));
    desk.answer(sent(&first)[0], 200, Facts::default());
    let demand = &desk.engine.demand(seconds(2), desk.now)[0];
    assert_eq!((demand.used.held, demand.open), (4, 1));
    // Each call is one of those at once, whatever it costs of a window.
    let mut desk = with(Limit {
        name: "at once".into(),
        scope: Scope::Organisation,
        rule: Rule::Concurrency { allowed: 5 },
    });
    desk.submit(1, LONG);
    let demand = &desk.engine.demand(seconds(2), desk.now)[0];
    assert_eq!((&demand.asked[..], demand.used.held), (&[(0, 1)][..], 1));
}

#[test]
fn demand_tells_of_flows_with_guarantees() {
    let mut desk = guaranteed();
    lease(&mut desk, 3, Instant::NEVER, true);
    desk.event(Event::SetGuarantees {
        limit: LIMIT,
        slots: [("callbacks".to_owned(), 2), ("of others".to_owned(), 5)].into(),
    });
    desk.submit(0, LONG);
    for _ in 0..4 {
        desk.submit_as(0, LONG, |it| it.flow = FlowId(1));
    }
    let demand = &desk.engine.demand(seconds(2), desk.now)[0];
    let period = Some(seconds(60));
    let told = FlowDemand {
        flow: "callbacks".into(),
        class: 1,
        guarantee: 20,
        asked: 4,
        waiting: 2,
        used: LimitUse {
            period,
            held: 2,
            stay: 2,
        },
    };
    assert_eq!(demand.guaranteed, [told], "two of its starts were by right");
    desk.wait(seconds(59));
    let used = desk.engine.demand(seconds(2), desk.now)[0].guaranteed[0].used;
    assert_eq!((used.held, used.stay), (2, 0));
    let unknown = Event::SetGuarantees {
        limit: LimitId(99),
        slots: BTreeMap::new(),
    };
    assert!(desk.engine.find(&unknown).is_err());
}
