//! Several clients, each with limits of its own.

use crate::rig::{MINUTE, OF_TOKEN, Rig, SECOND, Sent, config};
use std::time::Duration;
use tollgate_engine::{Config, Verdict};
use tollgate_model::{ClientId, Instant, Reason, Rule};

/// Calls that each client carried in the last minute.
fn shares(rig: &Rig, clients: u32) -> Vec<usize> {
    let recent = rig.sent.iter().filter(|it| rig.now.since(it.at) < MINUTE);
    let recent: Vec<_> = recent.map(|it| it.client).collect();
    let of = |client| recent.iter().filter(|it| **it == ClientId(client)).count();
    (0..clients).map(of).collect()
}

#[test]
fn load_goes_to_the_client_that_has_room() {
    // The first has room for little, and may hold all the tokens that the organisation could use.
    let mut rig = Rig::new(config(
        2 * OF_TOKEN,
        &[(10, Some(10)), (10, Some(20)), (10, None)],
    ));
    rig.calls(600 * 5, MINUTE / 600, SECOND * 30);
    rig.pass(MINUTE * 4);
    let shares = shares(&rig, 3);
    let all: usize = shares.iter().sum();
    assert!(all >= 2 * OF_TOKEN as usize - 2, "{shares:?}");
    assert!(shares[0] >= 9 && shares[1] >= 19, "{shares:?}");
    assert_eq!(rig.granted.len(), 3, "no token that its client can't use");
}

#[test]
fn others_stand_in_for_a_client_that_has_used_up_its_limit() {
    let mut config = config(2 * OF_TOKEN, &[(5, Some(400)), (5, None)]);
    // 40 a minute, but all at once if need be.
    config.limits[1].rule = Rule::Window {
        allowed: 400,
        period: MINUTE * 10,
        counted_within: None,
    };
    let mut rig = Rig::new(config);
    rig.failing.insert(ClientId(1), None);
    rig.calls(600 * 10, MINUTE / 600, SECOND * 30);
    rig.pass(MINUTE * 3);
    rig.failing.clear();
    rig.pass(MINUTE * 6);
    let shares = shares(&rig, 2);
    assert!(
        shares[0] == 0 && shares[1] >= 2 * OF_TOKEN as usize - 2,
        "{shares:?}"
    );
}

#[test]
fn the_second_client_is_not_touched_while_the_first_has_room() {
    let mut rig = Rig::new(config(1_000, &[(10, Some(20)), (10, Some(20))]));
    rig.calls(100, SECOND * 4, SECOND);
    rig.pass(MINUTE * 6);
    assert_eq!(rig.sent.len(), 91);
    assert!(rig.sent.iter().all(|it| it.client == ClientId(0)));
}

#[test]
fn clients_carry_together_what_their_limits_allow() {
    let mut rig = Rig::new(config(
        1_000,
        &[(10, Some(40)), (10, Some(50)), (10, Some(7))],
    ));
    rig.calls(600 * 5, MINUTE / 600, SECOND * 30);
    rig.pass(MINUTE * 4);
    let shares = shares(&rig, 3);
    for (share, allowed) in shares.iter().zip([40, 50, 7]) {
        assert!((allowed - 1..=allowed).contains(share), "{shares:?}");
    }
    assert_eq!(rig.granted.len(), 2 + 2 + 1);
}

/// Twice what `carried` a minute are, for ten minutes, each to start within twenty seconds: of those
/// taken in none expires, and nobody is refused whom there was room for.
fn is_foretold(config: Config, carried: u32) {
    let mut rig = Rig::new(config);
    rig.calls(20 * carried, MINUTE / carried / 2, SECOND * 20);
    rig.pass(MINUTE * 10);
    let reasons = rig.finished.values().map(|(_, verdict)| match verdict {
        Verdict::Refused(refusal) => Some(refusal.reason),
        _ => None,
    });
    let expired = reasons.filter(|it| *it == Some(Reason::Expired));
    assert_eq!(expired.count(), 0, "none of those taken in");
    let (sent, room) = (rig.sent.len() as u32, 10 * carried);
    assert!(
        sent > room - carried / 10 && sent <= room,
        "{sent} of {room}"
    );
    let arrived = |it: &Sent| Instant::ZERO + MINUTE / carried / 2 * it.execution.0 as u32;
    let waits = rig.sent.iter().map(|it| it.at.since(arrived(it)));
    let longest = waits.max().unwrap();
    assert!(longest > SECOND * 18, "{longest:?}: all the time is used");
}

#[test]
fn the_estimate_sums_what_the_clients_limits_allow() {
    is_foretold(config(1_000, &[(5, Some(40)), (5, Some(20))]), 60);
}

#[test]
fn a_client_without_limits_carries_what_its_tokens_do() {
    is_foretold(
        config(1_000, &[(5, Some(10)), (2, None)]),
        10 + 2 * OF_TOKEN,
    );
}

#[test]
fn a_limit_that_some_clients_share_counts_once() {
    let mut config = config(1_000, &[(5, Some(40)), (5, Some(20)), (5, Some(30))]);
    // The second is under the first's limit too: together they carry 40, 20 at the most of them by it.
    let shared = config.clients[0].limits[0];
    config.clients[1].limits.push(shared);
    is_foretold(config, 40 + 30);
}

#[test]
fn a_limit_that_all_clients_share_is_as_one_of_the_routes() {
    let mut config = config(1_000, &[(5, Some(58)), (5, None)]);
    let shared = config.clients[0].limits.clone();
    config.clients[1].limits = shared;
    is_foretold(config.clone(), 58);
    // Nor are tokens fetched that they could not use together.
    let mut rig = Rig::new(config);
    rig.calls(600 * 3, MINUTE / 600, SECOND * 30);
    rig.pass(MINUTE * 4);
    assert_eq!(rig.granted.len(), 2);
}

#[test]
fn who_can_not_start_in_time_is_told_which_limit_and_when() {
    let mut rig = Rig::new(config(1_000, &[(5, Some(10)), (5, Some(20))]));
    rig.calls(30, Duration::ZERO, SECOND);
    rig.pass(SECOND);
    let call = rig.call(SECOND * 30);
    rig.pass(SECOND);
    let (at, verdict) = &rig.finished[&call];
    let Verdict::Refused(refusal) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(refusal.reason, Reason::DeadlineCannotBeMet);
    assert_eq!(refusal.limit.as_deref(), Some("client 0"));
    let wait = refusal.earliest_start.unwrap().since(*at);
    assert!((58..61).contains(&wait.as_secs()), "{wait:?}");
}
