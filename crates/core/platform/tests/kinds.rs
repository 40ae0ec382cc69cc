//! What each kind of limit admits, and what headers say.

use std::time::Duration;
use tollgate_model::Instant;
use tollgate_platform::{
    Client, Config, Counted, Family, Headers, Kind, Law, Lie, Life, LimitName, Paths, Platform,
    Request, RetryAfter, Share, Slowing, Spread, Step, Stranger, Stray, TokenAnswer, TokenEndpoint,
    TokenNumber, Verdict, Whose, Window,
};

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn window(allowed: u32, period: u64) -> Window {
    Window {
        allowed,
        period: seconds(period),
    }
}

/// An API that needs no token, with these limits.
fn open(laws: Vec<Law>) -> Config {
    Config {
        needs_token: false,
        token: None,
        organisation: None,
        laws,
        latency: Spread::fixed(Duration::ZERO),
        ..Config::default()
    }
}

fn of_all(kind: Kind) -> Law {
    Law::new(Whose::Organisation, kind)
}

fn get(token: Option<TokenNumber>, path: &str) -> Request<'_> {
    Request {
        token,
        method: "GET",
        path,
    }
}

/// The milliseconds at which one of two hundred calls a second is admitted.
fn admitted(config: Config, millis: u64) -> Vec<u64> {
    let mut platform = Platform::new(config, 3);
    let mut admitted = Vec::new();
    for now in (0..millis).step_by(5) {
        if let Verdict::Admitted(it) = platform.arrive(None, at(now)) {
            platform.depart(it.place);
            admitted.push(now);
        }
    }
    admitted
}

fn most_within(times: &[u64], span: u64) -> usize {
    let within = |from: u64| {
        let span = from..from + span;
        times.iter().filter(|at| span.contains(at)).count()
    };
    times.iter().map(|from| within(*from)).max().unwrap_or(0)
}

#[test]
fn a_sliding_window_admits_its_number_in_every_span_and_all_of_it() {
    let times = admitted(open(vec![of_all(Kind::Sliding(window(7, 2)))]), 20_000);
    assert_eq!(most_within(&times, 2_000), 7);
    assert_eq!(times.len(), 70);
}

#[test]
fn a_bucket_admits_its_burst_and_then_its_rate() {
    let bucket = |burst| {
        of_all(Kind::Bucket {
            burst,
            refill: window(5, 1),
        })
    };
    let times = admitted(open(vec![bucket(10)]), 10_000);
    assert_eq!(times.iter().filter(|at| **at < 200).count(), 10);
    assert_eq!(times.len(), 10 + 49);
    let leaky = admitted(open(vec![bucket(1)]), 10_000);
    assert_eq!(most_within(&leaky, 200), 1);
    assert_eq!(leaky.len(), 50);
}

#[test]
fn a_weighted_window_admits_no_more_than_a_fixed_one() {
    let times = admitted(open(vec![of_all(Kind::Weighted(window(20, 2)))]), 60_000);
    // Between two of its windows it knows only how many, not when.
    assert!(most_within(&times, 2_000) <= 2 * 20);
    // A call that comes whenever there is room comes last as the window ends, one less than allowed in each.
    let most = Kind::Weighted(window(20, 2)).rate().map(|rate| rate * 60.0);
    assert!((500..=590).contains(&times.len()), "{}", times.len());
    assert_eq!(most, Some(570.0));
}

#[test]
fn several_limits_hold_at_once() {
    let laws = vec![
        of_all(Kind::Fixed(window(30, 6))),
        of_all(Kind::Fixed(window(4, 1))).hidden(),
    ];
    let times = admitted(open(laws), 6_000);
    assert_eq!(times.len(), 24);
    assert!(most_within(&times, 1_000) <= 8);
}

#[test]
fn calls_at_once_are_those_that_have_not_departed() {
    let mut platform = Platform::new(open(vec![of_all(Kind::Concurrency(2))]), 3);
    let mut places = Vec::new();
    for _ in 0..2 {
        let Verdict::Admitted(it) = platform.arrive(None, at(0)) else {
            panic!("two at once")
        };
        places.push(it.place);
    }
    let Verdict::Limited(limited) = platform.arrive(None, at(1)) else {
        panic!("not a third")
    };
    assert_eq!(limited.limit, LimitName::Concurrency);
    assert!(limited.facts.is_none());
    platform.depart(places[0]);
    assert!(matches!(platform.arrive(None, at(2)), Verdict::Admitted(_)));
}

#[test]
fn a_path_has_a_limit_of_its_own() {
    let path = |paths| Law {
        paths,
        ..of_all(Kind::Fixed(window(2, 60)))
    };
    let under = path(Paths::Under {
        method: Some("GET".into()),
        prefix: "/a".into(),
    });
    let taken = |platform: &mut Platform, path, method| {
        let mut request = get(None, path);
        request.method = method;
        (0..5)
            .filter(|_| matches!(platform.arrive_at(request, at(0)), Verdict::Admitted(_)))
            .count()
    };
    let mut platform = Platform::new(open(vec![under]), 3);
    assert_eq!(taken(&mut platform, "/a/1", "GET"), 2);
    assert_eq!(taken(&mut platform, "/a/1", "POST"), 5);
    assert_eq!(taken(&mut platform, "/b", "GET"), 5);
    assert_eq!(platform.counts().limited[&LimitName::Path], 3);
    let mut platform = Platform::new(open(vec![path(Paths::Each)]), 3);
    for path in ["/a/1", "/a/2", "/b"] {
        assert_eq!(taken(&mut platform, path, "GET"), 2);
    }
}

#[test]
fn numbers_change_when_they_are_said_to() {
    let law = Law {
        steps: vec![Step {
            from: seconds(12),
            kind: Kind::Fixed(window(3, 6)),
        }],
        ..of_all(Kind::Fixed(window(9, 6)))
    };
    let times = admitted(open(vec![law.clone()]), 24_000);
    let in_window = |times: &[u64], n: u64| {
        let window = n * 6_000..(n + 1) * 6_000;
        times.iter().filter(|at| window.contains(at)).count()
    };
    assert_eq!([0, 1, 2, 3].map(|n| in_window(&times, n)), [9, 9, 3, 3]);
    let flapping = Law {
        again: Some(seconds(24)),
        ..law
    };
    let times = admitted(open(vec![flapping]), 48_000);
    assert_eq!([3, 4, 5, 6].map(|n| in_window(&times, n)), [3, 9, 9, 3]);
}

#[test]
fn refused_calls_keep_a_greedy_window_shut() {
    let law = Law {
        counts_refused: true,
        ..of_all(Kind::Sliding(window(3, 2)))
    };
    assert_eq!(admitted(open(vec![law]), 20_000), [0, 5, 10]);
}

#[test]
fn a_law_of_one_client_leaves_the_others_alone() {
    let client = |id: &str| Client {
        id: id.into(),
        secret: "emulated".into(),
    };
    let law = |clients, allowed| Law {
        clients,
        ..Law::new(Whose::Token, Kind::Fixed(window(allowed, 60)))
    };
    let mut platform = Platform::new(
        Config {
            clients: vec![client("one"), client("two")],
            needs_token: true,
            ..open(vec![law(vec![0], 2), law(vec![1], 4)])
        },
        3,
    );
    for (id, most) in [("one", 2), ("two", 4)] {
        let token = platform.grant(id, "emulated", at(0)).unwrap().number;
        let taken = (0..9).filter(|_| {
            let verdict = platform.arrive(Some(token), at(1));
            matches!(verdict, Verdict::Admitted(_))
        });
        assert_eq!(taken.count(), most);
    }
}

#[test]
fn strangers_take_their_part_and_are_counted() {
    let stranger = |rates: Vec<(Duration, f64)>, steady| Stranger {
        share: Share::Organisation,
        path: "/".into(),
        rates,
        again: None,
        steady,
    };
    let mut config = open(vec![of_all(Kind::Fixed(window(60, 6)))]);
    config.strangers = vec![
        stranger(vec![(seconds(0), 5.0)], true),
        stranger(vec![(seconds(0), 0.0), (seconds(30), 3.0)], false),
    ];
    let mut platform = Platform::new(config, 3);
    platform.look(at(0));
    platform.look(at(60_000));
    let counts = platform.counts();
    assert!((299..=300).contains(&counts.strangers[0].asked));
    assert!((70..=110).contains(&counts.strangers[1].asked));
    assert_eq!(counts.strangers[0].admitted, counts.strangers[0].asked);
    let Verdict::Admitted(ours) = platform.arrive(None, at(60_000)) else {
        panic!("there is room")
    };
    assert!(ours.facts.unwrap().count <= 60);
    assert!(
        (54_000..60_000).filter(|at| at % 200 == 0).count() as u32
            <= ours.facts.unwrap().count + 31
    );
}

#[test]
fn workers_queue_and_a_crowd_is_slow() {
    let slow = |slowing| Config {
        slowing,
        latency: Spread::fixed(Duration::from_millis(100)),
        ..open(Vec::new())
    };
    let latencies = |slowing| {
        let mut platform = Platform::new(slow(slowing), 3);
        [(); 4].map(|()| match platform.arrive(None, at(0)) {
            Verdict::Admitted(it) => it.latency.as_millis(),
            _ => panic!("nothing limits"),
        })
    };
    assert_eq!(latencies(Slowing::Workers(2)), [100, 100, 200, 200]);
    assert_eq!(latencies(Slowing::Thrashing(2)), [125, 200, 325, 500]);
    let late = Config {
        counted: Counted::AtAnswer,
        ..slow(Slowing::None)
    };
    assert_eq!(Platform::new(late, 3).way_in(), Duration::from_millis(100));
}

fn said(headers: Headers, kind: Kind, calls: u32, now: Instant) -> Vec<(&'static str, String)> {
    let mut platform = Platform::new(
        Config {
            headers,
            ..open(vec![of_all(kind)])
        },
        3,
    );
    let mut verdict = Verdict::Unauthorized;
    for _ in 0..calls {
        verdict = platform.arrive(None, now);
    }
    platform.headers(&verdict, now)
}

#[test]
fn every_family_says_the_same_in_its_own_words() {
    let now = at(1_700_000_000_000);
    let of = |family| {
        let headers = Headers {
            family,
            ..Headers::default()
        };
        let said = said(headers, Kind::Fixed(window(10, 60)), 3, now);
        let lines: Vec<_> = said
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        lines.join("\n")
    };
    assert_eq!(of(Family::None), "");
    assert_eq!(
        of(Family::Platform),
        "inin-ratelimit-count: 3\ninin-ratelimit-allowed: 10\ninin-ratelimit-reset: 61"
    );
    assert_eq!(
        of(Family::Structured),
        "ratelimit-policy: \"default\";q=10;w=60\nratelimit: \"default\";r=7;t=61"
    );
    assert_eq!(
        of(Family::Combined),
        "ratelimit: limit=10, remaining=7, reset=61"
    );
    assert!(of(Family::Separate).starts_with("ratelimit-limit: 10, 10;w=60\n"));
    assert!(of(Family::Epoch).ends_with("x-ratelimit-reset: 1700000061"));
    assert!(of(Family::EpochMillis).ends_with("x-ratelimit-reset: 1700000061000"));
    assert!(of(Family::GitHub).contains("x-ratelimit-used: 3"));
    assert!(of(Family::HubSpot).contains("interval-milliseconds: 60000"));
    assert_eq!(of(Family::Salesforce), "sforce-limit-info: api-usage=3/10");
    assert!(of(Family::Zendesk).contains("x-rate-limit-remaining: 7"));
}

#[test]
fn lies_are_told_in_every_answer() {
    let of = |lie| {
        let headers = Headers {
            lie: Some(lie),
            family: Family::Seconds,
            ..Headers::default()
        };
        let said = said(headers, Kind::Fixed(window(10, 60)), 3, at(0));
        [0, 1, 2].map(|place| said[place].1.parse::<i64>().unwrap())
    };
    assert_eq!(of(Lie::NothingRemains), [10, 0, 61]);
    assert_eq!(of(Lie::AllRemains), [10, 10, 61]);
    assert_eq!(of(Lie::HugeRemains), [10, 99_999_999, 61]);
    assert_eq!(of(Lie::NegativeRemains), [10, -5, 61]);
    assert_eq!(of(Lie::ResetNow), [10, 7, 0]);
    assert_eq!(of(Lie::ResetPast), [10, 7, -3_600]);
    assert_eq!(of(Lie::ResetIn(seconds(90))), [10, 7, 90]);
    assert_eq!(of(Lie::Allowed(20)), [20, 17, 61]);
    assert!((1..=1_000).contains(&of(Lie::AnyAllowed)[0]));
}

#[test]
fn a_refusal_says_when_to_come_again_in_any_form() {
    let now = at(1_700_000_000_200);
    let of = |retry_after| {
        let headers = Headers {
            retry_after,
            refusal: 503,
            family: Family::None,
            ..Headers::default()
        };
        let said = said(headers, Kind::Sliding(window(2, 5)), 3, now);
        said.into_iter().next().map(|(name, value)| {
            assert_eq!(name, "retry-after");
            value
        })
    };
    assert_eq!(of(RetryAfter::None), None);
    assert_eq!(of(RetryAfter::Seconds).unwrap(), "5");
    assert_eq!(of(RetryAfter::Float).unwrap(), "5.00");
    assert_eq!(of(RetryAfter::Millis).unwrap(), "5000");
    assert_eq!(
        of(RetryAfter::Date).unwrap(),
        "Tue, 14 Nov 2023 22:13:26 GMT"
    );
    assert_eq!(of(RetryAfter::Epoch).unwrap(), "1700000006");
    assert_eq!(of(RetryAfter::Text("soon".into())).unwrap(), "soon");
}

#[test]
fn strays_are_few_and_counted_under_no_limit() {
    let stray = Stray {
        percent: 5.0,
        status: 403,
        retry_after: RetryAfter::Text("60".into()),
        shows: false,
    };
    let mut platform = Platform::new(
        Config {
            strays: vec![stray],
            ..open(vec![of_all(Kind::Fixed(window(9_400, 60)))])
        },
        3,
    );
    for call in 0..10_000 {
        let verdict = platform.arrive(None, at(call));
        if let Verdict::Limited(limited) = &verdict
            && limited.limit == LimitName::Stray
        {
            assert_eq!(limited.status, 403);
            let said = platform.headers(&verdict, at(call));
            assert_eq!(said, [("retry-after", "60".to_owned())]);
        }
    }
    let strays = platform.counts().limited[&LimitName::Stray];
    assert!((400..=600).contains(&strays), "{strays}");
    assert_eq!(platform.counts().admitted, 9_400);
}

#[test]
fn the_token_endpoint_fails_as_it_is_told() {
    let config = |token_endpoint| Config {
        clients: vec![Client {
            id: "one".into(),
            secret: "emulated".into(),
        }],
        token_endpoint,
        ..Config::default()
    };
    let ask = |platform: &mut Platform, now| platform.ask_token("one", "emulated", at(now));
    let usual = TokenEndpoint::default;

    let mut same = Platform::new(
        config(TokenEndpoint {
            same: true,
            ..usual()
        }),
        3,
    );
    assert_eq!(ask(&mut same, 0), ask(&mut same, 1));

    let few = TokenEndpoint {
        allowed: Some(window(1, 60)),
        ..usual()
    };
    let mut few = Platform::new(config(few), 3);
    assert!(matches!(ask(&mut few, 0), TokenAnswer::Granted(_)));
    let TokenAnswer::Limited(said) = ask(&mut few, 10_000) else {
        panic!("one a minute")
    };
    assert_eq!(said, [("retry-after", "51".to_owned())]);

    let failing = TokenEndpoint {
        failing: vec![(seconds(1), seconds(2))],
        disabled: vec!["two".into()],
        ..usual()
    };
    let mut failing = Platform::new(config(failing), 3);
    assert!(matches!(ask(&mut failing, 0), TokenAnswer::Granted(_)));
    assert_eq!(ask(&mut failing, 1_500), TokenAnswer::Failing);
    assert_eq!(
        failing.ask_token("two", "emulated", at(3_000)),
        TokenAnswer::Invalid
    );
    assert_eq!(failing.counts().grants_refused, 2);

    let short = TokenEndpoint {
        says: Life::Is(seconds(1_000_000)),
        lives: Some(seconds(20)),
        calls: Some(3),
        ..usual()
    };
    let mut short = Platform::new(config(short), 3);
    let TokenAnswer::Granted(grant) = ask(&mut short, 0) else {
        panic!("granted")
    };
    assert_eq!(grant.expires_in, seconds(1_000_000));
    let good = (0..5).filter(|_| {
        let verdict = short.arrive(Some(grant.number), at(1));
        verdict != Verdict::Unauthorized
    });
    assert_eq!(good.count(), 3);
    let second = short.grant("one", "emulated", at(0)).unwrap().number;
    assert_eq!(
        short.arrive(Some(second), at(20_000)),
        Verdict::Unauthorized
    );
}
