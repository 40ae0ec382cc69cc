//! A pool is as large as its load.

use crate::rig::{MINUTE, OF_TOKEN, Rig, SECOND, config};
use std::time::Duration;
use tollgate_engine::Event;
use tollgate_model::{ClientId, LimitId, TokenId};

/// More calls than any limit carries, for so many minutes.
fn flood(rig: &mut Rig, minutes: u32) {
    rig.calls(minutes * 600, MINUTE / 600, SECOND * 30);
    rig.pass(MINUTE * minutes);
}

#[test]
fn a_light_load_stays_on_one_token() {
    let mut rig = Rig::new(config(1_000, &[(10, None)]));
    // Less than three quarters of what a token carries.
    rig.calls(200, SECOND * 3, SECOND);
    rig.pass(MINUTE * 10);
    assert_eq!(rig.sent.len(), 200);
    assert_eq!(rig.fetches.len(), 1);
}

#[test]
fn no_second_token_is_touched_while_the_first_has_room() {
    let mut rig = Rig::new(config(1_000, &[(10, None), (10, None)]));
    rig.calls(25, Duration::ZERO, SECOND);
    rig.pass(MINUTE * 2);
    rig.calls(29, SECOND * 2, SECOND);
    rig.pass(MINUTE);
    assert!(rig.granted.len() > 1, "for {:?}", rig.granted);
    assert!(rig.sent.iter().all(|it| it.token == TokenId(0)));
}

#[test]
fn a_pool_grows_to_what_its_load_needs() {
    for needed in [2, 3, 5] {
        let mut rig = Rig::new(config(1_000, &[(10, None)]));
        // A tenth less than so many tokens carry.
        let load = OF_TOKEN * needed * 9 / 10;
        rig.calls(load * 10, MINUTE / load, SECOND);
        rig.pass(MINUTE * 10);
        assert_eq!(rig.finished.len(), rig.sent.len(), "none was refused");
        let tokens = rig.live().len() as u32;
        // One is fetched before the last is used up.
        assert!(
            (needed..=needed + 1).contains(&tokens),
            "{tokens} of {needed}"
        );
    }
}

#[test]
fn a_pool_stops_at_each_clients_bound() {
    let mut rig = Rig::new(config(1_000, &[(2, None), (3, None)]));
    flood(&mut rig, 5);
    let held = |client| {
        let granted = rig.granted.values();
        granted.filter(|it| it.client == ClientId(client)).count()
    };
    assert_eq!((held(0), held(1)), (2, 3));
    assert!(rig.starts_within(MINUTE) >= 5 * OF_TOKEN as usize - 1);
}

#[test]
fn a_pool_stops_at_what_the_organisation_could_use() {
    let mut rig = Rig::new(config(4 * OF_TOKEN - 2, &[(10, None)]));
    flood(&mut rig, 5);
    assert_eq!(rig.granted.len(), 4);
    assert!(rig.starts_within(MINUTE) >= 4 * OF_TOKEN as usize - 3);
}

#[test]
fn a_raised_limit_lets_a_pool_grow() {
    let mut rig = Rig::new(config(2 * OF_TOKEN, &[(10, None)]));
    flood(&mut rig, 3);
    assert_eq!(rig.granted.len(), 2);
    let raise = Event::SetLimit {
        limit: LimitId(0),
        allowed: 5 * OF_TOKEN,
    };
    rig.engine.handle_event(raise, rig.now);
    flood(&mut rig, 3);
    assert_eq!(rig.granted.len(), 5);
}

#[test]
fn clients_fetch_at_once_each_one_token_at_a_time() {
    let mut rig = Rig::new(config(1_000, &[(4, None), (4, None), (4, None)]));
    rig.fetch_takes = SECOND;
    // That no client has two under way is asserted at each fetch.
    flood(&mut rig, 5);
    assert_eq!(rig.most_fetching, 3);
    assert_eq!(rig.granted.len(), 12);
}
