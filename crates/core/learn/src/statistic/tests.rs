//! What a limit that is held lets pass, the one that was found does.

use super::*;
use std::collections::VecDeque;

/// A weighted window, as exact as whole nanoseconds are.
struct Weighted {
    number: u128,
    span: u128,
    window: u128,
    sum: u128,
    before: u128,
}

impl Weighted {
    fn accepts(&mut self, at: u64) -> bool {
        let (window, into_it) = (u128::from(at) / self.span, u128::from(at) % self.span);
        if window != self.window {
            self.before = if window == self.window + 1 {
                self.sum
            } else {
                0
            };
            (self.window, self.sum) = (window, 0);
        }
        let left = self.before * (self.span - into_it);
        let accepts = left + (self.sum + 1) * self.span <= self.number * self.span;
        self.sum += u128::from(accepts);
        accepts
    }
}

/// A number that looks drawn, below another.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    (*state >> 33) % below
}

#[test]
fn a_weighted_window_refuses_nothing_that_its_rule_lets_pass() {
    let mut state = 1;
    for number in [1, 2, 3, 7, 34, 99, 100, 101, 199, 200, 336, 1_000, 1_001] {
        for span in [1_000, 6_001, 999_983] {
            let found = Statistic::Weighted(span, 0);
            let rule = found.rule(number);
            let Rule::Window {
                allowed, period, ..
            } = rule
            else {
                panic!("{rule:?}");
            };
            let mut window = Weighted {
                number: number.into(),
                span: span.into(),
                window: 0,
                sum: 0,
                before: 0,
            };
            let mut sent: VecDeque<u64> = VecDeque::new();
            let (mut now, mut windows, mut most) = (draw(&mut state, span), 0, 0);
            let begin = now;
            while windows < 200 {
                // Now and then nothing is sent for a while.
                now += match draw(&mut state, 2_000) {
                    0 => draw(&mut state, 3 * span),
                    1..=20 => draw(&mut state, span / 20),
                    _ => 0,
                };
                if sent.len() >= allowed as usize
                    && let Some(first) = sent.pop_front()
                {
                    now = now.max(first + nanos(period));
                }
                assert!(window.accepts(now), "{number} in {span}: {rule:?} at {now}");
                sent.push_back(now);
                most += 1;
                windows = (now - begin) / span;
            }
            assert!(
                number < 3 || most > windows,
                "{number} in {span}: {most} calls"
            );
        }
    }
}

#[test]
fn a_rule_tells_the_number_that_it_was_made_of() {
    for number in [1, 2, 34, 100, 200, 336] {
        let found = Statistic::Weighted(60_000_000_000, 0);
        let again = found.number(found.rule(number));
        assert!(number - again <= number / 50, "{number}, {again}");
        for found in [
            Statistic::Sliding(1_000),
            Statistic::Bucket(7),
            Statistic::AtOnce,
        ] {
            assert_eq!(found.number(found.rule(number)), number);
        }
    }
}

#[test]
fn a_call_that_ends_as_another_is_on_its_way_has_left() {
    use crate::finding::Group;
    use crate::series::Sign;
    use tollgate_model::AttemptId;

    const MILLI: u64 = 1_000_000;
    // Three at once. The first leaves at 100 ms, which its sender hears of 2 ms later; the fourth is sent between.
    let calls = [
        (0, 102, true),
        (20, 520, true),
        (40, 540, true),
        (101, 601, true),
        (115, 118, false),
    ];
    let item = |(number, (sent, ended, accepted)): (usize, (u64, u64, bool))| Item {
        attempt: AttemptId(number as u64),
        token: None,
        sent: sent * MILLI,
        ended: ended * MILLI,
        cost: 1,
        counted: accepted,
        sign: match accepted {
            true => Sign::Accepted,
            false => Sign::Refused(1.0),
        },
        batch: 0,
        counted_by: (sent + (ended - sent).min(10)) * MILLI,
        ahead: 0,
    };
    let series = Series {
        group: Group::Upstream,
        items: calls.into_iter().enumerate().map(item).collect(),
        ends: vec![calls.len()],
    };
    let mut counts = Vec::new();
    Statistic::AtOnce.counts(&series, &mut counts);
    assert_eq!(counts, [1, 2, 3, 3, 4]);
}
