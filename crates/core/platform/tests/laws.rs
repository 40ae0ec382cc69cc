//! The provider's own laws, in virtual time.

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_platform::{
    Alignment, Answer, Client, Config, Data, LimitName, Platform, Verdict, Window,
};

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn config(alignment: Alignment) -> Config {
    Config {
        clients: vec![Client {
            id: "one".into(),
            secret: "emulated".into(),
        }],
        token: Some(Window {
            allowed: 3,
            period: Duration::from_secs(60),
        }),
        organisation: Some(Window {
            allowed: 5,
            period: Duration::from_secs(60),
        }),
        alignment,
        ..Config::default()
    }
}

#[test]
fn a_window_of_the_organisation_admits_what_is_allowed_and_no_more() {
    for alignment in [
        Alignment::FirstCall,
        Alignment::WallClock,
        Alignment::PhasePerKey,
    ] {
        let mut platform = Platform::new(config(alignment), 7);
        let tokens: Vec<_> = (0..4)
            .map(|_| platform.grant("one", "emulated", at(0)).unwrap().number)
            .collect();
        // Twenty calls a second for ten minutes: every window is wanted many times over.
        for call in 0..12_000_u64 {
            let token = tokens[(call % 4) as usize];
            if let Verdict::Admitted(_) = platform.arrive(Some(token), at(call * 50)) {
                platform.leave();
            }
        }
        let counts = platform.counts();
        assert!(counts.windows.len() >= 10, "{alignment:?}");
        assert!(
            counts.windows.iter().all(|window| window.count == 5),
            "{alignment:?}: {:?}",
            counts.windows
        );
        assert!(counts.limited[&LimitName::Organisation] > 0);
    }
}

#[test]
fn the_headers_are_as_observed() {
    let mut platform = Platform::new(config(Alignment::FirstCall), 7);
    let token = platform.grant("one", "emulated", at(0)).unwrap().number;
    let Verdict::Admitted(first) = platform.arrive(Some(token), at(500)) else {
        panic!("the first call is admitted")
    };
    let facts = first.facts.unwrap();
    assert_eq!((facts.count, facts.allowed, facts.reset), (1, 3, 61));
    for _ in 0..2 {
        platform.arrive(Some(token), at(20_500));
    }
    let Verdict::Limited(limited) = platform.arrive(Some(token), at(30_000)) else {
        panic!("the fourth is turned away")
    };
    assert_eq!((limited.limit, limited.retry_after), (LimitName::Token, 31));
}

#[test]
fn concurrency_counts_what_has_not_left() {
    let mut platform = Platform::new(
        Config {
            concurrency: Some(1),
            ..config(Alignment::FirstCall)
        },
        7,
    );
    let token = platform.grant("one", "emulated", at(0)).unwrap().number;
    assert!(matches!(
        platform.arrive(Some(token), at(0)),
        Verdict::Admitted(_)
    ));
    let Verdict::Limited(limited) = platform.arrive(Some(token), at(1)) else {
        panic!("one is under way")
    };
    assert_eq!(limited.limit, LimitName::Concurrency);
    platform.leave();
    assert!(matches!(
        platform.arrive(Some(token), at(2)),
        Verdict::Admitted(_)
    ));
}

#[test]
fn tokens_end() {
    let mut platform = Platform::new(config(Alignment::FirstCall), 7);
    assert!(platform.grant("one", "wrong", at(0)).is_none());
    let token = platform.grant("one", "emulated", at(0)).unwrap();
    assert_eq!(platform.token(&token.access_token), Some(token.number));
    platform.revoke(token.number);
    assert_eq!(
        platform.arrive(Some(token.number), at(1)),
        Verdict::Unauthorized
    );
    assert_eq!(platform.arrive(None, at(1)), Verdict::Unauthorized);
    let second = platform.grant("one", "emulated", at(0)).unwrap().number;
    let past = at(86_400_000);
    assert_eq!(platform.arrive(Some(second), past), Verdict::Unauthorized);
}

#[test]
fn a_row_lives_from_insert_to_delete() {
    let mut data = Data::default();
    let rows = "/api/v2/flows/datatables/t/rows";
    let row = format!("{rows}/k");
    let steps: Vec<Answer> = [
        ("GET", row.as_str(), ""),
        ("POST", rows, r#"{"KEY":"k","v":1}"#),
        ("POST", rows, r#"{"KEY":"k","v":2}"#),
        ("PUT", &row, r#"{"KEY":"k","v":3}"#),
        ("GET", &row, ""),
        ("DELETE", &row, ""),
        ("GET", &row, ""),
    ]
    .iter()
    .map(|(method, path, body)| data.answer(method, path, "", body.as_bytes()))
    .collect();
    let status: Vec<_> = steps.iter().map(|step| step.status).collect();
    assert_eq!(status, [404, 200, 409, 200, 200, 204, 404]);
    assert_eq!(steps[4].body.as_ref().unwrap()["v"], 3);
}

#[test]
fn observations_answer_what_is_asked() {
    let query = r#"{"filter":{"type":"or","predicates":[
        {"dimension":"queueId","value":"a"},{"dimension":"queueId","value":"b"}]},
        "metrics":["oWaiting"]}"#;
    let path = "/api/v2/analytics/queues/observations/query";
    let answer = Data::default().answer("POST", path, "", query.as_bytes());
    let results = answer.body.unwrap()["results"].as_array().unwrap().clone();
    let queues: BTreeMap<_, _> = results
        .iter()
        .map(|result| {
            (
                result["group"]["queueId"].as_str().unwrap(),
                &result["data"][0]["metric"],
            )
        })
        .collect();
    assert_eq!(queues.keys().copied().collect::<Vec<_>>(), ["a", "b"]);
    assert!(queues.values().all(|metric| *metric == "oWaiting"));
}

#[test]
fn a_window_that_opened_before_time_did_still_closes_in_time() {
    // Some phase of the four has its first window close in the first half of a period.
    for seed in 0..4 {
        let mut platform = Platform::new(config(Alignment::PhasePerKey), seed);
        let token = platform.grant("one", "emulated", at(0)).unwrap().number;
        let mut resets = vec![];
        for millis in (0..=60_000).step_by(20_000) {
            let Verdict::Admitted(admitted) = platform.arrive(Some(token), at(millis)) else {
                panic!("one call in twenty seconds is admitted")
            };
            resets.push(admitted.facts.unwrap().reset);
        }
        let first = resets[0] as i64;
        let expected: Vec<_> = (0..4)
            .map(|k| (first - 1 - k * 20).rem_euclid(60))
            .collect();
        let found: Vec<_> = resets
            .iter()
            .map(|reset| (*reset as i64 - 1) % 60)
            .collect();
        assert_eq!(found, expected, "seed {seed}");
    }
}
