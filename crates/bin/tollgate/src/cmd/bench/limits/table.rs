//! The shipped table.

use super::build::{OPEN, TOKENS, all, flaps, per, scaled, token, turns};
use super::case::{Case, Goals};
use std::time::Duration;
use tollgate_platform::{
    Counted, Family, Kind, Law, Lie, Life, Paths, RetryAfter, Share, Slowing, Spread, Stranger,
    Window,
};

/// All cases, with windows of this period.
pub(super) fn all_cases(period: Duration) -> Vec<Case> {
    let mut cases = truths(period);
    cases.extend(told(period));
    cases.extend(untold(period));
    cases.extend(hidden(period));
    cases.extend(paths(period));
    cases.extend(refusals(period));
    cases.extend(strays(period));
    cases.extend(at_once(period));
    cases.extend(strangers(period));
    cases.extend(lies(period));
    cases.extend(grants(period));
    cases
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The usual token's window, and the usual window without tokens.
fn usual(period: Duration) -> (Window, Window) {
    (per(TOKENS.1, period), per(OPEN, period))
}

fn truths(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let goals = Goals::TRUE;
    let tokens = |name, kind| Case::tokens(name, goals, period, vec![token(kind)]);
    let free = |name, kind| Case::open(name, goals, period, vec![all(kind)]);
    let bucket = |window: Window| Kind::Bucket {
        burst: window.allowed,
        refill: window,
    };
    vec![
        tokens("true", Kind::Fixed(of_token)).about("nothing"),
        tokens("true-sliding", Kind::Sliding(of_token)).about("sliding windows, as configured"),
        tokens("true-quiet", Kind::Fixed(of_token))
            .quiet()
            .about("nothing; no headers"),
        tokens("true-bucket", bucket(of_token)).about("buckets as large as the windows configured"),
        free("true-open", Kind::Fixed(open)).about("nothing; no tokens"),
        free("true-open-sliding", Kind::Sliding(open))
            .quiet()
            .about("a sliding window; no tokens, no headers"),
        free("true-open-bucket", bucket(open))
            .mute()
            .about("a bucket as large as the window configured; no tokens"),
    ]
}

fn told(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let goals = Goals::TOLD;
    let tokens = |name, law| Case::tokens(name, goals, period, vec![law]);
    let free = |name, law| {
        let case = Case::open(name, goals, period, vec![law]);
        case.says(Family::Seconds, 429, RetryAfter::Seconds)
    };
    let fixed = |factor| Kind::Fixed(scaled(of_token, factor));
    let of_open = |factor| Kind::Fixed(scaled(open, factor));
    let lower = all(of_open(0.55));
    let soon = period * 2;
    let slow = Spread::fixed(period / 2);
    let mut cases = vec![
        tokens("told-lower", turns(token(fixed(1.0)), soon, fixed(0.45)))
            .about("tokens' number falls to 45 % after two windows; headers say so"),
        tokens("told-raise", turns(token(fixed(1.0)), soon, fixed(1.8))).about("it rises to 180 %"),
        tokens("told-less", token(fixed(0.5))).about("half of what is configured, from the start"),
        tokens("told-more", token(fixed(1.6))).about("160 % of it, from the start"),
        tokens(
            "told-flap-down",
            flaps(token(fixed(1.0)), period * 3, fixed(0.5)),
        )
        .about("the tokens' number is halved and doubled every three windows"),
        tokens(
            "told-flap-up",
            flaps(token(fixed(1.0)), period * 3, fixed(2.0)),
        )
        .about("it is doubled and halved every three windows"),
        tokens(
            "told-longer",
            token(Kind::Fixed(Window {
                period: period * 2,
                ..of_token
            })),
        )
        .about("the window is twice as long as configured"),
        tokens(
            "told-shorter",
            token(Kind::Fixed(Window {
                period: period / 2,
                ..of_token
            })),
        )
        .about("the window is half as long as configured"),
        tokens("told-organisation", token(fixed(1.0)))
            .with(|host| host.organisation = Some(scaled(of_token, 3.0)))
            .about("an organisation's limit that isn't configured; its refusals say so"),
        tokens("told-slow-answers", token(fixed(1.0)))
            .with(|host| host.latency = slow)
            .about("answers take half a window; nothing declared"),
        tokens("told-slower-answers", token(fixed(1.0)))
            .with(|host| host.latency = Spread::fixed(period * 4 / 5))
            .about("answers take four fifths of a window; nothing declared"),
        free("told-open-slow", all(of_open(1.0)))
            .with(|host| host.latency = Spread::fixed(period * 3 / 10))
            .about("no tokens: answers take three tenths of a window; nothing declared"),
        tokens("told-slow-varying", token(fixed(1.0)))
            .with(|host| {
                host.latency = Spread {
                    from: period * 3 / 10,
                    to: period * 6 / 10,
                };
            })
            .about("answers take three to six tenths of a window; nothing declared"),
        tokens("told-slow-at-answer", token(fixed(1.0)))
            .with(|host| {
                host.latency = slow;
                host.counted = Counted::AtAnswer;
            })
            .about("answers take half a window, and calls are counted then"),
        tokens("told-sawtooth", token(fixed(1.0)))
            .sawtooth(period * 2, 2.5)
            .about("the load rises from nothing to 250 % within two windows, and falls to nothing at once"),
        free("told-open-sawtooth", all(of_open(1.0)))
            .sawtooth(period * 3, 2.5)
            .about("no tokens: the same within three windows"),
        free("told-sawtooth-hasty", all(of_open(1.0)))
            .sawtooth(period * 3, 2.5)
            .within(period / 10)
            .about("the same; calls wait for a tenth of a window at the most"),
        free(
            "told-open-lower",
            turns(all(of_open(1.0)), soon, of_open(0.55)),
        )
        .about("no tokens: the number falls to 55 %"),
        free(
            "told-open-raise",
            turns(all(of_open(1.0)), soon, of_open(1.9)),
        )
        .about("no tokens: it rises to 190 %"),
        free("told-sliding-less", all(Kind::Sliding(scaled(open, 0.6))))
            .about("a sliding window of 60 % of what is configured"),
        free("told-at-answer", all(of_open(0.7)))
            .with(|host| host.counted = Counted::AtAnswer)
            .about("70 %, counted at the answer"),
    ];
    let families = [
        (
            "told-structured",
            Family::Structured,
            429,
            RetryAfter::Seconds,
        ),
        ("told-draft-7", Family::Combined, 429, RetryAfter::Seconds),
        ("told-draft-6", Family::Separate, 429, RetryAfter::Seconds),
        ("told-epoch", Family::Epoch, 429, RetryAfter::None),
        ("told-epoch-ms", Family::EpochMillis, 429, RetryAfter::None),
        ("told-github", Family::GitHub, 403, RetryAfter::None),
        ("told-zendesk", Family::Zendesk, 429, RetryAfter::Seconds),
    ];
    cases.extend(families.map(|(name, family, status, retry_after)| {
        Case::open(name, goals, period, vec![lower.clone()])
            .says(family, status, retry_after)
            .about("55 % of what is configured, in the headers of this family")
    }));
    cases
}

fn untold(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let goals = Goals::UNTOLD;
    let tokens = |name, law| Case::tokens(name, goals, period, vec![law]).quiet();
    let free = |name, law| Case::open(name, goals, period, vec![law]).quiet();
    let less = all(Kind::Fixed(scaled(open, 0.6)));
    vec![
        tokens("untold-less", token(Kind::Fixed(scaled(of_token, 0.5))))
            .about("tokens' number is half of what is configured; no headers"),
        tokens("untold-less-80", token(Kind::Fixed(scaled(of_token, 0.5))))
            .load(0.8)
            .about("the same at 80 % load"),
        tokens(
            "untold-lower",
            turns(
                token(Kind::Fixed(of_token)),
                period * 2,
                Kind::Fixed(scaled(of_token, 0.7)),
            ),
        )
        .about("it falls to 70 % after two windows"),
        tokens(
            "untold-longer",
            token(Kind::Fixed(Window {
                period: period * 2,
                ..of_token
            })),
        )
        .about("the window is twice as long as configured"),
        tokens("untold-organisation", token(Kind::Fixed(of_token)))
            .with(|host| host.organisation = Some(scaled(of_token, 3.0)))
            .about("an organisation's limit that isn't configured"),
        free("untold-open-less", less.clone()).about("60 % of what is configured; no tokens"),
        free("untold-open-less-mute", less.clone())
            .mute()
            .about("the same without Retry-After"),
        free("untold-open-less-80", less)
            .load(0.8)
            .about("the same at 80 % load"),
        free("untold-open-sliding", all(Kind::Sliding(scaled(open, 0.7))))
            .mute()
            .about("a sliding window of 70 %; no Retry-After"),
        free(
            "untold-open-weighted",
            all(Kind::Weighted(scaled(open, 0.7))),
        )
        .about("a window whose predecessor counts in part, 70 %"),
        free(
            "untold-greedy",
            Law {
                counts_refused: true,
                ..all(Kind::Sliding(scaled(open, 0.7)))
            },
        )
        .mute()
        .about("a sliding window of 70 % that counts refused calls too"),
        free("untold-hubspot", all(Kind::Fixed(scaled(open, 0.6))))
            .says(Family::HubSpot, 429, RetryAfter::None)
            .about("60 %; headers that are not read"),
        free("untold-salesforce", all(Kind::Fixed(scaled(open, 0.6))))
            .says(Family::Salesforce, 403, RetryAfter::Seconds)
            .about("60 %, answered 403; headers that are not read"),
    ]
}

fn hidden(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let goals = Goals::HIDDEN;
    let refill = |rate| per(rate, seconds(1));
    let bucket = |burst, rate| Kind::Bucket {
        burst,
        refill: refill(rate),
    };
    let short = |allowed, period| Kind::Fixed(Window { allowed, period });
    let tokens = |name, law| Case::tokens(name, goals, period, vec![law]).quiet();
    let beside = |name, law: Law| {
        Case::tokens(
            name,
            goals,
            period,
            vec![token(Kind::Fixed(of_token)), law.hidden()],
        )
    };
    let free = |name, law: Law| {
        Case::open(
            name,
            goals,
            period,
            vec![all(Kind::Fixed(open)), law.hidden()],
        )
        .quiet()
    };
    vec![
        tokens("bucket", token(bucket(8, TOKENS.1))).about("a token's bucket of 8, 4 a second"),
        tokens("bucket-80", token(bucket(8, TOKENS.1)))
            .load(0.8)
            .about("the same at 80 % load"),
        tokens("bucket-50", token(bucket(8, TOKENS.1)))
            .load(0.5)
            .about("the same at 50 % load"),
        tokens("bucket-mute", token(bucket(8, TOKENS.1)))
            .mute()
            .about("the same without Retry-After"),
        tokens("leaky", token(bucket(1, TOKENS.1))).about("a leaky bucket, no burst"),
        free("bucket-open", all(bucket(12, OPEN))).about("a bucket of 12, 8 a second; no tokens"),
        free("leaky-open", all(bucket(1, OPEN)))
            .mute()
            .about("a leaky bucket; no tokens"),
        beside("hidden-second", all(short(15, seconds(1))))
            .about("15 a second of all tokens; headers tell of the tokens' windows"),
        beside("hidden-second-80", all(short(15, seconds(1))))
            .load(0.8)
            .about("the same at 80 % load"),
        beside("hidden-token", token(short(6, seconds(1)))).about("6 a second of each token"),
        free("hidden-open", all(short(10, seconds(1)))).about("10 a second; no tokens"),
        free("hidden-open-50", all(short(10, seconds(1))))
            .load(0.5)
            .about("the same at 50 % load"),
        free("hidden-sub-second", all(short(3, millis(250))))
            .mute()
            .about("3 in 250 ms"),
        free(
            "hidden-sliding",
            all(Kind::Sliding(Window {
                allowed: 9,
                period: seconds(2),
            })),
        )
        .about("9 in any 2 seconds"),
        free("hidden-daily", all(short(10, seconds(1))))
            .with(|host| {
                let day = Window {
                    allowed: 1_000_000,
                    period: seconds(86_400),
                };
                host.laws.insert(0, all(Kind::Fixed(day)));
            })
            .says(Family::Seconds, 429, RetryAfter::None)
            .about("10 a second beside headers of a day's limit"),
        Case::tokens(
            "hidden-daily-tokens",
            goals,
            period,
            vec![
                token(Kind::Fixed(per(1_000, seconds(86_400)))),
                token(Kind::Fixed(of_token)).hidden(),
                token(short(5, seconds(1))).hidden(),
            ],
        )
        .says(Family::Platform, 429, RetryAfter::None)
        .about("5 a second of each token beside headers of a day's limit"),
    ]
}

fn paths(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let path = |allowed| {
        let law = all(Kind::Fixed(Window { allowed, period })).hidden();
        let paths = Paths::Under {
            method: None,
            prefix: "/api/v2/calls".into(),
        };
        Law { paths, ..law }
    };
    let rate = |allowed: u32| 1.6 * f64::from(allowed) / period.as_secs_f64();
    let limited = 12;
    let beside = |case: Case, part: f64| {
        let free = part * case.least_and_most(0).0;
        let mut case = case.party("other", "/api/v2/other", free);
        if let Some(first) = case.parties.first_mut() {
            first.rate = rate(limited);
        }
        case
    };
    let free = |name| {
        let laws = vec![all(Kind::Fixed(open)), path(limited)];
        Case::open(name, Goals::PATH, period, laws)
    };
    let tokens = |name| {
        let laws = vec![token(Kind::Fixed(of_token)), path(limited)];
        Case::tokens(name, Goals::PATH, period, laws)
    };
    let each = |name| {
        let law = Law {
            paths: Paths::Each,
            ..path(limited)
        };
        let laws = vec![all(Kind::Fixed(open)), law];
        Case::open(
            name,
            Goals {
                other: None,
                ..Goals::PATH
            },
            period,
            laws,
        )
    };
    let mut cases = vec![
        beside(free("path").quiet(), 0.7)
            .about("one path allows 12 a window, others what is configured"),
        beside(free("path-mute").mute(), 0.7).about("the same without Retry-After"),
        beside(tokens("path-tokens"), 0.5).about("the same with tokens and their headers"),
        beside(tokens("path-tokens-mute").mute(), 0.5).about("the same without any"),
        beside(
            each("path-each").quiet(),
            0.3 * f64::from(limited) / f64::from(open.allowed),
        )
        .about("each path allows 12 a window"),
    ];
    // Two hosts behind one integration; the first allows less.
    let mut two = Case::open(
        "two-hosts",
        Goals::PATH,
        period,
        vec![all(Kind::Fixed(scaled(open, 0.2)))],
    )
    .quiet();
    let mut second = two.hosts[0].clone();
    second.laws = vec![all(Kind::Fixed(open))];
    two.hosts.push(second);
    let mut two = two.party("other", "/api/v2/calls", 0.6 * open.rate());
    if let [first, other] = &mut two.parties[..] {
        first.rate = 0.3 * open.rate();
        other.host = 1;
    }
    cases.push(two.about("one integration, two hosts; the first allows a fifth"));
    cases
}

fn refusals(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let text = |text: &str| RetryAfter::Text(text.into());
    let less = |name: &str| {
        Case::open(
            name,
            Goals::UNTOLD,
            period,
            vec![all(Kind::Fixed(scaled(open, 0.65)))],
        )
    };
    let forms = [
        ("retry-3600", text("3600")),
        ("retry-86400", text("86400")),
        ("retry-year", text("31536000")),
        ("retry-ms", RetryAfter::Millis),
        ("retry-float", RetryAfter::Float),
        ("retry-date", RetryAfter::Date),
        ("retry-epoch", RetryAfter::Epoch),
        ("retry-zero", text("0")),
        ("retry-negative", text("-1")),
        ("retry-word", text("soon")),
    ];
    let mut cases: Vec<Case> = forms
        .into_iter()
        .map(|(name, form)| {
            less(name)
                .says(Family::None, 429, form)
                .about("65 % of what is configured, with this Retry-After")
        })
        .collect();
    let tokens = Case::tokens(
        "as-403-tokens",
        Goals::UNTOLD,
        period,
        vec![token(Kind::Fixed(scaled(of_token, 0.6)))],
    );
    cases.extend([
        less("as-403")
            .says(Family::None, 403, RetryAfter::Seconds)
            .about("65 %, answered 403 with Retry-After"),
        less("as-503")
            .says(Family::None, 503, RetryAfter::Seconds)
            .about("65 %, answered 503 with Retry-After"),
        tokens
            .says(Family::Platform, 403, RetryAfter::None)
            .about("tokens' number is 60 %, answered 403; headers say so"),
    ]);
    cases
}

fn strays(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let text = |text: &str| RetryAfter::Text(text.into());
    let tokens = |name| {
        Case::tokens(
            name,
            Goals::STRAY,
            period,
            vec![token(Kind::Fixed(of_token))],
        )
    };
    let free = |name| Case::open(name, Goals::STRAY, period, vec![all(Kind::Fixed(open))]).quiet();
    vec![
        tokens("stray")
            .stray(1.0, 429, RetryAfter::None)
            .about("1 % of calls answered 429"),
        tokens("stray-60")
            .stray(1.0, 429, text("60"))
            .about("the same with Retry-After 60"),
        tokens("stray-5")
            .stray(5.0, 429, RetryAfter::None)
            .about("5 % answered 429"),
        free("stray-open")
            .stray(1.0, 429, RetryAfter::None)
            .about("1 % answered 429; no tokens"),
        free("stray-open-60")
            .stray(1.0, 429, text("60"))
            .about("the same with Retry-After 60"),
        free("stray-open-3600")
            .stray(1.0, 429, text("3600"))
            .about("the same with 3600"),
        free("stray-open-ms")
            .stray(1.0, 429, text("6000"))
            .about("the same with 6000, which are milliseconds"),
        free("stray-open-503")
            .stray(4.0, 503, text("5"))
            .about("4 % answered 503 with Retry-After 5"),
        free("stray-open-403")
            .stray(1.0, 403, text("30"))
            .about("1 % answered 403 with Retry-After 30"),
    ]
}

fn at_once(period: Duration) -> Vec<Case> {
    let (most, believed) = (15, 40);
    let answer = Spread {
        from: millis(400),
        to: millis(600),
    };
    let truth = |name| {
        Case::open(
            name,
            Goals::AT_ONCE,
            period,
            vec![all(Kind::Concurrency(most))],
        )
        .with(|host| host.latency = answer)
        .believing(|believed_| {
            believed_.shared = None;
            believed_.at_once = Some(believed);
        })
    };
    let slow = |name, slowing, answer, believed| {
        Case::open(
            name,
            Goals {
                refused: None,
                ..Goals::AT_ONCE
            },
            period,
            Vec::new(),
        )
        .with(|host| {
            host.slowing = slowing;
            host.latency = Spread::fixed(answer);
        })
        .believing(|it| {
            it.shared = None;
            it.at_once = Some(believed);
        })
    };
    let mut tokens = Case::tokens(
        "at-once-tokens",
        Goals::AT_ONCE,
        period,
        vec![all(Kind::Concurrency(most))],
    )
    .with(|host| host.latency = answer)
    .says(Family::None, 429, RetryAfter::None)
    .believing(|it| it.token = Some(per(20, period)));
    tokens.about = "the same with tokens, no limit on calls at once configured".into();
    vec![
        truth("at-once")
            .mute()
            .about("15 at once, 40 configured; answers in 0.4 to 0.6 s"),
        truth("at-once-80")
            .mute()
            .load(0.8)
            .about("the same at 80 % load"),
        truth("at-once-second")
            .says(Family::None, 429, RetryAfter::Seconds)
            .about("the same with Retry-After 1"),
        truth("at-once-503")
            .says(Family::None, 503, RetryAfter::Seconds)
            .about("the same answered 503"),
        tokens,
        slow("workers", Slowing::Workers(8), millis(160), 60)
            .about("8 workers of 160 ms each; 60 at once configured"),
        slow("thrash", Slowing::Thrashing(15), millis(100), 40)
            .about("a call takes 100 ms × (1 + (n/15)²); 40 at once configured"),
        slow("thrash-far", Slowing::Thrashing(15), millis(100), 150)
            .about("the same; 150 configured"),
    ]
}

fn strangers(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let rate = open.rate();
    let stranger = |rates: Vec<(Duration, f64)>| Stranger {
        share: Share::Organisation,
        path: "/api/v2/theirs".into(),
        rates,
        again: None,
        steady: false,
    };
    let third = || stranger(vec![(Duration::ZERO, rate / 3.0)]);
    let free = |name| Case::open(name, Goals::STRANGER, period, vec![all(Kind::Fixed(open))]);
    let said = |name, family, status, retry_after| {
        free(name)
            .says(family, status, retry_after)
            .stranger(third())
    };
    let stepping = Stranger {
        again: Some(period * 12),
        ..stranger(vec![
            (Duration::ZERO, 0.0),
            (period * 4, 0.2 * rate),
            (period * 8, 0.5 * rate),
        ])
    };
    let pooled = Case::tokens(
        "stranger-tokens",
        Goals::STRANGER,
        period,
        vec![token(Kind::Fixed(of_token))],
    )
    .with(|host| host.organisation = Some(scaled(of_token, 4.0)))
    .believing(|it| it.shared = Some(scaled(of_token, 4.0)))
    .stranger(Stranger {
        rates: vec![(Duration::ZERO, of_token.rate())],
        ..third()
    });
    vec![
        said("stranger", Family::Seconds, 429, RetryAfter::Seconds)
            .about("another takes a third; X-RateLimit"),
        said(
            "stranger-platform",
            Family::Platform,
            429,
            RetryAfter::Seconds,
        )
        .about("the same; the platform's headers"),
        said(
            "stranger-structured",
            Family::Structured,
            429,
            RetryAfter::Seconds,
        )
        .about("the same; RateLimit"),
        said("stranger-github", Family::GitHub, 403, RetryAfter::None)
            .about("the same; 403, no Retry-After"),
        said("stranger-quiet", Family::None, 429, RetryAfter::Seconds)
            .about("the same; no headers"),
        said("stranger-mute", Family::None, 429, RetryAfter::None)
            .about("the same; no Retry-After either"),
        said("stranger-80", Family::Seconds, 429, RetryAfter::Seconds)
            .load(0.5)
            .about("another takes a third, we ask for half"),
        free("stranger-steps")
            .says(Family::Seconds, 429, RetryAfter::Seconds)
            .stranger(stepping)
            .about("another takes nothing, a fifth, a half"),
        pooled.about("another takes a quarter of the organisation's, beside our tokens"),
    ]
}

fn lies(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let said = |name: &str, family, lie| {
        let goals = Goals {
            used: Some(0.97),
            refused: Some(0.001),
            ..Goals::TROUBLE
        };
        Case::open(name, goals, period, vec![all(Kind::Fixed(open))])
            .says(family, 429, RetryAfter::Seconds)
            .with(|host| host.headers.lie = Some(lie))
            .about("headers lie in every answer; the number is true")
    };
    let goals = Goals {
        used: Some(0.97),
        refused: Some(0.001),
        ..Goals::TROUBLE
    };
    vec![
        said("lie-nothing-remains", Family::Seconds, Lie::NothingRemains),
        said("lie-all-remains", Family::Seconds, Lie::AllRemains),
        said("lie-huge", Family::Combined, Lie::HugeRemains),
        said("lie-negative", Family::Seconds, Lie::NegativeRemains),
        said("lie-reset-now", Family::Seconds, Lie::ResetNow),
        said("lie-reset-past", Family::Epoch, Lie::ResetPast),
        said(
            "lie-reset-hour",
            Family::Seconds,
            Lie::ResetIn(seconds(3_600)),
        ),
        said("lie-any-number", Family::Seconds, Lie::AnyAllowed),
        said("lie-more", Family::Seconds, Lie::Allowed(open.allowed * 2)),
        Case::tokens(
            "lie-nothing-tokens",
            goals,
            period,
            vec![token(Kind::Fixed(of_token))],
        )
        .with(|host| host.headers.lie = Some(Lie::NothingRemains))
        .about("the platform's headers always say that nothing remains"),
    ]
}

fn grants(period: Duration) -> Vec<Case> {
    let (of_token, _) = usual(period);
    let goals = Goals {
        refused: Some(0.001),
        ..Goals::TROUBLE
    };
    let tokens = |name| Case::tokens(name, goals, period, vec![token(Kind::Fixed(of_token))]);
    vec![
        tokens("grants-slow")
            .with(|host| host.token_endpoint.takes = Spread::fixed(seconds(7)))
            .about("the token endpoint takes 7 s"),
        tokens("grants-few")
            .with(|host| {
                host.token_endpoint.allowed = Some(Window {
                    allowed: 4,
                    period: seconds(60),
                })
            })
            .about("it grants 4 a minute"),
        tokens("grants-failing")
            .with(|host| host.token_endpoint.failing_percent = 40)
            .about("it fails 4 times of 10"),
        tokens("grants-same")
            .with(|host| {
                host.token_endpoint.same = true;
                // One token is all that there is.
                host.laws.push(all(Kind::Fixed(of_token)).hidden());
            })
            .about("it gives the same token every time"),
        tokens("grants-short")
            .with(|host| host.expires_in = seconds(90))
            .about("tokens live 90 s"),
        tokens("grants-die-early")
            .with(|host| {
                host.token_endpoint.says = Life::Is(seconds(1_000_000));
                host.token_endpoint.lives = Some(seconds(70));
            })
            .about("they die after 70 s, though more is said"),
        tokens("grants-one-off")
            .with(|host| {
                let mut second = host.clients[0].clone();
                second.id = "client-1".into();
                host.clients.push(second);
                host.token_endpoint.disabled = vec!["client-0".into()];
            })
            .believing(|it| it.tokens = vec![4, 4])
            .about("one of two clients is switched off"),
    ]
}
