//! Endpoints that fail, tokens that die, limits that close: what is left goes on.

use crate::rig::{MINUTE, OF_TOKEN, Rig, SECOND, config};
use std::time::Duration;
use tollgate_engine::Verdict;
use tollgate_model::{ClientId, Instant, TokenId};

const ONE: ClientId = ClientId(0);

/// Spans from each fetch's failure to the next fetch.
fn pauses(rig: &Rig) -> Vec<Duration> {
    let fetches = rig.fetches.windows(2);
    fetches
        .map(|pair| pair[1].0.since(pair[0].0) - rig.fetch_takes)
        .collect()
}

#[test]
fn the_pause_after_a_failed_fetch_doubles_up_to_a_minute() {
    let mut rig = Rig::new(config(1_000, &[(1, None)]));
    rig.failing.insert(ONE, None);
    rig.call(MINUTE * 60);
    rig.pass(MINUTE * 10);
    let millis: Vec<_> = pauses(&rig).iter().map(Duration::as_millis).collect();
    let doubled = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];
    assert_eq!(millis[..8], doubled);
    assert!(millis[8..].iter().all(|&pause| pause == 60_000) && millis.len() > 12);
}

#[test]
fn a_failing_endpoint_is_not_asked_before_its_time_however_many_call() {
    let mut rig = Rig::new(config(1_000, &[(1, None)]));
    rig.failing.insert(ONE, None);
    rig.calls(6_000, MINUTE / 600, SECOND * 20);
    rig.pass(MINUTE * 10);
    let millis: Vec<_> = pauses(&rig).iter().map(Duration::as_millis).collect();
    assert_eq!(millis[..4], [500, 1_000, 2_000, 4_000]);
    assert!(rig.fetches.len() < 20, "{}", rig.fetches.len());
}

#[test]
fn what_the_token_endpoint_asks_for_is_obeyed() {
    for (asked, pause) in [(90, SECOND * 90), (7, SECOND * 7), (0, SECOND / 2)] {
        let mut rig = Rig::new(config(1_000, &[(1, None)]));
        rig.failing.insert(ONE, Some(SECOND * asked));
        rig.call(MINUTE * 60);
        rig.pass(MINUTE * 5);
        let pauses = pauses(&rig);
        assert!(!pauses.is_empty());
        // No pause at all would be a storm.
        assert!(
            pauses.iter().all(|&it| it == pause),
            "{asked} s: {pauses:?}"
        );
    }
}

#[test]
fn a_grant_resets_the_pause() {
    let mut rig = Rig::new(config(1_000, &[(1, None)]));
    rig.failing.insert(ONE, None);
    rig.call(MINUTE * 60);
    rig.pass(MINUTE * 5);
    rig.failing.clear();
    rig.pass(MINUTE * 2);
    assert_eq!(rig.sent.len(), 1);
    rig.dead.insert(rig.live()[0]);
    rig.failing.insert(ONE, None);
    let before = rig.fetches.len();
    rig.call(MINUTE * 60);
    rig.pass(SECOND * 5);
    let again: Vec<_> = rig.fetches[before..].iter().map(|(at, _)| *at).collect();
    assert_eq!(again[1].since(again[0]) - rig.fetch_takes, SECOND / 2);
}

#[test]
fn the_next_wake_is_the_end_of_the_pause() {
    let mut rig = Rig::new(config(1_000, &[(1, None)]));
    rig.failing.insert(ONE, Some(SECOND * 30));
    rig.call(MINUTE * 60);
    rig.pass(SECOND);
    let pause_over = Instant::ZERO + rig.fetch_takes + SECOND * 30;
    assert_eq!(rig.engine.poll_timeout(), Some(pause_over));
    // Early wakes do no harm.
    rig.engine.handle_timeout(rig.now);
    assert_eq!(rig.engine.poll_command(), None);
    assert_eq!(rig.engine.poll_timeout(), Some(pause_over));
}

#[test]
fn a_401_retires_the_token_and_the_call_is_replayed_with_another() {
    let mut rig = Rig::new(config(1_000, &[(3, None)]));
    rig.call(SECOND);
    rig.pass(SECOND);
    rig.dead.insert(TokenId(0));
    let call = rig.call(SECOND * 10);
    rig.pass(SECOND * 5);
    let tokens: Vec<_> = rig.sent.iter().filter(|it| it.execution == call).collect();
    assert_eq!(tokens.len(), 2, "sent once more");
    assert_ne!(tokens[0].token, tokens[1].token);
    assert!(rig.dropped.contains_key(&TokenId(0)));
    assert_eq!(status(&rig, call), 200);
}

#[test]
fn a_second_401_is_the_answer() {
    let mut rig = Rig::new(config(1_000, &[(3, None)]));
    rig.dead.extend((0..9).map(TokenId));
    let call = rig.call(SECOND * 10);
    rig.pass(SECOND * 5);
    assert_eq!(rig.sent.len(), 2);
    assert_eq!(status(&rig, call), 401);
}

fn status(rig: &Rig, call: tollgate_model::ExecutionId) -> u16 {
    let (_, verdict) = &rig.finished[&call];
    let Verdict::Answered(attempt) = verdict else {
        panic!("{verdict:?}");
    };
    rig.status[attempt]
}

/// Two tokens under an organisation's limit that both together use up, and three clients.
fn busy() -> Rig {
    let mut rig = Rig::new(config(2 * OF_TOKEN, &[(5, None), (5, None), (5, None)]));
    rig.calls(600 * 12, MINUTE / 600, SECOND * 30);
    rig.pass(MINUTE * 2);
    full(&rig);
    rig
}

fn full(rig: &Rig) {
    let starts = rig.starts_within(MINUTE);
    assert!(starts >= 2 * OF_TOKEN as usize - 2, "{starts}");
}

#[test]
fn a_token_closed_by_a_429_is_replaced() {
    let mut rig = busy();
    rig.limited.insert(rig.live()[0], rig.now + MINUTE * 5);
    // The limit drains for a minute at the most.
    rig.pass(MINUTE * 2);
    for _ in 0..3 {
        rig.pass(MINUTE);
        full(&rig);
    }
}

#[test]
fn a_dead_token_is_replaced() {
    let mut rig = busy();
    rig.dead.insert(rig.live()[0]);
    rig.pass(MINUTE * 2);
    full(&rig);
}

#[test]
fn a_client_that_gets_no_token_is_replaced_by_another() {
    let mut rig = busy();
    let (first, client) = (rig.live()[0], rig.granted[&rig.live()[0]].client);
    rig.failing.insert(client, None);
    rig.dead.insert(first);
    rig.pass(MINUTE * 2);
    full(&rig);
}

#[test]
fn with_one_token_closed_one_dead_and_one_fetch_failing_the_rest_goes_on() {
    let mut rig = busy();
    let live = rig.live();
    rig.limited.insert(live[0], rig.now + MINUTE * 10);
    rig.dead.insert(live[1]);
    rig.failing.insert(rig.granted[&live[0]].client, None);
    rig.pass(MINUTE * 2);
    for _ in 0..3 {
        rig.pass(MINUTE);
        full(&rig);
    }
    let of_closed = rig.sent.iter().filter(|it| it.token == live[0]);
    let of_late = of_closed.filter(|it| rig.now.since(it.at) < MINUTE * 4);
    assert!(of_late.count() <= 4, "one a minute asks whether it is open");
}
