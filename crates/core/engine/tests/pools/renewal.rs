//! Tokens are renewed ahead of their expiry, and not used in the last part of their life.

use crate::rig::{Grant, MINUTE, OF_TOKEN, Rig, SECOND, config, last_use};
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, TokenId};

const HOUR: Duration = Duration::from_secs(3_600);

/// The tokens whose predecessors were granted before this instant.
fn after(rig: &Rig, at: Instant) -> Vec<Grant> {
    let granted = rig.granted.values().copied();
    granted.filter(|it| it.at > at).collect()
}

#[test]
fn clients_tokens_of_one_birth_are_renewed_at_instants_of_their_own() {
    let mut rig = Rig::new(config(1_000, &[(1, None); 20]));
    rig.life = HOUR;
    // All clients' are fetched at once, for calls that find no token.
    rig.calls(20 * OF_TOKEN, Duration::ZERO, SECOND * 30);
    rig.pass(MINUTE);
    assert_eq!(rig.granted.len(), 20);
    let born: BTreeSet<_> = rig.granted.values().map(|it| it.at).collect();
    assert_eq!(born.len(), 1, "of one birth");
    rig.pass(HOUR);
    let renewed: BTreeSet<_> = rig.fetches[20..].iter().map(|(at, _)| *at).collect();
    assert_eq!((rig.fetches.len(), renewed.len()), (40, 20));
    let (first, last) = (*renewed.first().unwrap(), *renewed.last().unwrap());
    assert!(last.since(first) > SECOND * 4, "over a tenth of a minute");
    let due = Instant::ZERO + rig.fetch_takes + (HOUR - MINUTE);
    assert!(
        last <= due,
        "{last:?}: a minute before expiry, as configured"
    );
    assert!(due.since(first) <= SECOND * 6);
}

#[test]
fn a_renewal_is_there_before_its_predecessor_goes() {
    for (life, ahead) in [(HOUR, MINUTE), (MINUTE, MINUTE / 4)] {
        let mut rig = Rig::new(config(1_000, &[(1, None)]));
        rig.life = life;
        rig.calls(1, Duration::ZERO, SECOND);
        rig.pass(life * 10);
        let tokens: Vec<_> = rig.granted.iter().collect();
        assert!(tokens.len() >= 10, "an idle client's only token is renewed");
        for pair in tokens.windows(2) {
            let ((token, old), (_, new)) = (pair[0], pair[1]);
            let asked = new.at.before(rig.fetch_takes);
            assert!(asked <= old.expires.before(ahead), "{old:?} {new:?}");
            assert!(asked >= old.expires.before(ahead * 11 / 10));
            let dropped = rig.dropped[token];
            assert!(new.at <= dropped && dropped <= last_use(old));
        }
    }
}

#[test]
fn every_busy_token_of_a_client_is_renewed() {
    // Fetches are long, and each has to wait for the one before it.
    let mut rig = Rig::new(config(10 * OF_TOKEN, &[(10, None)]));
    rig.life = HOUR;
    rig.fetch_takes = SECOND * 2;
    rig.calls(600 * 125, MINUTE / 600, SECOND * 30);
    rig.pass(HOUR - MINUTE * 10);
    let full = 10 * OF_TOKEN as usize;
    while rig.now < Instant::ZERO + HOUR + MINUTE * 30 {
        rig.pass(SECOND * 10);
        let starts = rig.starts_within(MINUTE);
        // What came in one burst comes again a little more than a minute later.
        assert!(
            starts >= full * 9 / 10,
            "{starts} a minute at {:?}",
            rig.now
        );
        assert!(rig.live().len() >= 10, "before the old ones go");
    }
    assert_eq!(rig.granted.len(), 20);
}

#[test]
fn a_client_never_holds_more_than_its_bound() {
    let mut rig = Rig::new(config(1_000, &[(2, None)]));
    rig.life = HOUR;
    rig.calls(600 * 90, MINUTE / 600, SECOND * 30);
    while rig.now < Instant::ZERO + HOUR + MINUTE * 30 {
        rig.pass(SECOND);
        assert!(rig.live().len() <= 2, "{:?} at {:?}", rig.live(), rig.now);
    }
    assert_eq!(rig.granted.len(), 4, "both were renewed");
}

#[test]
fn a_token_that_idles_among_others_is_not_renewed() {
    let mut rig = Rig::new(config(1_000, &[(5, None)]));
    rig.life = HOUR;
    rig.calls(5 * OF_TOKEN, Duration::ZERO, SECOND * 30);
    rig.pass(MINUTE);
    assert_eq!(rig.granted.len(), 5);
    // From then on one token carries it all.
    rig.calls(400, SECOND * 10, SECOND);
    rig.pass(HOUR + MINUTE);
    assert_eq!((rig.granted.len(), rig.live().len()), (6, 1));
}

#[test]
fn the_last_token_is_renewed_though_all_idle() {
    let mut rig = Rig::new(config(1_000, &[(5, None)]));
    rig.life = HOUR;
    rig.calls(5 * OF_TOKEN, Duration::ZERO, SECOND * 30);
    rig.pass(HOUR * 3);
    assert_eq!(rig.live().len(), 1, "one of five");
    let renewed = after(&rig, Instant::ZERO + MINUTE);
    assert_eq!(renewed.len(), 3, "once an hour: {renewed:?}");
}

#[test]
fn a_renewal_that_fails_is_tried_again_though_nobody_calls() {
    let mut rig = Rig::new(config(1_000, &[(1, None)]));
    rig.life = HOUR;
    rig.call(SECOND);
    rig.pass(HOUR - MINUTE * 2);
    rig.failing.insert(ClientId(0), None);
    rig.pass(MINUTE + SECOND);
    assert!(rig.fetches.len() > 2, "{:?}", rig.fetches);
    rig.failing.clear();
    rig.pass(SECOND * 20);
    assert_eq!(rig.granted.len(), 2, "while the first is still good");
    let last = *rig.granted.keys().last().unwrap();
    rig.pass(MINUTE);
    assert_eq!(rig.live(), [last]);
}

#[test]
fn nothing_is_sent_with_a_token_that_is_too_old() {
    let mut rig = Rig::new(config(1_000, &[(3, None)]));
    rig.life = MINUTE * 5;
    rig.fetch_takes = SECOND * 40;
    // How old is asserted at each sending.
    rig.calls(6_000, SECOND / 5, SECOND);
    rig.pass(MINUTE * 20);
    assert!(rig.granted.len() > 5 && rig.sent.len() > 1_000);
}

#[test]
fn nothing_is_sent_with_a_token_that_expired_while_all_stood_still() {
    for asleep in [MINUTE * 59 + SECOND * 40, HOUR, HOUR * 9] {
        let mut rig = Rig::new(config(1_000, &[(3, None)]));
        rig.life = HOUR;
        rig.calls(3 * OF_TOKEN, Duration::ZERO, SECOND * 30);
        rig.pass(SECOND * 5);
        assert_eq!(rig.granted.len(), 3);
        rig.suspend(asleep);
        let call = rig.call(SECOND);
        rig.pass(SECOND);
        let sent = rig.sent.iter().find(|it| it.execution == call);
        assert!(sent.unwrap().token > TokenId(2), "a new token carries it");
    }
}
