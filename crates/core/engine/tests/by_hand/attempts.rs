//! What follows an attempt that did not end well.

use super::support::{Desk, fetches, millis, per_minute, seconds, sent};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Event, Facts, Flow, LossKind, Policy, Pool, Route, Verdict,
};
use tollgate_model::{AttemptId, ClientId, ExecutionId, LimitId, PoolId, Reason, Refusal, Scope};

const LONG: Duration = Duration::from_secs(3_600);
const NONE: Facts = Facts {
    refused: false,
    retry_after: None,
    window: None,
};

/// Route 0 passes the organisation's limit; route 1 sends with a token as well.
fn begin(policy: Policy) -> Desk {
    let route = |name: &str, pool| Route {
        name: name.into(),
        limits: vec![LimitId(0)],
        pool,
        cost: 1,
    };
    Desk::new(Config {
        limits: vec![per_minute("organisation", Scope::Organisation, 1_000)].into(),
        clients: vec![Client {
            name: "client".into(),
            max_tokens: 2,
            ..Client::default()
        }]
        .into(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: vec![ClientId(0)],
        }]
        .into(),
        routes: vec![route("plain", None), route("with a token", Some(PoolId(0)))].into(),
        flows: vec![Flow::default()].into(),
        policy,
    })
}

fn finish(verdict: Verdict) -> Command {
    Command::Finish(ExecutionId(0), verdict)
}

fn asks(retry_after: u64) -> Facts {
    Facts {
        refused: false,
        retry_after: Some(seconds(retry_after)),
        window: None,
    }
}

#[test]
fn an_idempotent_call_is_tried_again_after_a_pause_that_doubles() {
    let mut desk = begin(Policy {
        max_attempts: 4,
        ..Policy::default()
    });
    let mut attempt = sent(&desk.submit(0, LONG))[0];
    for (status, pause) in [(502, 100), (503, 200), (504, 400)] {
        assert_eq!(desk.answer(attempt, status, NONE), []);
        let begin = desk.now;
        let done = desk.wait(millis(pause));
        let [(at, Command::Send { attempt: next, .. })] = done[..] else {
            panic!("{done:?}");
        };
        assert_eq!(at, begin + millis(pause));
        attempt = next;
    }
    let last = desk.answer(attempt, 503, NONE);
    assert_eq!(
        last,
        [finish(Verdict::Answered(attempt))],
        "the fourth stands"
    );
}

#[test]
fn other_answers_stand() {
    for status in [200, 404, 500, 501, 505] {
        let mut desk = begin(Policy::default());
        let attempt = sent(&desk.submit(0, LONG))[0];
        let done = desk.answer(attempt, status, NONE);
        assert_eq!(done, [finish(Verdict::Answered(attempt))], "{status}");
    }
}

#[test]
fn the_pause_is_as_long_as_the_upstream_asks_and_ends_in_time_or_not_at_all() {
    let mut desk = begin(Policy::default());
    let attempt = sent(&desk.submit(0, seconds(7)))[0];
    assert_eq!(desk.answer(attempt, 503, asks(7)), [], "just in time");
    assert_eq!(desk.wait(millis(6_999)), []);
    assert_eq!(desk.wait(millis(1)).len(), 1);
    // Zero seconds are no pause.
    let mut desk = begin(Policy::default());
    let attempt = sent(&desk.submit(0, seconds(7)))[0];
    assert_eq!(desk.answer(attempt, 503, asks(0)), []);
    assert_eq!(desk.wait(millis(99)), []);
    // Past the deadline; past the timeout.
    for (within, timeout) in [(7, 3_600), (60, 7)] {
        let mut desk = begin(Policy::default());
        let commands = desk.submit_as(0, seconds(within), |it| it.timeout = seconds(timeout));
        let attempt = sent(&commands)[0];
        desk.wait(millis(1));
        let done = desk.answer(attempt, 503, asks(7));
        assert_eq!(done, [finish(Verdict::Answered(attempt))]);
    }
}

#[test]
fn a_call_that_is_not_idempotent_is_tried_once() {
    let once = |desk: &mut Desk| sent(&desk.submit_as(0, LONG, |it| it.idempotent = false))[0];
    let mut desk = begin(Policy::default());
    let attempt = once(&mut desk);
    let done = desk.answer(attempt, 503, NONE);
    assert_eq!(done, [finish(Verdict::Answered(attempt))]);
    for kind in [LossKind::NoAnswer, LossKind::NeverSent] {
        let mut desk = begin(Policy::default());
        let attempt = once(&mut desk);
        let done = desk.event(Event::Lost(attempt, kind));
        assert_eq!(done, [finish(Verdict::Lost(kind))]);
    }
}

#[test]
fn what_was_not_processed_is_sent_again_at_once_and_then_after_pauses_until_its_time_is_up() {
    let mut desk = begin(Policy::default());
    let begin = desk.now;
    let commands = desk.submit_as(0, LONG, |it| {
        it.idempotent = false;
        it.timeout = seconds(3);
    });
    let mut attempt = sent(&commands)[0];
    let mut held = 1;
    for pause in [0, 100, 200, 400, 800] {
        let mut done = desk.event(Event::Lost(attempt, LossKind::Unprocessed));
        if pause > 0 {
            assert_eq!(done, []);
            assert_eq!(desk.wait(millis(pause - 1)), []);
            done = desk.wait(millis(1)).into_iter().map(|it| it.1).collect();
        }
        attempt = sent(&done)[0];
        held += 1;
        assert_eq!(
            desk.engine.snapshot(desk.now).limits[0].held,
            held,
            "each may have been counted"
        );
    }
    desk.now = begin + seconds(2);
    let done = desk.event(Event::Lost(attempt, LossKind::Unprocessed));
    assert_eq!(done, [finish(Verdict::Lost(LossKind::Unprocessed))]);
    // Behind an answer's head the upstream can't say that it has done nothing.
    let mut desk = self::begin(Policy::default());
    let attempt = sent(&desk.submit_as(0, LONG, |it| it.idempotent = false))[0];
    desk.event(Event::Head {
        attempt,
        status: 200,
        facts: NONE,
    });
    let done = desk.event(Event::Lost(attempt, LossKind::Unprocessed));
    assert_eq!(done, [finish(Verdict::Lost(LossKind::Unprocessed))]);
}

#[test]
fn a_closed_connection_costs_an_idempotent_call_one_try_beside_the_budget() {
    let mut desk = begin(Policy {
        retry_budget_percent: 0,
        max_attempts: 2,
        ..Policy::default()
    });
    for call in 0..50 {
        let attempt = sent(&desk.submit(0, LONG))[0];
        let again = sent(&desk.event(Event::Lost(attempt, LossKind::Closed)));
        assert_eq!(again.len(), 1, "call {call}");
        desk.answer(again[0], 200, NONE);
    }
    let attempt = sent(&desk.submit(0, LONG))[0];
    let again = sent(&desk.event(Event::Lost(attempt, LossKind::Closed)))[0];
    let done = desk.event(Event::Lost(again, LossKind::Closed));
    let lost = Verdict::Lost(LossKind::Closed);
    assert_eq!(done, [Command::Finish(ExecutionId(50), lost.clone())]);
    let attempt = sent(&desk.submit_as(0, LONG, |it| it.idempotent = false))[0];
    let done = desk.event(Event::Lost(attempt, LossKind::Closed));
    assert_eq!(done, [Command::Finish(ExecutionId(51), lost)]);
}

#[test]
fn retries_have_a_budget_that_attempts_earn() {
    let mut desk = begin(Policy {
        max_attempts: 2,
        ..Policy::default()
    });
    // Ten retries to begin with, and at the most; a tenth of one for each attempt.
    let mut budget = 1_000;
    let earn = |budget: u32| (budget + 10).min(1_000);
    for call in 0..100 {
        let attempt = sent(&desk.submit(0, LONG))[0];
        budget = earn(budget);
        desk.answer(attempt, 503, NONE);
        let again: Vec<_> = desk.wait(seconds(60)).into_iter().map(|it| it.1).collect();
        let may = budget >= 100;
        assert_eq!(sent(&again).len(), usize::from(may), "call {call}");
        if may {
            budget = earn(budget - 100);
            desk.answer(sent(&again)[0], 503, NONE);
        }
    }
}

#[test]
fn a_call_with_a_dead_token_is_replayed_once_with_another() {
    let mut desk = begin(Policy::default());
    let token = fetches(&desk.submit(1, LONG))[0];
    let attempt = sent(&desk.grant(token, LONG))[0];
    desk.answer(attempt, 200, NONE);
    let attempt = sent(&desk.submit(1, LONG))[0];
    let head = desk.event(Event::Head {
        attempt,
        status: 401,
        facts: NONE,
    });
    assert_eq!(head, [Command::DropToken(token)]);
    let token = fetches(&desk.event(Event::Done(attempt)))[0];
    let attempt = sent(&desk.grant(token, LONG))[0];
    let done = desk.answer(attempt, 401, NONE);
    let answered = Command::Finish(ExecutionId(1), Verdict::Answered(attempt));
    assert_eq!(done, [answered], "a fresh token isn't to blame");
    let next = desk.submit(1, LONG);
    assert!(matches!(next[..], [Command::Send { token: Some(by), .. }] if by == token));
}

#[test]
fn a_replay_with_a_token_that_was_accepted_before_retires_that_too() {
    let mut desk = begin(Policy::default());
    let token = fetches(&desk.submit(1, LONG))[0];
    let attempt = sent(&desk.grant(token, LONG))[0];
    desk.answer(attempt, 200, NONE);
    let attempt = sent(&desk.submit(1, LONG))[0];
    let told = desk.answer(attempt, 401, NONE);
    let other = fetches(&told)[0];
    let attempt = sent(&desk.grant(other, LONG))[0];
    // Meanwhile another call was well with it.
    let well = sent(&desk.submit(1, LONG))[0];
    desk.answer(well, 200, NONE);
    let done = desk.answer(attempt, 401, NONE);
    assert!(done.contains(&Command::DropToken(other)), "{done:?}");
}

#[test]
fn a_401_without_a_token_or_after_the_deadline_stands() {
    let mut desk = begin(Policy::default());
    let attempt = sent(&desk.submit(0, LONG))[0];
    let done = desk.answer(attempt, 401, NONE);
    assert_eq!(done, [finish(Verdict::Answered(attempt))]);
    for (late, stands) in [(0, false), (1, true)] {
        let mut desk = begin(Policy::default());
        let token = fetches(&desk.submit(1, seconds(5)))[0];
        let attempt = sent(&desk.grant(token, LONG))[0];
        desk.answer(attempt, 200, NONE);
        let attempt = sent(&desk.submit(1, seconds(5)))[0];
        desk.wait(seconds(5) + Duration::from_nanos(late));
        let done = desk.answer(attempt, 401, NONE);
        let answered = Command::Finish(ExecutionId(1), Verdict::Answered(attempt));
        assert_eq!(done.contains(&answered), stands);
    }
}

#[test]
fn an_end_without_a_head_is_a_loss_and_a_second_head_is_none() {
    let mut desk = begin(Policy::default());
    let attempt = sent(&desk.submit_as(0, LONG, |it| it.idempotent = false))[0];
    let done = desk.event(Event::Done(attempt));
    assert_eq!(done, [finish(Verdict::Lost(LossKind::NoAnswer))]);
    let attempt = sent(&desk.submit(0, LONG))[0];
    for status in [200, 503] {
        desk.event(Event::Head {
            attempt,
            status,
            facts: NONE,
        });
    }
    let done = desk.event(Event::Done(attempt));
    assert_eq!(
        done,
        [Command::Finish(ExecutionId(1), Verdict::Answered(attempt))]
    );
}

#[test]
fn what_was_answered_was_counted_whatever_is_said_later() {
    let mut desk = begin(Policy::default());
    let attempt = sent(&desk.submit_as(0, LONG, |it| it.idempotent = false))[0];
    desk.event(Event::Head {
        attempt,
        status: 200,
        facts: NONE,
    });
    desk.event(Event::Lost(attempt, LossKind::NeverSent));
    assert_eq!(desk.engine.snapshot(desk.now).limits[0].held, 1);
}

#[test]
fn an_attempt_ends_with_its_timeout() {
    let mut desk = begin(Policy::default());
    let commands = desk.submit_as(0, LONG, |it| it.timeout = seconds(3));
    let attempt = sent(&commands)[0];
    let end = desk.now + seconds(3);
    let done = desk.wait(seconds(4));
    let (abort, finish) = (Command::Abort(attempt), finish(Verdict::TimedOut));
    assert_eq!(done, [(end, abort), (end, finish)]);
}

#[test]
fn nothing_is_sent_again_that_would_be_given_up_at_once() {
    let mut desk = begin(Policy::default());
    let commands = desk.submit_as(0, LONG, |it| it.timeout = seconds(3));
    // The first refusal is not believed for longer than there is time, the second is.
    assert_eq!(desk.answer(sent(&commands)[0], 429, asks(3)), []);
    let again: Vec<_> = desk.wait(millis(100)).into_iter().map(|it| it.1).collect();
    let done = desk.answer(sent(&again)[0], 429, asks(3));
    let refused = Refusal {
        reason: Reason::UpstreamClosed,
        limit: None,
        earliest_start: Some(desk.now + seconds(3)),
        lease: None,
    };
    assert_eq!(done, [finish(Verdict::Refused(refused))]);
    assert_eq!(desk.wait(seconds(10)), []);
    assert_eq!(desk.engine.snapshot(desk.now).flows[0].queued, 0);
    // Nor is anything sent when the time for it is up.
    let commands = desk.submit_as(0, LONG, |it| it.timeout = seconds(3));
    desk.wait(millis(2_950));
    let done = desk.answer(sent(&commands)[0], 429, NONE);
    assert!(matches!(
        done[..],
        [Command::Finish(_, Verdict::Refused(_))]
    ));
}

#[test]
fn what_is_over_wakes_nobody() {
    let mut desk = begin(Policy::default());
    assert_eq!(desk.engine.poll_timeout(), None);
    let attempt = sent(&desk.submit_as(0, seconds(1), |it| it.timeout = seconds(3)))[0];
    assert_eq!(desk.engine.poll_timeout(), Some(desk.now + seconds(3)));
    desk.answer(attempt, 200, NONE);
    assert_eq!(desk.engine.poll_timeout(), None);
}

#[test]
fn who_hangs_up_gets_no_answer_and_leaves_nothing_behind() {
    let mut desk = begin(Policy::default());
    let attempt = sent(&desk.submit(0, LONG))[0];
    let done = desk.event(Event::Cancel(ExecutionId(0)));
    assert_eq!(done, [Command::Abort(attempt)]);
    assert_eq!(desk.answer(attempt, 200, NONE), []);
    // In the pause before another try.
    let attempt = sent(&desk.submit(0, LONG))[0];
    desk.answer(attempt, 503, NONE);
    assert_eq!(desk.event(Event::Cancel(ExecutionId(1))), []);
    assert_eq!(desk.wait(seconds(1)), []);
    // In the queue, for a token.
    desk.submit(1, LONG);
    assert_eq!(desk.engine.snapshot(desk.now).flows[0].queued, 1);
    assert_eq!(desk.event(Event::Cancel(ExecutionId(2))), []);
    assert_eq!(desk.engine.snapshot(desk.now).flows[0].queued, 0);
    assert_eq!(desk.event(Event::Cancel(ExecutionId(9))), [], "nobody");
    assert_eq!(
        desk.event(Event::Lost(AttemptId(99), LossKind::NoAnswer)),
        []
    );
}
