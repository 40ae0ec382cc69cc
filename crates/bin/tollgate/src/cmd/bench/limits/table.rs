//! The shipped table: a case's name, what is wrong, the limits as they really are, and what else is not usual.

use super::build::{OPEN, TOKENS, all, flaps, per, scaled, token, turns};
use super::case::{Case, Goals};
use std::time::Duration;
use tollgate_platform::{
    Counted, Family, Kind, Law, Lie, Life, Paths, RetryAfter, Share, Slowing, Spread, Stranger,
    Window,
};

/// All cases, with windows of this period.
pub(super) fn all_cases(period: Duration) -> Vec<Case> {
    let groups: [fn(Duration) -> Vec<Case>; 11] = [
        truths, told, untold, hidden, paths, refusals, strays, at_once, strangers, lies, grants,
    ];
    groups.iter().flat_map(|group| group(period)).collect()
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

/// So much of a window's calls, in a window that opens with a call or by the clock.
fn fixed(window: Window, factor: f64) -> Kind {
    Kind::Fixed(scaled(window, factor))
}

/// So many calls in such a window.
fn short(allowed: u32, period: Duration) -> Kind {
    Kind::Fixed(Window { allowed, period })
}

fn text(text: &str) -> RetryAfter {
    RetryAfter::Text(text.into())
}

#[rustfmt::skip]
fn truths(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let tokens = |name, about, kind| Case::tokens(name, Goals::TRUE, period, vec![token(kind)]).about(about);
    let free = |name, about, kind| Case::open(name, Goals::TRUE, period, vec![all(kind)]).about(about);
    let bucket = |window: Window| Kind::Bucket { burst: window.allowed, refill: window };
    vec![
        tokens("true", "nothing", Kind::Fixed(of_token)),
        tokens("true-sliding", "sliding windows, as configured", Kind::Sliding(of_token)),
        tokens("true-quiet", "nothing; no headers", Kind::Fixed(of_token)).quiet(),
        tokens("true-bucket", "buckets as large as the windows configured", bucket(of_token)),
        free("true-open", "nothing; no tokens", Kind::Fixed(open)),
        free("true-open-sliding", "a sliding window; no tokens, no headers", Kind::Sliding(open)).quiet(),
        free("true-open-bucket", "a bucket as large as the window configured; no tokens", bucket(open)).mute(),
    ]
}

#[rustfmt::skip]
fn told(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let tokens = |name, about, law| Case::tokens(name, Goals::TOLD, period, vec![law]).about(about);
    let free = |name, about, law| {
        let case = Case::open(name, Goals::TOLD, period, vec![law]).about(about);
        case.says(Family::Seconds, 429, RetryAfter::Seconds)
    };
    let family = |name, family, status, retry_after| {
        let about = "55 % of what is configured, in the headers of this family";
        free(name, about, all(fixed(open, 0.55))).says(family, status, retry_after)
    };
    let usual = || token(Kind::Fixed(of_token));
    let open_usual = || all(Kind::Fixed(open));
    let soon = period * 2;
    let answers = |from, to| Spread { from: period * from / 10, to: period * to / 10 };
    vec![
        tokens("told-lower", "tokens' number falls to 45 % after two windows; headers say so",
            turns(usual(), soon, fixed(of_token, 0.45))),
        tokens("told-raise", "it rises to 180 %", turns(usual(), soon, fixed(of_token, 1.8))),
        tokens("told-less", "half of what is configured, from the start", token(fixed(of_token, 0.5))),
        tokens("told-more", "160 % of it, from the start", token(fixed(of_token, 1.6))),
        tokens("told-flap-down", "the tokens' number is halved and doubled every three windows",
            flaps(usual(), period * 3, fixed(of_token, 0.5))),
        tokens("told-flap-up", "it is doubled and halved every three windows",
            flaps(usual(), period * 3, fixed(of_token, 2.0))),
        tokens("told-longer", "the window is twice as long as configured",
            token(short(of_token.allowed, period * 2))),
        tokens("told-shorter", "the window is half as long as configured",
            token(short(of_token.allowed, period / 2))),
        tokens("told-organisation", "an organisation's limit that isn't configured; its refusals say so", usual())
            .with(|host| host.organisation = Some(scaled(of_token, 3.0))),
        tokens("told-slow-answers", "answers take half a window; nothing declared", usual())
            .with(|host| host.latency = answers(5, 5)),
        tokens("told-slower-answers", "answers take four fifths of a window; nothing declared", usual())
            .with(|host| host.latency = answers(8, 8)),
        free("told-open-slow", "no tokens: answers take three tenths of a window; nothing declared", open_usual())
            .with(|host| host.latency = answers(3, 3)),
        tokens("told-slow-varying", "answers take three to six tenths of a window; nothing declared", usual())
            .with(|host| host.latency = answers(3, 6)),
        tokens("told-slow-at-answer", "answers take half a window, and calls are counted then", usual())
            .with(|host| (host.latency, host.counted) = (answers(5, 5), Counted::AtAnswer)),
        tokens("told-sawtooth",
            "the load rises from nothing to 250 % within two windows, and falls to nothing at once", usual())
            .sawtooth(period * 2, 2.5),
        free("told-open-sawtooth", "no tokens: the same within three windows", open_usual())
            .sawtooth(period * 3, 2.5),
        free("told-sawtooth-hasty", "the same; calls wait for a tenth of a window at the most", open_usual())
            .sawtooth(period * 3, 2.5)
            .within(period / 10),
        free("told-open-lower", "no tokens: the number falls to 55 %", turns(open_usual(), soon, fixed(open, 0.55))),
        free("told-open-raise", "no tokens: it rises to 190 %", turns(open_usual(), soon, fixed(open, 1.9))),
        free("told-sliding-less", "a sliding window of 60 % of what is configured",
            all(Kind::Sliding(scaled(open, 0.6)))),
        free("told-at-answer", "70 %, counted at the answer", all(fixed(open, 0.7)))
            .with(|host| host.counted = Counted::AtAnswer),
        family("told-structured", Family::Structured, 429, RetryAfter::Seconds),
        family("told-draft-7", Family::Combined, 429, RetryAfter::Seconds),
        family("told-draft-6", Family::Separate, 429, RetryAfter::Seconds),
        family("told-epoch", Family::Epoch, 429, RetryAfter::None),
        family("told-epoch-ms", Family::EpochMillis, 429, RetryAfter::None),
        family("told-github", Family::GitHub, 403, RetryAfter::None),
        family("told-zendesk", Family::Zendesk, 429, RetryAfter::Seconds),
    ]
}

#[rustfmt::skip]
fn untold(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let tokens = |name, about, law| Case::tokens(name, Goals::UNTOLD, period, vec![law]).about(about).quiet();
    let free = |name, about, law| Case::open(name, Goals::UNTOLD, period, vec![law]).about(about).quiet();
    let usual = || token(Kind::Fixed(of_token));
    let sliding = || Kind::Sliding(scaled(open, 0.7));
    vec![
        tokens("untold-less", "tokens' number is half of what is configured; no headers", token(fixed(of_token, 0.5))),
        tokens("untold-less-80", "the same at 80 % load", token(fixed(of_token, 0.5))).load(0.8),
        tokens("untold-lower", "it falls to 70 % after two windows", turns(usual(), period * 2, fixed(of_token, 0.7))),
        tokens("untold-longer", "the window is twice as long as configured",
            token(short(of_token.allowed, period * 2))),
        tokens("untold-organisation", "an organisation's limit that isn't configured", usual())
            .with(|host| host.organisation = Some(scaled(of_token, 3.0))),
        free("untold-open-less", "60 % of what is configured; no tokens", all(fixed(open, 0.6))),
        free("untold-open-less-mute", "the same without Retry-After", all(fixed(open, 0.6))).mute(),
        free("untold-open-less-80", "the same at 80 % load", all(fixed(open, 0.6))).load(0.8),
        free("untold-open-sliding", "a sliding window of 70 %; no Retry-After", all(sliding())).mute(),
        free("untold-open-weighted", "a window whose predecessor counts in part, 70 %",
            all(Kind::Weighted(scaled(open, 0.7)))),
        free("untold-greedy", "a sliding window of 70 % that counts refused calls too",
            Law { counts_refused: true, ..all(sliding()) }).mute(),
        free("untold-hubspot", "60 %; headers that are not read", all(fixed(open, 0.6)))
            .says(Family::HubSpot, 429, RetryAfter::None),
        free("untold-salesforce", "60 %, answered 403; headers that are not read", all(fixed(open, 0.6)))
            .says(Family::Salesforce, 403, RetryAfter::Seconds),
    ]
}

#[rustfmt::skip]
fn hidden(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let bucket = |burst, rate| Kind::Bucket { burst, refill: per(rate, seconds(1)) };
    let of_tokens = |name, about, laws| Case::tokens(name, Goals::HIDDEN, period, laws).about(about);
    let tokens = |name, about, law| of_tokens(name, about, vec![law]).quiet();
    let beside = |name, about, law: Law| of_tokens(name, about, vec![token(Kind::Fixed(of_token)), law.hidden()]);
    let free = |name, about, law: Law| {
        let laws = vec![all(Kind::Fixed(open)), law.hidden()];
        Case::open(name, Goals::HIDDEN, period, laws).about(about).quiet()
    };
    let day = |allowed| Kind::Fixed(Window { allowed, period: seconds(86_400) });
    vec![
        tokens("bucket", "a token's bucket of 8, 4 a second", token(bucket(8, TOKENS.1))),
        tokens("bucket-80", "the same at 80 % load", token(bucket(8, TOKENS.1))).load(0.8),
        tokens("bucket-50", "the same at 50 % load", token(bucket(8, TOKENS.1))).load(0.5),
        tokens("bucket-mute", "the same without Retry-After", token(bucket(8, TOKENS.1))).mute(),
        tokens("leaky", "a leaky bucket, no burst", token(bucket(1, TOKENS.1))),
        free("bucket-open", "a bucket of 12, 8 a second; no tokens", all(bucket(12, OPEN))),
        free("leaky-open", "a leaky bucket; no tokens", all(bucket(1, OPEN))).mute(),
        beside("hidden-second", "15 a second of all tokens; headers tell of the tokens' windows",
            all(short(15, seconds(1)))),
        beside("hidden-second-80", "the same at 80 % load", all(short(15, seconds(1)))).load(0.8),
        beside("hidden-token", "6 a second of each token", token(short(6, seconds(1)))),
        free("hidden-open", "10 a second; no tokens", all(short(10, seconds(1)))),
        free("hidden-open-50", "the same at 50 % load", all(short(10, seconds(1)))).load(0.5),
        free("hidden-sub-second", "3 in 250 ms", all(short(3, millis(250)))).mute(),
        free("hidden-sliding", "9 in any 2 seconds",
            all(Kind::Sliding(Window { allowed: 9, period: seconds(2) }))),
        free("hidden-daily", "10 a second beside headers of a day's limit", all(short(10, seconds(1))))
            .with(|host| host.laws.insert(0, all(day(1_000_000))))
            .says(Family::Seconds, 429, RetryAfter::None),
        of_tokens("hidden-daily-tokens", "5 a second of each token beside headers of a day's limit", vec![
            token(Kind::Fixed(per(1_000, seconds(86_400)))),
            token(Kind::Fixed(of_token)).hidden(),
            token(short(5, seconds(1))).hidden(),
        ])
        .says(Family::Platform, 429, RetryAfter::None),
    ]
}

#[rustfmt::skip]
fn paths(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let one = || Paths::Under { method: None, prefix: "/api/v2/calls".into() };
    let path = |paths| Law { paths, ..all(short(12, period)).hidden() };
    let free = |name, goals, paths| Case::open(name, goals, period, vec![all(Kind::Fixed(open)), path(paths)]);
    let tokens = |name| Case::tokens(name, Goals::PATH, period, vec![token(Kind::Fixed(of_token)), path(one())]);
    // Other calls ask for a part of what is allowed.
    let beside = |part: f64, about, case: Case| {
        let free = part * case.least_and_most(0).0;
        let mut case = case.party("other", "/api/v2/other", free).about(about);
        case.parties[0].rate = 1.6 * 12.0 / period.as_secs_f64();
        case
    };
    // Two hosts behind one integration; the first allows less.
    let mut two = Case::open("two-hosts", Goals::PATH, period, vec![all(fixed(open, 0.2))]).quiet();
    let mut second = two.hosts[0].clone();
    second.laws = vec![all(Kind::Fixed(open))];
    two.hosts.push(second);
    let mut two = two.party("other", "/api/v2/calls", 0.6 * open.rate());
    two.parties[0].rate = 0.3 * open.rate();
    two.parties[1].host = 1;
    vec![
        beside(0.7, "one path allows 12 a window, others what is configured", free("path", Goals::PATH, one()).quiet()),
        beside(0.7, "the same without Retry-After", free("path-mute", Goals::PATH, one()).mute()),
        beside(0.5, "the same with tokens and their headers", tokens("path-tokens")),
        beside(0.5, "the same without any", tokens("path-tokens-mute").mute()),
        beside(0.3 * 12.0 / f64::from(open.allowed), "each path allows 12 a window",
            free("path-each", Goals { other: None, ..Goals::PATH }, Paths::Each).quiet()),
        two.about("one integration, two hosts; the first allows a fifth"),
    ]
}

#[rustfmt::skip]
fn refusals(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let less = |name, about, status, form| {
        let case = Case::open(name, Goals::UNTOLD, period, vec![all(fixed(open, 0.65))]);
        case.about(about).says(Family::None, status, form)
    };
    let retry = |name, form| less(name, "65 % of what is configured, with this Retry-After", 429, form);
    vec![
        retry("retry-3600", text("3600")),
        retry("retry-86400", text("86400")),
        retry("retry-year", text("31536000")),
        retry("retry-ms", RetryAfter::Millis),
        retry("retry-float", RetryAfter::Float),
        retry("retry-date", RetryAfter::Date),
        retry("retry-epoch", RetryAfter::Epoch),
        retry("retry-zero", text("0")),
        retry("retry-negative", text("-1")),
        retry("retry-word", text("soon")),
        less("as-403", "65 %, answered 403 with Retry-After", 403, RetryAfter::Seconds),
        less("as-503", "65 %, answered 503 with Retry-After", 503, RetryAfter::Seconds),
        Case::tokens("as-403-tokens", Goals::UNTOLD, period, vec![token(fixed(of_token, 0.6))])
            .about("tokens' number is 60 %, answered 403; headers say so")
            .says(Family::Platform, 403, RetryAfter::None),
    ]
}

#[rustfmt::skip]
fn strays(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let tokens = |name, about| {
        Case::tokens(name, Goals::STRAY, period, vec![token(Kind::Fixed(of_token))]).about(about)
    };
    let free = |name, about| {
        Case::open(name, Goals::STRAY, period, vec![all(Kind::Fixed(open))]).about(about).quiet()
    };
    vec![
        tokens("stray", "1 % of calls answered 429").stray(1.0, 429, RetryAfter::None),
        tokens("stray-60", "the same with Retry-After 60").stray(1.0, 429, text("60")),
        tokens("stray-5", "5 % answered 429").stray(5.0, 429, RetryAfter::None),
        free("stray-open", "1 % answered 429; no tokens").stray(1.0, 429, RetryAfter::None),
        free("stray-open-60", "the same with Retry-After 60").stray(1.0, 429, text("60")),
        free("stray-open-3600", "the same with 3600").stray(1.0, 429, text("3600")),
        free("stray-open-ms", "the same with 6000, which are milliseconds").stray(1.0, 429, text("6000")),
        free("stray-open-503", "4 % answered 503 with Retry-After 5").stray(4.0, 503, text("5")),
        free("stray-open-403", "1 % answered 403 with Retry-After 30").stray(1.0, 403, text("30")),
    ]
}

#[rustfmt::skip]
fn at_once(period: Duration) -> Vec<Case> {
    let most = || vec![all(Kind::Concurrency(15))];
    let answers = Spread { from: millis(400), to: millis(600) };
    let open = |name, about, goals, laws, believed| {
        Case::open(name, goals, period, laws)
            .about(about)
            .believing(|it| (it.shared, it.at_once) = (None, Some(believed)))
    };
    let truth = |name, about, status, form| {
        open(name, about, Goals::AT_ONCE, most(), 40)
            .with(|host| host.latency = answers)
            .says(Family::None, status, form)
    };
    let slow = |name, about, slowing, answer, believed| {
        open(name, about, Goals { refused: None, ..Goals::AT_ONCE }, Vec::new(), believed)
            .with(|host| (host.slowing, host.latency) = (slowing, Spread::fixed(millis(answer))))
    };
    vec![
        truth("at-once", "15 at once, 40 configured; answers in 0.4 to 0.6 s", 429, RetryAfter::None),
        truth("at-once-80", "the same at 80 % load", 429, RetryAfter::None).load(0.8),
        truth("at-once-second", "the same with Retry-After 1", 429, RetryAfter::Seconds),
        truth("at-once-503", "the same answered 503", 503, RetryAfter::Seconds),
        Case::tokens("at-once-tokens", Goals::AT_ONCE, period, most())
            .about("the same with tokens, no limit on calls at once configured")
            .with(|host| host.latency = answers)
            .says(Family::None, 429, RetryAfter::None)
            .believing(|it| it.token = Some(per(20, period))),
        slow("workers", "8 workers of 160 ms each; 60 at once configured", Slowing::Workers(8), 160, 60),
        slow("thrash", "a call takes 100 ms × (1 + (n/15)²); 40 at once configured", Slowing::Thrashing(15), 100, 40),
        slow("thrash-far", "the same; 150 configured", Slowing::Thrashing(15), 100, 150),
    ]
}

#[rustfmt::skip]
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
    let shared = |name, about, stranger, family, status, form| {
        Case::open(name, Goals::STRANGER, period, vec![all(Kind::Fixed(open))])
            .about(about)
            .says(family, status, form)
            .stranger(stranger)
    };
    let third = |name, about, family, status, form| {
        shared(name, about, stranger(vec![(Duration::ZERO, rate / 3.0)]), family, status, form)
    };
    let steps = vec![(Duration::ZERO, 0.0), (period * 4, 0.2 * rate), (period * 8, 0.5 * rate)];
    let stepping = Stranger { again: Some(period * 12), ..stranger(steps) };
    vec![
        third("stranger", "another takes a third; X-RateLimit", Family::Seconds, 429, RetryAfter::Seconds),
        third("stranger-platform", "the same; the platform's headers", Family::Platform, 429, RetryAfter::Seconds),
        third("stranger-structured", "the same; RateLimit", Family::Structured, 429, RetryAfter::Seconds),
        third("stranger-github", "the same; 403, no Retry-After", Family::GitHub, 403, RetryAfter::None),
        third("stranger-quiet", "the same; no headers", Family::None, 429, RetryAfter::Seconds),
        third("stranger-mute", "the same; no Retry-After either", Family::None, 429, RetryAfter::None),
        third("stranger-80", "another takes a third, we ask for half", Family::Seconds, 429, RetryAfter::Seconds)
            .load(0.5),
        shared("stranger-steps", "another takes nothing, a fifth, a half", stepping,
            Family::Seconds, 429, RetryAfter::Seconds),
        Case::tokens("stranger-tokens", Goals::STRANGER, period, vec![token(Kind::Fixed(of_token))])
            .about("another takes a quarter of the organisation's, beside our tokens")
            .with(|host| host.organisation = Some(scaled(of_token, 4.0)))
            .believing(|it| it.shared = Some(scaled(of_token, 4.0)))
            .stranger(stranger(vec![(Duration::ZERO, of_token.rate())])),
    ]
}

#[rustfmt::skip]
fn lies(period: Duration) -> Vec<Case> {
    let (of_token, open) = usual(period);
    let said = |name, family, lie| {
        Case::open(name, Goals::LIE, period, vec![all(Kind::Fixed(open))])
            .about("headers lie in every answer; the number is true")
            .says(family, 429, RetryAfter::Seconds)
            .with(|host| host.headers.lie = Some(lie))
    };
    vec![
        said("lie-nothing-remains", Family::Seconds, Lie::NothingRemains),
        said("lie-all-remains", Family::Seconds, Lie::AllRemains),
        said("lie-huge", Family::Combined, Lie::HugeRemains),
        said("lie-negative", Family::Seconds, Lie::NegativeRemains),
        said("lie-reset-now", Family::Seconds, Lie::ResetNow),
        said("lie-reset-past", Family::Epoch, Lie::ResetPast),
        said("lie-reset-hour", Family::Seconds, Lie::ResetIn(seconds(3_600))),
        said("lie-any-number", Family::Seconds, Lie::AnyAllowed),
        said("lie-more", Family::Seconds, Lie::Allowed(open.allowed * 2)),
        Case::tokens("lie-nothing-tokens", Goals::LIE, period, vec![token(Kind::Fixed(of_token))])
            .about("the platform's headers always say that nothing remains")
            .with(|host| host.headers.lie = Some(Lie::NothingRemains)),
    ]
}

#[rustfmt::skip]
fn grants(period: Duration) -> Vec<Case> {
    let usual = token(Kind::Fixed(usual(period).0));
    let goals = Goals { refused: Some(0.001), ..Goals::TROUBLE };
    let tokens = |name, about| Case::tokens(name, goals, period, vec![usual.clone()]).about(about);
    vec![
        tokens("grants-slow", "the token endpoint takes 7 s")
            .with(|host| host.token_endpoint.takes = Spread::fixed(seconds(7))),
        tokens("grants-few", "it grants 4 a minute")
            .with(|host| host.token_endpoint.allowed = Some(Window { allowed: 4, period: seconds(60) })),
        tokens("grants-failing", "it fails 4 times of 10").with(|host| host.token_endpoint.failing_percent = 40),
        tokens("grants-same", "it gives the same token every time").with(|host| {
            host.token_endpoint.same = true;
            // One token is all that there is.
            host.laws.push(all(usual.kind).hidden());
        }),
        tokens("grants-short", "tokens live 90 s").with(|host| host.expires_in = seconds(90)),
        tokens("grants-die-early", "they die after 70 s, though more is said").with(|host| {
            host.token_endpoint.says = Life::Is(seconds(1_000_000));
            host.token_endpoint.lives = Some(seconds(70));
        }),
        tokens("grants-one-off", "one of two clients is switched off")
            .with(|host| {
                let mut second = host.clients[0].clone();
                second.id = "client-1".into();
                host.clients.push(second);
                host.token_endpoint.disabled = vec!["client-0".into()];
            })
            .believing(|it| it.tokens = vec![4, 4]),
    ]
}
