//! Several clients, each with limits of its own.

use crate::rig::{MINUTE, OF_TOKEN, Rig, SECOND, config};
use tollgate_model::ClientId;

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
