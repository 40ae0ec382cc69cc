//! Answers that are none, and token endpoints that give none: nothing is sent in vain, nobody is asked
//! in a storm.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "trouble/setup.rs"]
mod setup;

use setup::{answer, answer_next, at, commands, fetched, plain, pooled, submit};
use std::time::Duration;
use tollgate_engine::{Command, Event, Verdict};
use tollgate_model::{ClientId, Reason, TokenId};

#[test]
fn a_call_turned_away_starts_again_while_there_is_time_for_it() {
    let mut engine = plain();
    submit(&mut engine, 30_000);
    assert_eq!(answer(&mut engine, 429, Some(5)), []);
    let mut now = at(100);
    let mut told = Vec::new();
    while told.is_empty() {
        now = engine.poll_timeout().unwrap();
        engine.handle_timeout(now);
        told = commands(&mut engine);
    }
    assert_eq!(now, at(5_100));
    assert!(matches!(told[..], [Command::Send { .. }]));
}

#[test]
fn a_call_turned_away_twice_for_longer_than_it_may_wait_is_refused_at_once() {
    // Its deadline is a minute away, or its timeout ten seconds.
    for (timeout, retry_after) in [(90_000, 60), (10_000, 10)] {
        let mut engine = plain();
        submit(&mut engine, timeout);
        // Once may be by chance; it is tried again soon.
        assert_eq!(answer(&mut engine, 429, Some(retry_after)), []);
        engine.handle_timeout(at(200));
        assert!(matches!(commands(&mut engine)[..], [Command::Send { .. }]));
        let told = answer_next(&mut engine, 1, 429, Some(retry_after), 300);
        let [Command::Finish(_, Verdict::Refused(refusal))] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(refusal.reason, Reason::UpstreamClosed);
        assert_eq!(refusal.earliest_start, Some(at(300 + retry_after * 1_000)));
    }
}

#[test]
fn nothing_is_sent_again_after_its_timeout() {
    // The token is refused, and the next one comes when the timeout has passed.
    let mut engine = pooled(1, 10);
    let token = fetched(&submit(&mut engine, 10_000)).unwrap();
    let granted = |token| Event::TokenGranted {
        token,
        expires_in: Duration::from_secs(3_600),
    };
    engine.handle_event(granted(token), at(0));
    assert!(matches!(commands(&mut engine)[..], [Command::Send { .. }]));
    answer(&mut engine, 401, None);
    engine.handle_timeout(at(600));
    let token = fetched(&commands(&mut engine)).unwrap();
    engine.handle_event(granted(token), at(10_001));
    let told = commands(&mut engine);
    assert!(matches!(told[..], [Command::Finish(..)]), "{told:?}");
}

#[test]
fn a_call_that_no_further_token_comes_for_in_time_is_over_at_once() {
    // A token that was never accepted counts as a failed fetch, and the next comes half a second later.
    let mut engine = pooled(1, 10);
    let token = fetched(&submit(&mut engine, 400)).unwrap();
    let expires_in = Duration::from_secs(3_600);
    engine.handle_event(Event::TokenGranted { token, expires_in }, at(0));
    commands(&mut engine);
    let told = answer(&mut engine, 401, None);
    let answered = |it: &Command| matches!(it, Command::Finish(_, Verdict::Answered(_)));
    assert!(told.iter().any(answered), "{told:?}");
}

#[test]
fn a_token_endpoint_that_asks_for_no_pause_gets_one() {
    let mut engine = pooled(1, 10);
    let mut token = fetched(&submit(&mut engine, 1_000));
    let (mut fetches, mut now) = (0, 0);
    while now < 10_000 {
        if let Some(token) = token.take() {
            fetches += 1;
            let retry_after = Some(Duration::ZERO);
            engine.handle_event(
                Event::TokenFailed {
                    token,
                    retry_after,
                    failure: tollgate_engine::FetchFailure::Other,
                },
                at(now),
            );
        }
        now += 1;
        engine.handle_timeout(at(now));
        token = fetched(&commands(&mut engine));
    }
    assert_eq!(fetches, 20, "one every half second");
}

#[test]
fn a_renewal_that_failed_is_tried_again() {
    let mut engine = pooled(1, 10);
    let mut token = fetched(&submit(&mut engine, 1_000));
    let (mut fetches, mut dropped) = (0, None);
    let mut now = at(0);
    while dropped.is_none() {
        if let Some(token) = token.take() {
            fetches += 1;
            let event = match fetches {
                2 | 3 => Event::TokenFailed {
                    token,
                    retry_after: None,
                    failure: tollgate_engine::FetchFailure::Other,
                },
                _ => Event::TokenGranted {
                    token,
                    expires_in: Duration::from_secs(3_600),
                },
            };
            engine.handle_event(event, now);
        }
        now = engine.poll_timeout().unwrap();
        engine.handle_timeout(now);
        let told = commands(&mut engine);
        token = fetched(&told);
        let drop = |it: &Command| matches!(it, Command::DropToken(_));
        dropped = told.iter().any(drop).then_some(now);
    }
    assert_eq!(fetches, 4, "the first, two that failed, and the successor");
    assert_eq!(
        engine.snapshot(now).tokens.len(),
        1,
        "when the old one goes"
    );
}

#[test]
fn tokens_may_allow_more_together_than_a_number_holds() {
    let mut engine = pooled(2, 3_000_000_000);
    let first = fetched(&submit(&mut engine, 1_000)).unwrap();
    for token in [first, TokenId(first.0 + 1)] {
        let expires_in = Duration::from_secs(3_600);
        engine.handle_event(Event::TokenGranted { token, expires_in }, at(1));
    }
    let limit = Event::SetTokenLimit {
        client: ClientId(1),
        place: 0,
        allowed: u32::MAX,
    };
    engine.handle_event(limit, at(2));
    assert!(!engine.snapshot(at(2)).tokens.is_empty());
}
