//! What is held, handed on and given up.

mod world;

use std::time::Duration;
use tollgate_learn::{
    Call, Change, Finding, FindingId, Group, KnownLimit, Learner, Outcome, Reason, Settings, State,
};
use tollgate_model::{AttemptId, EndpointId, Instant, Rule, TokenId};
use world::limiter::window;
use world::random::Random;

const MILLI: u64 = 1_000_000;

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * MILLI)
}

/// A call that was sent so many milliseconds after the beginning.
fn call_at(millis: u64, token: Option<TokenId>) -> Call {
    Call {
        sent: at(millis),
        token,
        client: None,
        endpoint: EndpointId::UNKNOWN,
        cost: 1,
    }
}

/// What the upstream makes of a call.
fn outcome(is_accepted: bool) -> Outcome {
    match is_accepted {
        true => Outcome::Accepted,
        false => Outcome::Refused { retry_after: None },
    }
}

fn known() -> Vec<KnownLimit> {
    vec![KnownLimit {
        group: Group::Upstream,
        rule: window(60, 6_000),
    }]
}

fn finding(allowed: u32, millis: u64) -> Finding {
    Finding {
        id: FindingId(0),
        group: Group::Upstream,
        rule: window(allowed, millis),
        counts_refused: false,
        state: State::Confirmed,
        accepted: 100,
        refused: 7,
        since: Instant::ZERO,
    }
}

/// Sends calls so many milliseconds apart until then, each answered after 20 ms, and obeys what it is
/// told of the first finding. All that was asked for.
fn run(learner: &mut Learner, from: u64, until: u64, gap: u64, refuse: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut sent: Vec<u64> = Vec::new();
    let mut rule = learner.findings().next().map(|finding| finding.rule);
    for millis in (from..until).step_by(gap as usize) {
        let full = rule.is_some_and(|rule| match rule {
            Rule::Window {
                allowed, period, ..
            } => {
                let after = millis.saturating_sub(period.as_millis() as u64);
                sent.iter().filter(|&&sent| sent > after).count() >= allowed as usize
            }
            Rule::Concurrency { .. } => false,
        });
        if !full {
            let attempt = AttemptId(millis + 1);
            learner.sent(attempt, call_at(millis, None));
            let outcome = outcome(!refuse);
            learner.answered(attempt, at(millis + 20), outcome);
            learner.ended(attempt, at(millis + 20));
            sent.push(millis);
        }
        learner.handle_timeout(at(millis + 20));
        while let Some(change) = learner.poll_change() {
            if let Change::Adjust(finding) = &change {
                rule = Some(finding.rule);
            }
            changes.push(change);
        }
    }
    changes
}

#[test]
fn what_was_exported_is_held_again() {
    let mut learner = Learner::new(Settings::default(), known());
    learner.import(vec![finding(20, 6_000)], at(0));
    let Some(Change::Hold(held)) = learner.poll_change() else {
        panic!("nothing is held");
    };
    assert_eq!((held.rule, held.refused), (window(20, 6_000), 7));
    let again = learner.export();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].rule, again[0].refused), (held.rule, 7));
}

#[test]
fn a_limit_that_is_no_more_is_forgotten_and_nothing_goes_beyond_what_is_configured() {
    let mut learner = Learner::new(Settings::default(), known());
    learner.import(vec![finding(20, 6_000)], at(0));
    let changes = run(&mut learner, 1_000, 400_000, 50, false);
    let last = changes.last();
    assert!(
        matches!(last, Some(Change::Forget(_, Reason::Contradicted))),
        "{last:?}"
    );
    assert_eq!(learner.findings().count(), 0);
}

#[test]
fn a_limit_that_no_call_comes_near_is_forgotten() {
    let settings = Settings {
        forget_after: Duration::from_secs(100),
        ..Settings::default()
    };
    let mut learner = Learner::new(settings, known());
    learner.import(vec![finding(20, 6_000)], at(0));
    let changes = run(&mut learner, 1_000, 200_000, 1_000, false);
    let last = changes.last();
    assert!(
        matches!(last, Some(Change::Forget(_, Reason::Silent))),
        "{last:?}"
    );
}

#[test]
fn an_upstream_that_refuses_everything_has_no_limit() {
    let mut learner = Learner::new(Settings::default(), known());
    let before = run(&mut learner, 0, 60_000, 200, false);
    let outage = run(&mut learner, 60_000, 120_000, 200, true);
    let after = run(&mut learner, 120_000, 180_000, 200, false);
    assert_eq!((before, outage, after), (vec![], vec![], vec![]));
}

#[test]
fn the_slots_of_what_is_held_are_those_of_late() {
    let mut learner = Learner::new(Settings::default(), known());
    run(&mut learner, 0, 10_000, 500, false);
    learner.import(vec![finding(20, 6_000)], at(10_000));
    let slots: Vec<_> = learner.slots(FindingId(0), at(10_000)).collect();
    assert_eq!(slots.len(), 12);
    assert!(slots.iter().all(|slot| slot.until > Some(at(10_000 - 1))));
}

/// Each token's windows open at a phase of its own, and allow less than is configured. What is found is that number
/// over that period, though calls that are accepted at one window's end and the next one's beginning contradict it.
#[test]
fn each_token_has_windows_of_its_own_phase() {
    for (seed, number, period) in [(1, 12, 6_000), (2, 8, 10_000), (3, 20, 4_000)] {
        let known = vec![KnownLimit {
            group: Group::Token,
            rule: window(2 * number, period),
        }];
        let mut learner = Learner::new(Settings::default(), known);
        let phases: Vec<u64> = (0..5).map(|token| (token * 37 + 11 * seed) % 97).collect();
        let mut counted = [(0, 0_u32); 5];
        let mut shut = [0; 5];
        let mut random = seed;
        let mut attempt = 0;
        // Calls for each token come at uneven times, half as many again as are allowed, and pause after a refusal.
        for millis in 0..5 * period {
            for token in 0..5 {
                random = (random * 48_271) % 2_147_483_647;
                let comes = random % (1_000 * period) < 1_500 * u64::from(number);
                if !comes || millis < shut[token] {
                    continue;
                }
                attempt += 1;
                let call = call_at(millis, Some(TokenId(token as u32)));
                learner.sent(AttemptId(attempt), call);
                let current = (millis + phases[token] * period / 97) / period;
                if counted[token].0 != current {
                    counted[token] = (current, 0);
                }
                let outcome = if counted[token].1 < number {
                    counted[token].1 += 1;
                    Outcome::Accepted
                } else {
                    shut[token] = millis + period / 8;
                    Outcome::Refused { retry_after: None }
                };
                learner.answered(AttemptId(attempt), at(millis), outcome);
                learner.ended(AttemptId(attempt), at(millis));
            }
            learner.handle_timeout(at(millis));
        }
        let found: Vec<_> = learner.findings().map(|it| (it.group, it.rule)).collect();
        assert_eq!(found, [(Group::Token, window(number, period))]);
    }
}

/// Lets calls come a tenth of a second apart in the mean, from the first second on, into windows of a minute on a clock: this many
/// are accepted in each. After two refusals in a row none is sent until the window ends. What is found by the end.
fn windows_of_a_minute(opened: u64, numbers: &[u64]) -> Option<Rule> {
    let known = vec![KnownLimit {
        group: Group::Upstream,
        rule: window(480, 60_000),
    }];
    let mut learner = Learner::new(Settings::default(), known);
    let mut random = Random::new(1);
    for (nth, number) in numbers.iter().enumerate() {
        let opens = (nth as u64 * 60_000).saturating_sub(opened).max(1_000);
        let mut millis = opens;
        for call in 0..number + 2 {
            millis += 1 + random.exponential(10.0) / MILLI;
            let attempt = AttemptId(millis);
            learner.sent(attempt, call_at(millis, None));
            let outcome = outcome(call < *number);
            learner.answered(attempt, at(millis + 20), outcome);
            learner.ended(attempt, at(millis + 20));
            learner.handle_timeout(at(millis + 20));
        }
        for millis in millis + 21..millis + 2_000 {
            learner.handle_timeout(at(millis));
        }
    }
    learner.findings().next().map(|finding| finding.rule)
}

#[test]
fn the_same_number_of_two_windows_is_believed_before_a_third_is_refused() {
    assert_eq!(
        windows_of_a_minute(0, &[320, 320]),
        Some(window(320, 60_000))
    );
}

#[test]
fn numbers_that_differ_are_no_windows_number_yet() {
    // A bucket explains as much.
    let found = windows_of_a_minute(0, &[320, 327]);
    assert_ne!(found, Some(window(320, 60_000)));
}

#[test]
fn a_stranger_that_takes_little_often_leaves_the_same_of_two_windows_and_that_is_not_believed_yet()
{
    // It would have to take four of the 480 that are configured, or 440.
    let found = windows_of_a_minute(0, &[476, 476]);
    assert_ne!(found, Some(window(476, 60_000)));
    assert_eq!(windows_of_a_minute(0, &[40, 40]), Some(window(40, 60_000)));
}

#[test]
fn no_shorter_period_is_believed_while_a_configured_one_explains_the_same() {
    // The second window opens early, so that the refusals are 40 s apart.
    assert_eq!(windows_of_a_minute(20_000, &[320, 320]), None);
    let found = windows_of_a_minute(20_000, &[320, 320, 320]);
    assert_eq!(found, Some(window(320, 60_000)));
}

/// That half of all calls are refused by chance is no explanation that needs much to be ruled out.
#[test]
fn a_limit_of_few_calls_is_found_by_few_refusals() {
    let known = vec![KnownLimit {
        group: Group::Upstream,
        rule: window(6, 6_000),
    }];
    let mut learner = Learner::new(Settings::default(), known);
    let mut refused = 0;
    for nth in 0..12_u64 {
        for call in 0..4 {
            let millis = nth * 6_000 + call * 1_000 + 1;
            let attempt = AttemptId(millis);
            learner.sent(attempt, call_at(millis, None));
            let outcome = outcome(call < 2);
            refused += u32::from(call >= 2);
            learner.answered(attempt, at(millis + 20), outcome);
            learner.ended(attempt, at(millis + 20));
            learner.handle_timeout(at(millis + 100));
            if let Some(Change::Hold(held)) = learner.poll_change() {
                assert_eq!(held.rule, window(2, 6_000));
                assert!(refused <= 7, "{refused}");
                return;
            }
        }
    }
    panic!("nothing is found");
}

/// A call that leaves the instant its window is over may overtake the one that opened it, and be refused for that.
#[test]
fn a_window_is_held_for_longer_by_as_much_as_ways_differ() {
    let mut learner = Learner::new(Settings::default(), known());
    let mut counted: Vec<u64> = Vec::new();
    for call in 0..200 {
        // A call in a quarter of a second; one way there and back takes 3, the next 7 ms.
        let (sent, took) = (call * 250, 3 + 4 * (call % 2));
        let attempt = AttemptId(call + 1);
        learner.sent(attempt, call_at(sent, None));
        counted.retain(|&before| sent < before + 6_000);
        let outcome = if counted.len() < 20 {
            counted.push(sent);
            Outcome::Accepted
        } else {
            Outcome::Refused { retry_after: None }
        };
        learner.answered(attempt, at(sent + took), outcome);
        learner.ended(attempt, at(sent + took));
        learner.handle_timeout(at(sent + took));
        if let Some(Change::Hold(held)) = learner.poll_change() {
            let Rule::Window {
                allowed, period, ..
            } = held.rule
            else {
                panic!("no window: {held:?}");
            };
            let longer = period.saturating_sub(Duration::from_secs(6));
            let (least, most) = (Duration::from_millis(4), Duration::from_millis(7));
            assert_eq!(allowed, 20);
            assert!((least..=most).contains(&longer), "{period:?}");
            return;
        }
    }
    panic!("nothing is found");
}

/// The limit that is held after a bucket of so many, that one call leaks from every so many milliseconds and that is empty
/// at first, has refused at most so many calls. One is tried every so many milliseconds, about.
fn of_bucket(burst: u64, gap: u64, every: u64, refusals: u32) -> Option<Rule> {
    let mut learner = Learner::new(Settings::default(), known());
    let mut random = Random::new(burst);
    let (mut level, mut millis, mut refused) = (0_u64, 0, 0);
    while refused < refusals && learner.findings().next().is_none() {
        let pause = 1 + random.exponential(1_000.0 / every as f64) / MILLI;
        millis += pause;
        level = level.saturating_sub(pause);
        let attempt = AttemptId(millis);
        learner.sent(attempt, call_at(millis, None));
        let is_full = level + gap > burst * gap;
        let outcome = outcome(!is_full);
        refused += u32::from(is_full);
        level += if is_full { 0 } else { gap };
        learner.answered(attempt, at(millis), outcome);
        learner.ended(attempt, at(millis));
        for _ in 0..20 {
            learner.handle_timeout(at(millis));
        }
    }
    learner.findings().next().map(|finding| finding.rule)
}

#[test]
fn a_bucket_is_found_by_few_refusals_and_hardly_faster_than_it_leaks() {
    for (burst, gap, every, refusals) in [
        (1, 250, 150, 60),
        (2, 357, 200, 40),
        (8, 250, 180, 30),
        (28, 350, 250, 30),
        (107, 312, 230, 30),
    ] {
        let found = of_bucket(burst, gap, every, refusals);
        let Some(Rule::Window {
            allowed, period, ..
        }) = found
        else {
            panic!("{burst} every {gap} ms: {found:?}");
        };
        let leaked = period.as_secs_f64() * 1_000.0 / gap as f64 / f64::from(allowed);
        assert!(
            (0.95..1.1).contains(&leaked),
            "{burst} every {gap} ms: {allowed} in {period:?}, {leaked}"
        );
    }
}
