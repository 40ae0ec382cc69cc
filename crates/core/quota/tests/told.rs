//! Whatever headers say, no window counts more than what is configured or told.
//!
//! `PROPTEST_CASES` asks for more cases than a thousand, and `PROPTEST_RNG_SEED` for the same ones each time.

use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::{Announcement, Header, Ledger};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;

/// What headers make of a count and of a time left.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// None: the truth. Otherwise always this part of the number, in hundredths.
    count: Option<u32>,
    /// None: the truth. Otherwise always so many seconds.
    reset: Option<u64>,
    /// The number, in hundredths of the configured one.
    number: u32,
    family: u8,
    /// Answers that speak so.
    answers: u32,
}

fn styles() -> impl Strategy<Value = Vec<Style>> {
    let style = (
        prop_oneof![3 => Just(None), 1 => (0..101_u32).prop_map(Some)],
        prop_oneof![3 => Just(None), 1 => prop_oneof![Just(3_600), Just(86_400)].prop_map(Some)],
        prop_oneof![2 => Just(100), 3 => 10..400_u32],
        0..3_u8,
        1..200_u32,
    );
    let style = style.prop_map(|(count, reset, number, family, answers)| Style {
        count,
        reset,
        number,
        family,
        answers,
    });
    prop::collection::vec(style, 1..12)
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

struct Outcome {
    /// The most that one window counted.
    most: u32,
    /// The highest number that was told.
    told: u32,
}

fn run(
    styles: &[Style],
    aligned: bool,
    (allowed, period): (u32, u64),
    is_ceiling: bool,
    seed: u64,
) -> Outcome {
    let mut random = seed | 1;
    let mut draw = move |bound: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound.max(1)
    };
    let mut ledger = Ledger::new(Rule::Window {
        allowed,
        period: Duration::from_nanos(period),
        counted_within: None,
    });
    let mut answers: BinaryHeap<Reverse<(u64, u64, u32, u64)>> = BinaryHeap::new();
    let (mut opened, mut count) = (0, 0);
    let mut outcome = Outcome { most: 0, told: 0 };
    let mut left = styles
        .iter()
        .flat_map(|it| std::iter::repeat_n(it, it.answers as usize));
    let mut now = 10 * period + draw(period);
    let mut style = left.next();
    while let Some(speaks) = style {
        while let Some(&Reverse((when, sent, count, reset))) = answers.peek()
            && when <= now
        {
            answers.pop();
            let number = (allowed * speaks.number / 100).max(1);
            let header = Header {
                count: speaks.count.map_or(count, |part| number * part / 100),
                reset: Duration::from_secs(speaks.reset.unwrap_or(reset)),
            };
            let word = Announcement {
                family: speaks.family,
                allowed: number,
                header,
                refused: false,
            };
            outcome.told = outcome.told.max(number);
            ledger.settle(at(sent), at(when), 1);
            let verdict = ledger.hear(at(sent), at(when), 1, word, is_ceiling);
            if let Some(change) = verdict.change {
                ledger.obey(change);
            }
            if verdict.sound && ledger.allowed() == number {
                ledger.observe(at(sent), at(when), 1, header);
            } else if !verdict.sound {
                ledger.disbelieve();
            }
            if let Some(end) = verdict.look_at {
                ledger.look_at(end, at(when));
            }
            style = left.next();
        }
        if ledger.has_room(at(now), 1) {
            if count == 0 || now >= opened + period {
                opened = if aligned { now - now % period } else { now };
                count = 0;
            }
            count += 1;
            outcome.most = outcome.most.max(count);
            ledger.take(at(now), 1);
            let reset = (opened + period - now) / SECOND + 1;
            answers.push(Reverse((now + 5 * MS + draw(20 * MS), now, count, reset)));
            now += draw(period / u64::from(allowed));
        } else {
            let answer = answers.peek().map(|it| it.0.0);
            let room = ledger.next_room(at(now), 1).map(Instant::as_nanos);
            let next = answer.into_iter().chain(room).min();
            now = next.unwrap_or(now + period).max(now + 1);
        }
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases.max(1_000),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_window_counts_more_than_what_is_configured_or_told(
        styles in styles(), aligned in any::<bool>(), is_ceiling in any::<bool>(),
        allowed in 10..60_u32, seconds in prop_oneof![Just(6), Just(12), Just(60)], seed in any::<u64>(),
    ) {
        let outcome = run(&styles, aligned, (allowed, seconds * SECOND), is_ceiling, seed);
        let most = if is_ceiling { allowed } else { allowed.max(outcome.told) };
        prop_assert!(outcome.most <= most, "{} of {most}", outcome.most);
    }
}

/// Of so many answers: the end is told truly or always so many seconds away, the configured number.
fn speaking(reset: Option<u64>, family: u8, answers: u32) -> Style {
    Style {
        count: None,
        reset,
        number: 100,
        family,
        answers,
    }
}

#[test]
fn an_end_that_was_told_an_hour_before_is_not_that_of_a_window_which_is_open_then() {
    let styles = [speaking(Some(3_600), 0, 44), speaking(None, 1, 47)];
    let outcome = run(
        &styles,
        true,
        (44, 6 * SECOND),
        false,
        8_541_552_865_535_684_560,
    );
    assert_eq!(outcome.most, 44);
}

#[test]
fn a_period_that_was_told_too_long_is_not_shorter_afterwards_than_what_is_configured() {
    let styles = [
        speaking(None, 1, 109),
        speaking(Some(3_600), 1, 54),
        speaking(Some(3_600), 2, 22),
        speaking(None, 1, 85),
    ];
    let outcome = run(
        &styles,
        true,
        (16, 6 * SECOND),
        false,
        8_537_430_526_119_123_354,
    );
    assert_eq!(outcome.most, 16);
}

#[test]
fn a_count_that_was_told_wrong_once_lets_no_window_hold_more() {
    let wrong = Style {
        count: Some(54),
        ..speaking(None, 0, 1)
    };
    let styles = [wrong, speaking(None, 0, 46)];
    let outcome = run(
        &styles,
        true,
        (15, 6 * SECOND),
        false,
        1_176_557_890_283_247_304,
    );
    assert_eq!(outcome.most, 15);
}

/// What headers put in force of ten calls in six seconds: eight calls in each window are answered with
/// `number`, and each window ends with refusals that speak so.
fn in_force_after(windows: u64, number: u32, refusal: (u32, u32)) -> (u32, u32) {
    let period = Duration::from_secs(6);
    let mut ledger = Ledger::new(Rule::Window {
        allowed: 10,
        period,
        counted_within: None,
    });
    let mut highest = 10;
    for window in 0..windows {
        for call in 0..20_u64 {
            let sent = (60 + window * 6) * SECOND + call * 300 * MS;
            let (now, is_refused) = (sent + 20 * MS, call >= 8);
            let (count, allowed) = match is_refused {
                true => refusal,
                false => (call as u32 + 1, number),
            };
            let header = Header {
                count,
                reset: Duration::from_secs(6 - call * 300 / 1_000),
            };
            let word = Announcement {
                family: 0,
                allowed,
                header,
                refused: is_refused,
            };
            let verdict = ledger.hear(at(sent), at(now), 1, word, false);
            if let Some(change) = verdict.change {
                ledger.obey(change);
            }
            highest = highest.max(ledger.allowed());
        }
    }
    (ledger.allowed(), highest)
}

#[test]
fn what_only_refusals_say_raises_nothing() {
    assert_eq!(in_force_after(12, 10, (30, 30)).1, 10);
}

#[test]
fn a_refusal_where_slots_remain_takes_a_higher_number_back() {
    assert_eq!(in_force_after(12, 20, (10, 20)).0, 10);
}

/// A number that is 10 for three windows and 20 for three, in windows that open with a call: who waits for a
/// window leaves as soon as there is room. How many are sent of each window before an answer of it has come, and
/// how many in all.
fn sent_of_windows(windows: u64) -> Vec<(u32, u32)> {
    let period = Duration::from_secs(6);
    let mut ledger = Ledger::new(Rule::Window {
        allowed: 10,
        period,
        counted_within: None,
    });
    let mut sent_of = Vec::new();
    for window in 0..windows {
        let number = if window / 3 % 2 == 0 { 10 } else { 20 };
        let opens = at(60 * SECOND + window * 8 * SECOND);
        let mut now = opens;
        let (mut count, mut unanswered) = (0, 0);
        // ForeignCalls come when the first is answered, and one comes late.
        for round in 0..6 {
            if round == 5 {
                now = now + period / 2;
            }
            let come = if round < 5 { number - 1 } else { number };
            let mut under_way = Vec::new();
            while count < come && ledger.has_room(now, 1) {
                ledger.take(now, 1);
                count += 1;
                under_way.push((now, count));
                now = now + Duration::from_millis(1);
            }
            if round == 0 {
                unanswered = count;
            }
            now = now + Duration::from_millis(20);
            for (sent, count) in under_way {
                let left = (opens + period).since(now);
                let header = Header {
                    count,
                    reset: Duration::from_secs(left.as_secs() + 1),
                };
                let word = Announcement {
                    family: 0,
                    allowed: number,
                    header,
                    refused: false,
                };
                ledger.settle(sent, now, 1);
                let verdict = ledger.hear(sent, now, 1, word, false);
                if let Some(change) = verdict.change {
                    ledger.obey(change);
                }
                if verdict.sound && ledger.allowed() == number {
                    ledger.observe(sent, now, 1, header);
                }
            }
        }
        sent_of.push((unanswered, count));
    }
    sent_of
}

#[test]
fn what_holds_for_a_window_its_first_call_finds_out() {
    let sent_of = sent_of_windows(24);
    for (window, (unanswered, all)) in sent_of.into_iter().enumerate().skip(12) {
        assert_eq!(unanswered, 1, "of window {window}");
        let number = if window / 3 % 2 == 0 { 10 } else { 20 };
        assert_eq!(all, number, "of window {window}");
    }
}
