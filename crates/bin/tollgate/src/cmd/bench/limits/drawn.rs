//! Cases whose shapes and numbers are drawn, so that nothing is fitted to the shipped ones.

use super::build::{all, flaps, scaled, token, turns, within};
use super::case::{Case, Goals};
use std::time::Duration;
use tollgate_model::Stream;
use tollgate_platform::{
    Config, Family, Kind, Law, Lie, Paths, RetryAfter, Share, Spread, Stranger, Stray, Window,
};

/// So many cases.
pub(super) fn cases(number: u32, seed: u64) -> Vec<Case> {
    let mut random = Stream::new(seed ^ 0x5eed);
    (1..=number)
        .map(|number| {
            let mut case = case(&mut random);
            case.name = format!("{number}-{}", case.name);
            case
        })
        .collect()
}

/// Families that are read.
const TOLD: [Family; 7] = [
    Family::Platform,
    Family::Structured,
    Family::Combined,
    Family::Separate,
    Family::Seconds,
    Family::Epoch,
    Family::GitHub,
];

const UNREAD: [Family; 3] = [Family::None, Family::HubSpot, Family::Salesforce];

const LIES: [Lie; 8] = [
    Lie::NothingRemains,
    Lie::AllRemains,
    Lie::HugeRemains,
    Lie::NegativeRemains,
    Lie::ResetNow,
    Lie::ResetPast,
    Lie::ResetIn(Duration::from_secs(3_600)),
    Lie::AnyAllowed,
];

fn case(random: &mut Stream) -> Case {
    let period = Duration::from_secs([5, 6, 10, 12, 30, 60][below(random, 6)]);
    let pooled = below(random, 2) == 0;
    let tokens = between(random, 2, 8);
    let rate = between(random, 1, 9);
    // What is believed, of each token or of all calls.
    let window = Window {
        allowed: (rate * period.as_secs() as u32).max(4),
        period,
    };
    let law = if pooled { token } else { all };
    let base = |name: &str, goals, laws| {
        let case = if pooled {
            Case::tokens(name, goals, period, laws)
        } else {
            Case::open(name, goals, period, laws)
        };
        case.believing(|it| {
            if pooled {
                it.tokens = vec![tokens];
                it.token = Some(window);
            } else {
                it.shared = Some(window);
            }
        })
    };
    let load = [0.5, 0.8, 1.2, 1.5, 2.0][below(random, 5)];
    let part = 0.2 + 0.75 * random.fraction();
    let told = TOLD[below(random, TOLD.len())];
    let family = UNREAD[below(random, UNREAD.len())];
    let retry = retry_after(random);
    let status = [429, 429, 429, 403, 503][below(random, 5)];
    // A refusal by another name says when to come again, or nobody could tell it from a fault.
    let said = if status == 429 {
        retry
    } else {
        RetryAfter::Seconds
    };
    let fixed = |part| Kind::Fixed(scaled(window, part));
    let words = format!(
        "{}{rate}/s in {} s, load {load}",
        if pooled {
            format!("{tokens} tokens of ")
        } else {
            String::new()
        },
        period.as_secs()
    );
    let case = match below(random, 12) {
        0 => base("told-less", Goals::TOLD, vec![law(fixed(part))])
            .says(told, 429, RetryAfter::Seconds)
            .about(&format!("{words}; really {part:.2} of it")),
        1 => base("told-more", Goals::TOLD, vec![law(fixed(1.0 + part))])
            .says(told, 429, RetryAfter::Seconds)
            .about(&format!("{words}; really {:.2} of it", 1.0 + part)),
        2 => base(
            "told-turn",
            Goals::TOLD,
            vec![turns(
                law(fixed(1.0)),
                period * between(random, 2, 5),
                fixed(2.0 * part),
            )],
        )
        .says(told, 429, RetryAfter::Seconds)
        .about(&format!("{words}; becomes {:.2} of it", 2.0 * part)),
        3 => base(
            "told-flap",
            Goals::TOLD,
            vec![flaps(
                law(fixed(1.0)),
                period * between(random, 2, 5),
                fixed(part),
            )],
        )
        .says(told, 429, RetryAfter::Seconds)
        .about(&format!("{words}; {part:.2} of it now and then")),
        4 => base("untold-less", Goals::UNTOLD, vec![law(fixed(part))])
            .says(family, status, said)
            .about(&format!(
                "{words}; really {part:.2} of it; {status}, {family:?}"
            )),
        5 => base(
            "untold-sliding",
            Goals::UNTOLD,
            vec![law(Kind::Sliding(scaled(window, part)))],
        )
        .says(family, status, said)
        .about(&format!(
            "{words}; sliding, {part:.2} of it; {status}, {family:?}"
        )),
        6 => {
            let burst = between(random, 1, (window.allowed / 2).max(1));
            let refill = scaled(window, 0.4 + 0.6 * random.fraction());
            base(
                "bucket",
                Goals::HIDDEN,
                vec![law(Kind::Bucket { burst, refill })],
            )
            .says(family, status, said)
            .about(&format!(
                "{words}; a bucket of {burst}, {:.2}/s; {status}",
                refill.rate()
            ))
        }
        7 => {
            let short =
                Duration::from_millis([200, 500, 1_000, 1_500, 2_000, 3_000][below(random, 6)]);
            let total = if pooled { f64::from(tokens) } else { 1.0 } * window.rate();
            let allowed = ((0.5 + random.fraction()) * total * short.as_secs_f64()).ceil();
            let short = Window {
                allowed: (allowed as u32).max(1),
                period: short,
            };
            base(
                "hidden",
                Goals::HIDDEN,
                vec![law(fixed(1.0)), all(Kind::Fixed(short)).hidden()],
            )
            .says(told, 429, RetryAfter::Seconds)
            .about(&format!(
                "{words}; {} in {:?} beside",
                short.allowed, short.period
            ))
        }
        8 => path(random, &base, law(fixed(1.0)), period)
            .about(&format!("{words}; one path allows less")),
        9 => base("stray", Goals::STRAY, vec![law(fixed(1.0))])
            .with(|host| {
                host.strays.push(Stray {
                    percent: [0.2, 1.0, 3.0][below(random, 3)],
                    status,
                    retry_after: said,
                    shows: false,
                });
            })
            .about(&format!("{words}; stray {status}")),
        10 => at_once(random, period),
        _ if below(random, 2) == 0 => {
            let lie = LIES[below(random, LIES.len())];
            let goals = Goals {
                used: Some(0.97),
                refused: Some(0.001),
                ..Goals::TROUBLE
            };
            base("lie", goals, vec![law(fixed(1.0))])
                .says(told, 429, RetryAfter::Seconds)
                .with(|host| host.headers.lie = Some(lie))
                .about(&format!("{words}; {lie:?}"))
        }
        _ => stranger(
            random,
            &base,
            window,
            (if pooled { tokens } else { 1 }, &words),
        ),
    };
    let paths = case.parties.len() > 1;
    let mut case = if paths { case } else { case.load(load) };
    for party in &mut case.parties {
        party.within = within(period);
    }
    case
}

fn retry_after(random: &mut Stream) -> RetryAfter {
    let text = |text: &str| RetryAfter::Text(text.into());
    match below(random, 9) {
        0 => RetryAfter::None,
        1 => RetryAfter::Float,
        2 => RetryAfter::Millis,
        3 => RetryAfter::Date,
        4 => RetryAfter::Epoch,
        5 => text("3600"),
        6 => text("soon"),
        7 => text("0"),
        _ => RetryAfter::Seconds,
    }
}

fn path(
    random: &mut Stream,
    base: &impl Fn(&str, Goals, Vec<Law>) -> Case,
    law: Law,
    period: Duration,
) -> Case {
    let allowed = between(random, 4, 20);
    let window = Window { allowed, period };
    let limited = Law {
        paths: Paths::Under {
            method: None,
            prefix: "/api/v2/calls".into(),
        },
        ..all(Kind::Fixed(window)).hidden()
    };
    let mut case = base("path", Goals::PATH, vec![law, limited]).says(
        Family::None,
        429,
        [RetryAfter::None, RetryAfter::Seconds][below(random, 2)].clone(),
    );
    let total = case.least_and_most(0).0;
    let rate = (1.2 + random.fraction()) * window.rate();
    let other = (total - window.rate()).max(0.0) * (0.3 + 0.5 * random.fraction());
    if let Some(first) = case.parties.first_mut() {
        first.rate = rate;
    }
    case.party("other", "/api/v2/other", other)
}

fn at_once(random: &mut Stream, period: Duration) -> Case {
    let most = between(random, 3, 40);
    let believed = most * between(random, 2, 5);
    let from = u64::from(between(random, 50, 900));
    let answer = Spread {
        from: Duration::from_millis(from),
        to: Duration::from_millis(from + u64::from(between(random, 1, 500))),
    };
    let status = [429, 503][below(random, 2)];
    let retry_after = [RetryAfter::None, RetryAfter::Seconds][below(random, 2)].clone();
    let retry_after = if status == 503 {
        RetryAfter::Seconds
    } else {
        retry_after
    };
    Case::open(
        "at-once",
        Goals::AT_ONCE,
        period,
        vec![all(Kind::Concurrency(most))],
    )
    .with(|host: &mut Config| host.latency = answer)
    .says(Family::None, status, retry_after)
    .believing(|it| {
        it.shared = None;
        it.at_once = Some(believed);
    })
    .about(&format!(
        "{most} at once of {believed}; {status}, answers in {:?}",
        answer.from
    ))
}

fn stranger(
    random: &mut Stream,
    base: &impl Fn(&str, Goals, Vec<Law>) -> Case,
    window: Window,
    (tokens, words): (u32, &str),
) -> Case {
    let shared = scaled(window, f64::from(tokens) * 0.9);
    let rate = shared.rate() * (0.1 + 0.35 * random.fraction());
    let family = [Family::Platform, Family::Seconds, Family::None][below(random, 3)];
    let part = rate / shared.rate();
    base("stranger", Goals::STRANGER, Vec::new())
        .believing(|it| it.shared = Some(shared))
        .with(|host| {
            host.organisation = Some(shared);
            host.strangers.push(Stranger {
                share: Share::Organisation,
                path: "/api/v2/theirs".into(),
                rates: vec![(Duration::ZERO, rate)],
                again: None,
                steady: false,
            });
        })
        .says(family, 429, RetryAfter::Seconds)
        .about(&format!(
            "{words}; another takes {part:.2} of it; {family:?}"
        ))
}

/// One of so many.
fn below(random: &mut Stream, bound: usize) -> usize {
    (random.fraction() * bound as f64) as usize
}

/// Between two numbers, both included.
fn between(random: &mut Stream, from: u32, to: u32) -> u32 {
    from + below(random, (to - from + 1) as usize) as u32
}
