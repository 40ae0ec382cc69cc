mod header;

use super::*;
use header::learned;

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn window(allowed: u32, millis: u64) -> Ledger {
    Ledger::new(Rule::Window {
        allowed,
        period: Duration::from_millis(millis),
        counted_within: None,
    })
}

/// A call answered at once.
fn call(ledger: &mut Ledger, millis: u64) {
    ledger.take(at(millis), 1);
    ledger.settle(at(millis), at(millis), 1);
}

#[test]
fn a_slot_is_held_from_sending_until_a_period_after_the_answer() {
    let mut ledger = window(1, 100);
    ledger.take(at(0), 1);
    assert!(!ledger.has_room(at(500), 1), "no answer yet");
    ledger.settle(at(0), at(30), 1);
    assert!(!ledger.has_room(at(129), 1));
    assert!(ledger.has_room(at(130), 1));
}

#[test]
fn a_declared_bound_frees_the_slot_without_an_answer() {
    let mut ledger = Ledger::new(Rule::Window {
        allowed: 1,
        period: Duration::from_millis(100),
        counted_within: Some(Duration::from_millis(20)),
    });
    ledger.take(at(0), 1);
    assert!(!ledger.has_room(at(119), 1));
    assert!(ledger.has_room(at(120), 1));
    ledger.take(at(120), 1);
    ledger.settle(at(120), at(125), 1);
    assert!(ledger.has_room(at(225), 1), "answered within the bound");
    ledger.take(at(225), 1);
    ledger.settle(at(225), at(290), 1);
    assert!(
        !ledger.has_room(at(344), 1),
        "a later answer changes nothing"
    );
    assert!(ledger.has_room(at(345), 1));
}

#[test]
fn a_dear_call_takes_several_slots_and_gives_them_back() {
    let mut ledger = window(5, 100);
    ledger.take(at(0), 3);
    assert!(!ledger.has_room(at(0), 3));
    assert!(ledger.has_room(at(0), 2));
    ledger.settle(at(0), at(10), 3);
    assert_eq!(ledger.next_room(at(10), 5), Some(at(110)));
    ledger.take(at(20), 2);
    ledger.cancel(at(20), 2);
    assert_eq!(ledger.held(at(20)), 3);
}

#[test]
fn the_earliest_start_of_the_kth_call_follows_the_ends() {
    let mut ledger = window(3, 100);
    call(&mut ledger, 0);
    call(&mut ledger, 10);
    assert_eq!(ledger.earliest(1, at(20)), at(20), "one is free");
    assert_eq!(ledger.earliest(2, at(20)), at(100));
    assert_eq!(ledger.earliest(3, at(20)), at(110));
    assert_eq!(ledger.earliest(4, at(20)), at(120), "the free one again");
    assert_eq!(ledger.earliest(5, at(20)), at(200));
}

/// With slots open and settled, room left and not, shut and lowered.
#[test]
fn a_start_in_a_later_round_counts_how_long_answers_take() {
    let mut ledger = window(2, 1_000);
    for sent in [0, 10] {
        ledger.take(at(sent), 1);
        ledger.settle(at(sent), at(sent + 30), 1);
    }
    assert_eq!(ledger.earliest(1, at(50)), at(1_030));
    assert_eq!(
        ledger.earliest(3, at(50)),
        at(2_060),
        "after an answer more"
    );
    // One that is under way is free a period after its answer.
    let mut busy = ledger.clone();
    busy.forget_ended(at(1_030));
    busy.take(at(1_030), 1);
    assert_eq!(busy.earliest(2, at(1_030)), at(2_060));
    // What may be read as if it came earlier is no promise's matter.
    ledger.take(at(1_040), 1);
    ledger.settle(at(1_040), at(1_900), 1);
    assert_eq!(ledger.earliest(2, at(2_000)), at(2_900));
    assert_eq!(
        ledger.earliest(3, at(2_000)),
        at(2_000) + Duration::from_micros(1_031_250)
    );
}

#[test]
fn the_slots_until_an_instant_are_those_whose_earliest_start_is_not_later() {
    for (calls, open, closed_until, allowed) in [
        (0, 0, 0, 4),
        (3, 0, 0, 4),
        (2, 2, 0, 4),
        (4, 0, 75, 4),
        (2, 2, 350, 4),
        (4, 0, 0, 2),
        (4, 0, 0, 0),
    ] {
        let mut ledger = window(4, 100);
        (0..calls).for_each(|nth| call(&mut ledger, 10 * nth));
        (0..open).for_each(|_| ledger.take(at(40), 1));
        ledger.close(at(closed_until));
        ledger.set_allowed(allowed);
        for until in (50..800).step_by(5) {
            let slots = ledger.slots_by(at(until), at(50));
            let next = ledger.earliest(slots + 1, at(50));
            assert!(next > at(until), "{slots} by {until}");
            assert!(slots == 0 || ledger.earliest(slots, at(50)) <= at(until));
        }
    }
}

/// Where an earlier process holds slots of a concurrency limit, and calls pass through the others.
#[test]
fn calls_wait_for_the_slots_of_an_earlier_process_to_their_ends() {
    let at_once = |allowed| {
        let mut ledger = Ledger::new(Rule::Concurrency { allowed });
        (0..3).for_each(|nth| ledger.hold(1, at(100 * (nth + 1))));
        ledger
    };
    // All are held, and how long calls take is not known.
    let mut ledger = at_once(3);
    assert_eq!(ledger.earliest(1, at(0)), at(100));
    assert_eq!(ledger.slots_by(at(99), at(0)), 0);
    assert_eq!(ledger.next_room(at(0), 1), Some(at(100)));
    // Lowered: two have to end first.
    ledger.set_allowed(1);
    assert_eq!(ledger.earliest(1, at(0)), at(300));
    assert_eq!(ledger.slots_by(at(299), at(0)), 0);
    ledger.set_allowed(0);
    assert_eq!(ledger.earliest(1, at(0)), Instant::NEVER);
    // Closed by an operator, then raised.
    ledger.set_allowed(4);
    assert_eq!(ledger.earliest(1, at(0)), at(0));
    // Calls take 50 ms: one slot lets two through in 100 ms, from then on two let four through.
    let mut ledger = at_once(4);
    ledger.take(at(0), 1);
    ledger.leave(at(50));
    ledger.take(at(50), 1);
    let earliest = |ledger: &mut Ledger, k| ledger.earliest(k, at(50)).as_nanos() / 1_000_000;
    let starts: Vec<_> = (1..=6).map(|k| earliest(&mut ledger, k)).collect();
    assert_eq!(starts, [100, 100, 125, 150, 175, 200]);
    for k in 1..40 {
        let start = ledger.earliest(k, at(50));
        let nano = Duration::from_nanos(1_000);
        assert!(ledger.slots_by(start + nano, at(50)) >= k, "{k}");
        assert!(ledger.slots_by(start.before(nano), at(50)) < k, "{k}");
    }
    // Chance moves no end that is known.
    assert_eq!(at_once(3).earliest_by_chance(3, 3.0, at(0)), at(100));
}

#[test]
fn a_lowered_limit_drains_and_a_raised_one_is_used_at_once() {
    let mut ledger = window(3, 100);
    for millis in [0, 10, 20] {
        call(&mut ledger, millis);
    }
    ledger.set_allowed(1);
    assert_eq!(ledger.next_room(at(30), 1), Some(at(120)));
    assert!(!ledger.has_room(at(119), 1));
    ledger.set_allowed(4);
    assert!(ledger.has_room(at(30), 1));
}

#[test]
fn a_closed_ledger_has_no_room() {
    let mut ledger = window(5, 100);
    ledger.close(at(70));
    assert_eq!(ledger.closed_until(at(69)), Some(at(70)));
    assert_eq!(ledger.closed_until(at(70)), None);
    assert!(!ledger.has_room(at(69), 1));
    assert_eq!(ledger.earliest(1, at(10)), at(70));
    assert_eq!(ledger.next_room(at(10), 1), Some(at(70)));
    assert!(ledger.has_room(at(70), 1));
}

#[test]
fn a_call_holds_one_slot_of_a_concurrency_limit_until_it_leaves() {
    let mut ledger = Ledger::new(Rule::Concurrency { allowed: 3 });
    ledger.take(at(0), 2);
    ledger.take(at(0), 1);
    assert_eq!(ledger.held(at(0)), 2, "whatever it costs");
    ledger.settle(at(0), at(10), 1);
    ledger.cancel(at(0), 1);
    assert_eq!(ledger.held(at(10)), 2);
    ledger.leave(at(0));
    assert_eq!(ledger.held(at(10)), 1);
    ledger.leave(at(0));
    assert_eq!(ledger.held(at(10)), 0);
    let mut ledger = window(3, 100);
    ledger.take(at(0), 1);
    ledger.leave(at(0));
    assert_eq!(ledger.held(at(0)), 1, "a window forgets by time alone");
}

#[test]
fn what_will_be_free_by_then_is_what_ends_until_then() {
    let mut ledger = window(9, 100);
    ledger.take(at(0), 1);
    call(&mut ledger, 10);
    call(&mut ledger, 10);
    call(&mut ledger, 20);
    let freed = [109, 110, 119, 120, 900].map(|then| ledger.freed_by(at(then)));
    assert_eq!(freed, [0, 2, 2, 3, 3]);
}

#[test]
fn merged_ledgers_come_apart_again() {
    let (one, two) = (learned(), window(3, 60_000));
    let mut sum = window(0, 60_000);
    sum.merge(&one);
    sum.merge(&two);
    assert_eq!(
        (sum.allowed(), sum.held(at(84_500))),
        (23, one.held(at(84_500)))
    );
    sum.unmerge(&one);
    assert_eq!((sum.allowed(), sum.held(at(84_500))), (3, 0));
    // With calls under way.
    let mut open = window(5, 60_000);
    open.take(at(84_500), 2);
    sum.merge(&open);
    sum.merge(&open);
    assert_eq!((sum.allowed(), sum.held(at(84_500))), (13, 4));
    sum.unmerge(&open);
    assert_eq!((sum.allowed(), sum.held(at(84_500))), (8, 2));
}

#[test]
fn one_that_holds_more_than_it_may_hides_no_room_of_others() {
    let (mut over, free) = (window(10, 60_000), window(5, 60_000));
    for millis in 0..8 {
        call(&mut over, 1_000 * millis);
    }
    over.set_allowed(3);
    assert!(over.is_over());
    let mut sum = window(0, 60_000);
    sum.merge(&over);
    sum.merge(&free);
    let now = at(10_000);
    assert_eq!((sum.room(now), over.room(now), free.held(now)), (5, 0, 0));
    // The sixth slot is the first that the drained one gives: its sixth.
    assert_eq!(sum.earliest(6, now), over.earliest(1, now));
    assert_eq!(sum.earliest(6, now), at(65_000));
    sum.unmerge(&over);
    assert_eq!((sum.room(now), sum.held(now)), (5, 0));
    let mut later = window(0, 60_000);
    later.merge_from(&over, at(64_000));
    assert_eq!(later.earliest(1, now), at(65_000));
}

#[test]
fn what_an_earlier_process_has_used_is_held() {
    let mut before = window(10, 64_000);
    for millis in [0, 100, 30_000] {
        call(&mut before, millis);
    }
    before.take(at(40_000), 2);
    let usage = before.usage(at(40_000));
    assert_eq!(usage.open, 2);
    // Read back 10 s later, on another time line; one more call may have left meanwhile.
    let mut after = window(10, 64_000);
    after.restore(&usage, 1, Duration::from_secs(10), at(5_000), at(0));
    assert_eq!(after.held(at(0)), 6);
    assert_eq!(
        after.held(at(13_900)),
        6,
        "the first at 64 s, then 50 s ago"
    );
    assert_eq!(after.held(at(15_000)), 4, "and rounded up by a second");
    assert_eq!(after.held(at(45_000)), 3);
    assert_eq!(after.held(at(68_999)), 3, "without a known end");
    assert_eq!(after.held(at(69_000)), 0);
}

/// Others' calls, which come so often a second, evenly.
fn evenly(per_second: f64) -> impl Fn(Duration) -> f64 {
    move |span| per_second * span.as_secs_f64()
}

#[test]
fn usage_takes_few_words_however_many_calls() {
    let mut ledger = window(100, 64_000);
    for call_at in 0..100 {
        call(&mut ledger, call_at * 10);
    }
    let seconds = Duration::from_secs;
    let usage = ledger.usage(at(1_000));
    assert_eq!(usage.ends, [(seconds(63), 1), (seconds(64), 99)]);
    let usage = ledger.usage(at(64_000));
    assert_eq!(usage.ends, [(seconds(1), 99)], "what has ended is not told");
}

#[test]
fn slots_that_others_will_need_are_kept() {
    // A hundred a minute; the others come once a second.
    let mut ledger = window(100, 60_000);
    let demand = evenly(1.0);
    let mut beyond =
        |now| f64::from(ledger.room(now)) - ledger.reserve(Duration::ZERO, now, &demand);
    assert_eq!(beyond(at(0)), 40.0, "sixty will be needed in a period");
    ledger.take(at(0), 40);
    ledger.settle(at(0), at(0), 40);
    let mut beyond =
        |now| f64::from(ledger.room(now)) - ledger.reserve(Duration::ZERO, now, &demand);
    assert_eq!(beyond(at(0)), 0.0, "sixty before these come back");
    // The others stay away: what was kept is given away as the window's end comes near.
    assert_eq!(beyond(at(1_000)), 1.0);
    assert_eq!(beyond(at(60_000)), 40.0);
}

#[test]
fn what_is_passed_over_needs_no_more() {
    // Ends in clusters and gaps, and needs from far less to far more than comes back.
    let mut seed = 1_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    for _ in 0..300 {
        let mut ledger = window(100, 60_000);
        let mut ends = Vec::new();
        let mut millis = 0;
        for _ in 0..=random(15) {
            millis += [0, 1, 500, 8_000][random(4) as usize];
            ends.push(millis.min(59_999));
            ledger.hold(1, at(ends[ends.len() - 1] + 1));
        }
        let demand = evenly(random(1_000) as f64 / 1_000.0 + 0.001);
        // So few ends are looked at one by one, or passed over for no loss.
        let plain = ends
            .iter()
            .enumerate()
            .map(|(back, end)| demand(Duration::from_millis(end + 1)) - back as f64);
        let all = demand(Duration::from_secs(60)) - ends.len() as f64;
        let plain = plain.chain([all, 0.0]).fold(0.0, f64::max);
        let reserve = ledger.reserve(Duration::ZERO, at(0), &demand);
        assert!((reserve - plain).abs() < 1e-6, "{reserve} of {plain}");
    }
}
