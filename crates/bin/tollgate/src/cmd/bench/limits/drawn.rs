//! Cases whose shapes and numbers are drawn, so that nothing is fitted to the shipped ones.

use super::build::{all, flaps, scaled, token, turns, within};
use super::case::{Case, Goals};
use std::time::Duration;
use tollgate_model::Stream;
use tollgate_platform::{
    Config, Family, Kind, Law, Lie, Paths, RetryAfter, Share, Spread, Stranger, Window,
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
    let drawn = Drawn::from(random);
    let case = drawn.case(random);
    let paths = case.parties.len() > 1;
    let mut case = if paths { case } else { case.load(drawn.load) };
    for party in &mut case.parties {
        party.within = within(drawn.period);
    }
    case
}

/// What a case is made of, whatever its shape.
struct Drawn {
    period: Duration,
    pooled: bool,
    tokens: u32,
    /// What is believed, of each token or of all calls.
    window: Window,
    load: f64,
    part: f64,
    /// A family that is read, and one that isn't.
    told: Family,
    unread: Family,
    status: u16,
    retry_after: RetryAfter,
    words: String,
}

impl Drawn {
    fn from(random: &mut Stream) -> Self {
        let period = Duration::from_secs([5, 6, 10, 12, 30, 60][below(random, 6)]);
        let pooled = below(random, 2) == 0;
        let tokens = between(random, 2, 8);
        let rate = between(random, 1, 9);
        let load = [0.5, 0.8, 1.2, 1.5, 2.0][below(random, 5)];
        let part = 0.2 + 0.75 * random.fraction();
        let told = TOLD[below(random, TOLD.len())];
        let unread = UNREAD[below(random, UNREAD.len())];
        let retry = retry_after(random);
        let status = [429, 429, 429, 403, 503][below(random, 5)];
        let of = if pooled {
            format!("{tokens} tokens of ")
        } else {
            String::new()
        };
        Self {
            period,
            pooled,
            tokens,
            window: Window {
                allowed: (rate * period.as_secs() as u32).max(4),
                period,
            },
            load,
            part,
            told,
            unread,
            status,
            // A refusal by another name says when to come again, or nobody could tell it from a fault.
            retry_after: if status == 429 {
                retry
            } else {
                RetryAfter::Seconds
            },
            words: format!("{of}{rate}/s in {} s, load {load}", period.as_secs()),
        }
    }

    fn case(&self, random: &mut Stream) -> Case {
        let (period, part, status) = (self.period, self.part, self.status);
        let usual = || self.law(1.0);
        match below(random, 12) {
            0 => self.told(
                "told-less",
                Goals::TOLD,
                vec![self.law(part)],
                &format!("really {part:.2} of it"),
            ),
            1 => {
                let part = 1.0 + part;
                self.told(
                    "told-more",
                    Goals::TOLD,
                    vec![self.law(part)],
                    &format!("really {part:.2} of it"),
                )
            }
            2 => {
                let (part, from) = (2.0 * part, period * between(random, 2, 5));
                let law = turns(usual(), from, self.fixed(part));
                self.told(
                    "told-turn",
                    Goals::TOLD,
                    vec![law],
                    &format!("becomes {part:.2} of it"),
                )
            }
            3 => {
                let law = flaps(usual(), period * between(random, 2, 5), self.fixed(part));
                self.told(
                    "told-flap",
                    Goals::TOLD,
                    vec![law],
                    &format!("{part:.2} of it now and then"),
                )
            }
            4 => {
                let what = format!("really {part:.2} of it; {status}, {:?}", self.unread);
                self.untold("untold-less", Goals::UNTOLD, self.law(part), &what)
            }
            5 => {
                let law = self.whose(Kind::Sliding(scaled(self.window, part)));
                let what = format!("sliding, {part:.2} of it; {status}, {:?}", self.unread);
                self.untold("untold-sliding", Goals::UNTOLD, law, &what)
            }
            6 => {
                let burst = between(random, 1, (self.window.allowed / 2).max(1));
                let refill = scaled(self.window, 0.4 + 0.6 * random.fraction());
                let law = self.whose(Kind::Bucket { burst, refill });
                let what = format!("a bucket of {burst}, {:.2}/s; {status}", refill.rate());
                self.untold("bucket", Goals::HIDDEN, law, &what)
            }
            7 => self.hidden(random),
            8 => self.path(random),
            9 => {
                let percent = [0.2, 1.0, 3.0][below(random, 3)];
                self.base("stray", Goals::STRAY, vec![usual()])
                    .stray(percent, status, self.retry_after.clone())
                    .about(&format!("{}; stray {status}", self.words))
            }
            10 => at_once(random, period),
            _ if below(random, 2) == 0 => {
                let lie = LIES[below(random, LIES.len())];
                self.told("lie", Goals::LIE, vec![usual()], &format!("{lie:?}"))
                    .with(|host| host.headers.lie = Some(lie))
            }
            _ => self.stranger(random),
        }
    }

    fn base(&self, name: &str, goals: Goals, laws: Vec<Law>) -> Case {
        let case = match self.pooled {
            true => Case::tokens(name, goals, self.period, laws),
            false => Case::open(name, goals, self.period, laws),
        };
        case.believing(|it| match self.pooled {
            true => (it.tokens, it.token) = (vec![self.tokens], Some(self.window)),
            false => it.shared = Some(self.window),
        })
    }

    fn whose(&self, kind: Kind) -> Law {
        if self.pooled { token(kind) } else { all(kind) }
    }

    fn fixed(&self, part: f64) -> Kind {
        Kind::Fixed(scaled(self.window, part))
    }

    /// A limit that is so much of what is believed.
    fn law(&self, part: f64) -> Law {
        self.whose(self.fixed(part))
    }

    /// Headers tell of the first limit.
    fn told(&self, name: &str, goals: Goals, laws: Vec<Law>, what: &str) -> Case {
        self.base(name, goals, laws)
            .says(self.told, 429, RetryAfter::Seconds)
            .about(&format!("{}; {what}", self.words))
    }

    /// Nothing tells of the limit but refusals.
    fn untold(&self, name: &str, goals: Goals, law: Law, what: &str) -> Case {
        self.base(name, goals, vec![law])
            .says(self.unread, self.status, self.retry_after.clone())
            .about(&format!("{}; {what}", self.words))
    }

    /// Another limit, that nothing tells of, beside the one that headers tell of.
    fn hidden(&self, random: &mut Stream) -> Case {
        let period = [200, 500, 1_000, 1_500, 2_000, 3_000][below(random, 6)];
        let period = Duration::from_millis(period);
        let keys = if self.pooled {
            f64::from(self.tokens)
        } else {
            1.0
        };
        let total = keys * self.window.rate();
        let allowed = ((0.5 + random.fraction()) * total * period.as_secs_f64()).ceil();
        let allowed = (allowed as u32).max(1);
        let beside = all(Kind::Fixed(Window { allowed, period })).hidden();
        let what = format!("{allowed} in {period:?} beside");
        self.told("hidden", Goals::HIDDEN, vec![self.law(1.0), beside], &what)
    }

    fn path(&self, random: &mut Stream) -> Case {
        let allowed = between(random, 4, 20);
        let window = Window {
            allowed,
            period: self.period,
        };
        let limited = Law {
            paths: Paths::Under {
                method: None,
                prefix: "/api/v2/calls".into(),
            },
            ..all(Kind::Fixed(window)).hidden()
        };
        let form = [RetryAfter::None, RetryAfter::Seconds][below(random, 2)].clone();
        let mut case = self
            .base("path", Goals::PATH, vec![self.law(1.0), limited])
            .says(Family::None, 429, form)
            .about(&format!("{}; one path allows less", self.words));
        let total = case.least_and_most(0).0;
        case.parties[0].rate = (1.2 + random.fraction()) * window.rate();
        let other = (total - window.rate()).max(0.0) * (0.3 + 0.5 * random.fraction());
        case.party("other", "/api/v2/other", other)
    }

    fn stranger(&self, random: &mut Stream) -> Case {
        let keys = if self.pooled {
            f64::from(self.tokens)
        } else {
            1.0
        };
        let shared = scaled(self.window, keys * 0.9);
        let rate = shared.rate() * (0.1 + 0.35 * random.fraction());
        let family = [Family::Platform, Family::Seconds, Family::None][below(random, 3)];
        let part = rate / shared.rate();
        self.base("stranger", Goals::STRANGER, Vec::new())
            .believing(|it| it.shared = Some(shared))
            .with(|host| host.organisation = Some(shared))
            .stranger(Stranger {
                share: Share::Organisation,
                path: "/api/v2/theirs".into(),
                rates: vec![(Duration::ZERO, rate)],
                again: None,
                steady: false,
            })
            .says(family, 429, RetryAfter::Seconds)
            .about(&format!(
                "{}; another takes {part:.2} of it; {family:?}",
                self.words
            ))
    }
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

/// One of so many.
fn below(random: &mut Stream, bound: usize) -> usize {
    (random.fraction() * bound as f64) as usize
}

/// Between two numbers, both included.
fn between(random: &mut Stream, from: u32, to: u32) -> u32 {
    from + below(random, (to - from + 1) as usize) as u32
}
