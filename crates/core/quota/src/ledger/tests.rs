use super::*;

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
    assert!(!ledger.has_room(at(69), 1));
    assert_eq!(ledger.earliest(1, at(10)), at(70));
    assert_eq!(ledger.next_room(at(10), 1), Some(at(70)));
    assert!(ledger.has_room(at(70), 1));
}

fn header(count: u32, reset: u64) -> Header {
    Header {
        count,
        reset: Duration::from_secs(reset),
    }
}

/// Thirteen calls in a minute's window, seen to be forgotten all at once by another.
fn learned() -> Ledger {
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
}

#[test]
fn a_header_that_can_not_be_true_is_ignored() {
    let mut ledger = window(20, 60_000);
    call(&mut ledger, 0);
    for said in [header(0, 30), header(3, 62), header(3, 90_000)] {
        assert!(ledger.observe(at(0), at(0), 1, said).is_none(), "{said:?}");
    }
    let mut concurrency = Ledger::new(Rule::Concurrency { allowed: 3 });
    assert!(concurrency.observe(at(0), at(0), 1, header(1, 5)).is_none());
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

/// Others come so often a second, evenly.
struct Evenly(f64);

impl Need for Evenly {
    fn within(&self, span: Duration) -> f64 {
        self.0 * span.as_secs_f64()
    }

    fn span_of(&self, slots: f64) -> Duration {
        Duration::try_from_secs_f64(slots / self.0).unwrap_or(Duration::MAX)
    }
}

#[test]
fn slots_that_others_will_need_are_not_spared() {
    // A hundred a minute; the others come once a second.
    let mut ledger = window(100, 60_000);
    let need = Evenly(1.0);
    let mut given = 0;
    while ledger.spares(1, at(0), &need) {
        ledger.take(at(0), 1);
        ledger.settle(at(0), at(0), 1);
        given += 1;
    }
    assert_eq!(given, 40, "sixty will be needed before these come back");
    // The others stay away: what was kept is given away as the window's end comes near.
    assert!(!ledger.spares(1, at(900), &need));
    assert!(ledger.spares(1, at(1_000), &need));
    assert!(ledger.spares(60, at(60_000), &Evenly(0.0)));
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
        let need = Evenly(random(1_000) as f64 / 1_000.0 + 0.001);
        // Sixteen ends are looked at one by one, or passed over for no loss.
        let plain = ends
            .iter()
            .enumerate()
            .map(|(back, end)| need.within(Duration::from_millis(end + 1)) - back as f64);
        let all = need.within(Duration::from_secs(60)) - ends.len() as f64;
        let plain = plain.chain([all, 0.0]).fold(0.0, f64::max);
        let reserve = ledger.reserve(at(0), f64::INFINITY, &need);
        assert!((reserve - plain).abs() < 1e-6, "{reserve} of {plain}");
    }
}
