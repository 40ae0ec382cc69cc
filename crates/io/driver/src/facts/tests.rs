use super::*;
use http::HeaderValue;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn noon() -> SystemTime {
    httpdate::parse_http_date("Tue, 02 Jun 2026 12:00:00 GMT").unwrap()
}

fn fact(count: u32, allowed: u32, reset: u64) -> Option<WindowFact> {
    Some(WindowFact {
        count,
        allowed,
        reset: Duration::from_secs(reset),
        family: Family::Platform,
    })
}

#[test]
fn the_platforms_window_needs_all_three() {
    let all = [
        ("inin-ratelimit-count", "1"),
        ("inin-ratelimit-allowed", "300"),
        ("inin-ratelimit-reset", "61"),
    ];
    let (facts, ignored) = from_headers(&headers(&all), noon());
    assert_eq!((facts.window, ignored), (fact(1, 300, 61), 0));
    for missing in 0..3 {
        let mut some = all.to_vec();
        some.remove(missing);
        let (facts, ignored) = from_headers(&headers(&some), noon());
        assert_eq!((facts, ignored), (Facts::default(), 1));
    }
}

/// 2026-06-02 12:00:00 is the epoch's second 1 780 401 600.
#[test]
fn the_common_families_say_the_same() {
    const DATE: (&str, &str) = ("date", "Tue, 02 Jun 2026 12:00:00 GMT");
    type Case = (&'static [(&'static str, &'static str)], Option<WindowFact>);
    let cases: &[Case] = &[
        (
            &[
                ("ratelimit", "\"burst\";r=9;t=1, \"default\";r=4;t=30"),
                (
                    "ratelimit-policy",
                    "\"burst\";q=10;w=1,\"default\";q=100;w=60",
                ),
            ],
            fact(96, 100, 30),
        ),
        (
            &[
                ("ratelimit", "default;r=50"),
                ("ratelimit-policy", "default;q=100;w=60;pk=:a,b=:"),
            ],
            fact(50, 100, 60),
        ),
        // A list may be cut into several lines.
        (
            &[
                ("ratelimit", "\"default\";r=4;t=30"),
                ("ratelimit", "\"burst\";r=2;t=1, \"day\";r=900;t=9"),
                ("ratelimit-policy", "\"default\";q=100;w=60"),
                ("ratelimit-policy", "\"day\";q=1000;w=86400"),
                ("ratelimit-policy", "\"burst\";q=10;w=1"),
            ],
            fact(8, 10, 1),
        ),
        (
            &[("ratelimit", "limit=100, remaining=50, reset=30")],
            fact(50, 100, 30),
        ),
        (
            &[
                ("ratelimit", "limit=100"),
                ("ratelimit", "remaining=50, reset=30"),
            ],
            fact(50, 100, 30),
        ),
        (
            &[
                ("ratelimit-limit", "100, 100;w=60"),
                ("ratelimit-remaining", "99"),
                ("ratelimit-reset", "60"),
            ],
            fact(1, 100, 60),
        ),
        (
            &[
                ("x-ratelimit-limit", "100"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "7"),
            ],
            fact(100, 100, 7),
        ),
        (
            &[
                ("x-ratelimit-limit", "5"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1780401642.123"),
                ("x-ratelimit-reset-after", "1.023"),
            ],
            fact(5, 5, 2),
        ),
        (
            &[
                DATE,
                ("x-ratelimit-limit", "100"),
                ("x-ratelimit-remaining", "60"),
                ("x-ratelimit-reset", "1780401642"),
            ],
            fact(40, 100, 42),
        ),
        (
            &[
                DATE,
                ("x-ratelimit-limit", "100"),
                ("x-ratelimit-remaining", "60"),
                ("x-ratelimit-reset", "1780401641500"),
            ],
            fact(40, 100, 42),
        ),
    ];
    for (said, window) in cases {
        let (facts, ignored) = from_headers(&headers(said), noon());
        let family = facts.window.map(|it| it.family).unwrap_or_default();
        let window = window.map(|window| WindowFact { family, ..window });
        assert_eq!((facts.window, ignored), (window, 0), "{said:?}");
    }
}

#[test]
fn an_epoch_without_a_date_only_says_how_long_to_wait() {
    let said = |remaining| {
        headers(&[
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", remaining),
            ("x-ratelimit-reset", "1780401642"),
        ])
    };
    let (facts, ignored) = from_headers(&said("0"), noon());
    assert_eq!((facts.window, ignored), (None, 0));
    assert_eq!(facts.retry_after, Some(Duration::from_secs(43)));
    let (facts, ignored) = from_headers(&said("3"), noon());
    assert_eq!((facts, ignored), (Facts::default(), 1));
}

#[test]
fn what_is_absurd_is_ignored_and_counted() {
    let cases: &[&[(&str, &str)]] = &[
        &[
            ("x-ratelimit-limit", "0"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "7"),
        ],
        &[
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-remaining", "11"),
            ("x-ratelimit-reset", "7"),
        ],
        &[
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-remaining", "-1"),
            ("x-ratelimit-reset", "7"),
        ],
        &[
            ("x-ratelimit-limit", "ten"),
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "7"),
        ],
        &[
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "99999999"),
        ],
        &[
            ("x-ratelimit-limit", "99999999999"),
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "7"),
        ],
        &[("x-ratelimit-limit", "10")],
        &[("ratelimit", "\"default\";r=50;t=30")],
        &[("ratelimit", "\"default;r=50;t=30")],
        &[("ratelimit", "100")],
        &[("ratelimit-limit", "100"), ("ratelimit-remaining", "1")],
        &[("retry-after", "soon")],
        &[
            ("inin-ratelimit-count", "1"),
            ("inin-ratelimit-allowed", "300"),
            ("inin-ratelimit-reset", "1e9"),
        ],
    ];
    for said in cases {
        let found = from_headers(&headers(said), noon());
        assert_eq!(found, (Facts::default(), 1), "{said:?}");
    }
    assert_eq!(
        from_headers(&HeaderMap::new(), noon()),
        (Facts::default(), 0)
    );
}

#[test]
fn retry_after_in_both_forms() {
    let cases = [
        ("42", Some(42)),
        (" 0 ", Some(0)),
        ("Tue, 02 Jun 2026 12:00:30 GMT", Some(30)),
        ("Tue, 02 Jun 2026 11:59:00 GMT", Some(0)),
        ("Tue, 02 Jun 2036 12:00:00 GMT", None),
        // An epoch: in half a minute, as milliseconds, past, and in a month.
        ("1780401630", Some(30)),
        ("1780401630000", Some(30)),
        ("1780401599", None),
        ("1783000000", None),
        ("3.0", Some(3)),
        ("+3", None),
        ("1e3", None),
        ("3.0.0", None),
        (".5", None),
        ("", None),
        ("NaN", None),
        ("inf", None),
        ("-0.5", None),
        ("99999999", None),
        ("18446744073709551616", None),
        ("-1", None),
        ("soon", None),
    ];
    for (text, seconds) in cases {
        let found = retry_after(&headers(&[("retry-after", text)]), noon());
        assert_eq!(found, seconds.map(Duration::from_secs), "{text}");
    }
    for (name, text, millis) in [
        ("retry-after", "2.50", Some(2_500)),
        ("retry-after", "0.25", Some(250)),
        ("retry-after-ms", "1500", Some(1_500)),
        ("x-ms-retry-after-ms", "20.5", Some(20)),
        ("retry-after-ms", "soon", None),
    ] {
        let (facts, ignored) = from_headers(&headers(&[(name, text)]), noon());
        let millis = millis.map(Duration::from_millis);
        assert_eq!(
            facts
                .retry_after
                .map(|it| Duration::from_millis(it.as_millis() as u64)),
            millis
        );
        if millis.is_none() {
            assert_eq!(ignored, 1);
        }
    }
    // The name that says its unit is the more exact.
    let both = headers(&[("retry-after", "2"), ("retry-after-ms", "1500")]);
    assert_eq!(
        retry_after(&both, noon()),
        Some(Duration::from_millis(1_500))
    );
    // A date is held against the answer's own clock, where it tells it.
    let said = headers(&[
        ("retry-after", "Tue, 02 Jun 2026 15:00:30 GMT"),
        ("date", "Tue, 02 Jun 2026 15:00:00 GMT"),
    ]);
    assert_eq!(retry_after(&said, noon()), Some(Duration::from_secs(30)));
}
