//! What headers tell.

use super::*;

fn header(count: u32, reset: u64) -> Header {
    Header {
        count,
        reset: Duration::from_secs(reset),
    }
}

/// Thirteen calls in a minute's window, seen to be forgotten all at once by another.
pub(super) fn learned() -> Ledger {
    let mut ledger = window(20, 60_000);
    for count in 1..=13 {
        let now = 20_000 + u64::from(count) * 4_000;
        call(&mut ledger, now);
        let said = header(count, 61 - (now - 24_000) / 1_000);
        assert!(ledger.observe(at(now), at(now), 1, said).is_some());
    }
    assert_eq!(ledger.held(at(84_000)), 12, "one slot is a minute old");
    call(&mut ledger, 84_500);
    assert!(
        ledger
            .observe(at(84_500), at(84_500), 1, header(1, 61))
            .is_some()
    );
    ledger
}

#[test]
fn slots_of_a_window_surely_closed_are_free_at_once() {
    let mut ledger = learned();
    // Without headers the last of these slots is held until 148.508 s.
    for count in 2..=8 {
        let now = 88_500 + u64::from(count);
        call(&mut ledger, now);
        ledger.observe(at(now), at(now), 1, header(count, 57));
    }
    assert_eq!(ledger.held(at(144_499)), 8);
    assert_eq!(ledger.held(at(144_500)), 0, "a minute after the first call");
}

#[test]
fn windows_that_slide_are_never_learned() {
    let mut ledger = window(20, 60_000);
    for step in 0..200_u64 {
        let now = step * 4_000;
        call(&mut ledger, now);
        let count = (step as u32 + 1).min(15);
        ledger.observe(at(now), at(now), 1, header(count, 4));
        assert_eq!(ledger.held(at(now)), count, "at {now}");
    }
}

#[test]
fn somebody_elses_calls_hold_slots_until_their_window_closes() {
    let mut ledger = window(20, 60_000);
    call(&mut ledger, 1_000);
    let shift = ledger
        .observe(at(1_000), at(1_000), 1, header(15, 30))
        .unwrap();
    assert_eq!(ledger.foreign(at(1_000)), 14);
    assert!(!ledger.has_room(at(1_000), 6));
    assert!(ledger.has_room(at(1_000), 5));
    assert_eq!(ledger.foreign(at(32_000)), 0, "30 s, and one for rounding");
    let mut sum = window(0, 60_000);
    sum.merge(&window(20, 60_000));
    sum.shift(shift);
    assert_eq!(sum.held(at(1_000)), 14);
    sum.merge(&ledger);
    assert_eq!(sum.held(at(1_000)), 29, "theirs and ours");
}

/// Twenty calls in each window of six seconds, and from the third window on somebody else's after each.
#[test]
fn windows_too_short_for_whole_seconds_are_known_by_their_openings() {
    let mut ledger = window(60, 6_000);
    for opened in [60_000, 66_000, 72_000, 78_000] {
        let theirs = u32::from(opened >= 72_000);
        for call in 0..20_u64 {
            let (sent, now) = (opened + call * 250 + 10, opened + call * 250 + 30);
            ledger.take(at(sent), 1);
            ledger.settle(at(sent), at(now), 1);
            let count = call as u32 * (1 + theirs) + 1;
            let said = header(count, (opened + 6_000 - sent) / 1_000 + 1);
            assert!(ledger.observe(at(sent), at(now), 1, said).is_some());
        }
        let before_close = at(opened + 5_999);
        // The last two calls before may be of the window, as far as is known.
        let seen = ledger.foreign(before_close);
        assert!(
            (17 * theirs..=19 * theirs).contains(&seen),
            "{seen} at {opened}"
        );
    }
    assert_eq!(ledger.held(at(84_029)), 39);
    // A period after the answer of the first call in it; the last slots would be held until 88,780 ms.
    assert_eq!(ledger.held(at(84_030)), 0);
}

/// What one answer shows of somebody else's calls.
fn shown(sent: u64, answered: u64, said: Header) -> u32 {
    let mut ledger = window(20, 64_000);
    ledger.take(at(sent), 1);
    ledger.settle(at(sent), at(answered), 1);
    ledger.observe(at(sent), at(answered), 1, said);
    ledger.foreign(at(answered))
}

#[test]
fn somebody_elses_calls_are_told_by_quick_answers_of_open_windows_only() {
    assert_eq!(shown(1_000, 3_000, header(15, 30)), 14);
    assert_eq!(shown(1_000, 3_001, header(15, 30)), 0, "slower than a 32nd");
    assert_eq!(shown(1_000, 1_000, header(15, 3)), 14);
    assert_eq!(shown(1_000, 1_000, header(15, 2)), 0, "it may be closed");
    assert_eq!(shown(1_000, 3_000, header(1, 30)), 0, "only ours");
}

#[test]
fn what_was_counted_before_the_window_opened_is_not_of_it() {
    let mut ledger = learned();
    // Answered without headers; the window that then opens forgets them.
    for now in [88_000, 89_000, 90_000] {
        call(&mut ledger, now);
    }
    call(&mut ledger, 147_500);
    ledger.observe(at(147_500), at(147_500), 1, header(6, 60));
    assert_eq!(ledger.foreign(at(147_500)), 5);
    // The open call may be of it.
    ledger.take(at(147_600), 1);
    call(&mut ledger, 147_700);
    ledger.observe(at(147_700), at(147_700), 1, header(9, 60));
    assert_eq!(
        ledger.foreign(at(147_700)),
        6,
        "nine less two, and the open one"
    );
}

/// Whether answers, each by when it was sent, when it came and its count, show that windows are fixed.
fn shows_fixed(answers: &[(u64, u64, u32)]) -> bool {
    let mut ledger = window(20, 60_000);
    for &(sent, answered, count) in answers {
        call(&mut ledger, sent * 1_000);
        let (sent, answered) = (at(sent * 1_000), at(answered * 1_000));
        ledger.observe(sent, answered, 1, header(count, 30));
    }
    let mut other = window(20, 60_000);
    other.learn_from(&ledger);
    other.learned.is_some()
}

#[test]
fn windows_are_fixed_where_a_count_falls_further_than_sliding_ones_could() {
    // Twelve were counted between the first answer and the second.
    let first = [(0, 0, 1), (10, 10, 13)];
    let then = |third| shows_fixed(&[first[0], first[1], third]);
    assert!(then((20, 20, 2)));
    assert!(!then((20, 20, 3)), "a quarter may be left of them");
    assert!(then((44, 44, 2)));
    assert!(
        !then((45, 45, 2)),
        "a quarter of the period may have passed"
    );
    assert!(!then((44, 45, 2)), "until the answer");
    let slow = |sent| shows_fixed(&[(0, 0, 1), (5, 10, 13), (sent, 11, 2)]);
    assert!(slow(10));
    assert!(!slow(9), "sent before the second was answered");
    assert!(
        !shows_fixed(&[(0, 5, 1), (4, 6, 13), (20, 20, 2)]),
        "the second may have been counted with the first"
    );
    assert!(
        shows_fixed(&[(0, 0, 1), (5, 5, 13), (6, 6, 5), (20, 20, 2)]),
        "the highest stands"
    );
    assert!(
        shows_fixed(&[(0, 0, 1), (13, 13, 2), (50, 50, 14), (55, 55, 1)]),
        "the first is too old, the second is not"
    );
}

#[test]
fn another_ledger_of_the_same_kind_need_not_learn_again() {
    let closed_early = |ledger: &mut Ledger| {
        call(ledger, 84_500);
        ledger.observe(at(84_500), at(84_500), 1, header(1, 30));
        (ledger.held(at(115_499)), ledger.held(at(115_500)))
    };
    let mut knows = window(20, 60_000);
    knows.learn_from(&learned());
    assert_eq!(closed_early(&mut knows), (1, 0));
    let mut knows_not = window(20, 60_000);
    knows_not.learn_from(&window(20, 60_000));
    assert_eq!(closed_early(&mut knows_not), (1, 1));
}

#[test]
fn a_narrower_bound_frees_the_whole_window_earlier() {
    let mut ledger = window(20, 60_000);
    ledger.learn_from(&learned());
    for (now, said) in [(84_500, header(1, 30)), (90_300, header(2, 24))] {
        call(&mut ledger, now);
        ledger.observe(at(now), at(now), 1, said);
    }
    // 84.5 s and 31 are 115.5; 90.3 and 25 are less.
    assert_eq!(ledger.held(at(115_299)), 2);
    assert_eq!(ledger.held(at(115_300)), 0);
}

#[test]
fn a_header_that_can_not_be_true_is_ignored() {
    let mut ledger = window(20, 60_000);
    call(&mut ledger, 0);
    for said in [header(0, 30), header(3, 62), header(3, 90_000)] {
        assert!(ledger.observe(at(0), at(0), 1, said).is_none(), "{said:?}");
    }
    assert!(ledger.observe(at(0), at(0), 1, header(1, 61)).is_some());
    let mut concurrency = Ledger::new(Rule::Concurrency { allowed: 3 });
    assert!(concurrency.observe(at(0), at(0), 1, header(1, 5)).is_none());
}
