//! The emulator over sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::time::Duration;
use tollgate_emulator::Emulator;
use tollgate_platform::{Client, Config, Faults, Spread, Window};

async fn start() -> (Emulator, String) {
    let config = Config {
        clients: vec![Client {
            id: "one".into(),
            secret: "emulated".into(),
        }],
        token: Some(Window {
            allowed: 3,
            period: Duration::from_secs(60),
        }),
        latency: Spread::fixed(Duration::from_millis(1)),
        ..Config::default()
    };
    let emulator = Emulator::start(config, 1, ([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let url = format!("http://{}", emulator.address());
    (emulator, url)
}

async fn token(url: &str) -> String {
    let grant: Value = reqwest::Client::new()
        .post(format!("{url}/oauth/token"))
        .basic_auth("one", Some("emulated"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(grant["token_type"], "bearer");
    grant["access_token"].as_str().unwrap().to_owned()
}

async fn get(url: &str, token: &str) -> reqwest::Result<reqwest::Response> {
    let url = format!("{url}/api/v2/users/7/presences/PURECLOUD");
    reqwest::Client::new()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
}

fn header(response: &reqwest::Response, name: &str) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_token_carries_what_it_is_allowed_and_then_429() {
    let (emulator, url) = start().await;
    let token = token(&url).await;
    for count in 1..=3 {
        let response = get(&url, &token).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "inin-ratelimit-count"), count);
        assert_eq!(header(&response, "inin-ratelimit-allowed"), 3);
        assert!(header(&response, "inin-ratelimit-reset") <= 61);
    }
    let response = get(&url, &token).await.unwrap();
    assert_eq!(response.status(), 429);
    let wait = header(&response, "retry-after");
    let body: Value = response.json().await.unwrap();
    let message = format!("Rate limit exceeded the maximum. Retry the request in [{wait}] seconds");
    assert_eq!(body["message"], message);
    assert_eq!(body["code"], "too.many.requests.retry.after");
    assert_eq!(
        (&body["status"], &body["errors"]),
        (&json!(429), &json!([]))
    );
    assert_eq!(
        (emulator.counts().admitted, emulator.counts().limited()),
        (3, 1)
    );
    drop(emulator);
}

#[tokio::test]
async fn bad_tokens_and_bad_clients_are_turned_away() {
    let (emulator, url) = start().await;
    assert_eq!(get(&url, "nonsense").await.unwrap().status(), 401);
    let token = token(&url).await;
    emulator.revoke_all();
    assert_eq!(get(&url, &token).await.unwrap().status(), 401);
    let wrong = reqwest::Client::new()
        .post(format!("{url}/oauth/token"))
        .basic_auth("one", Some("wrong"))
        .body("grant_type=client_credentials")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
}

#[tokio::test]
async fn faults_strike_when_asked_for() {
    let (emulator, url) = start().await;
    let token = token(&url).await;
    emulator.set_faults(Faults {
        unavailable_percent: 100,
        ..Faults::default()
    });
    assert_eq!(get(&url, &token).await.unwrap().status(), 503);
    emulator.set_faults(Faults {
        dropped_percent: 100,
        ..Faults::default()
    });
    assert!(get(&url, &token).await.is_err(), "no answer at all");
}

#[tokio::test]
async fn what_is_not_known_is_echoed() {
    let (_emulator, url) = start().await;
    let token = token(&url).await;
    let echo: Value = reqwest::Client::new()
        .put(format!("{url}/anything/a%20b?x=1"))
        .bearer_auth(token)
        .json(&json!({"k": [1, 2]}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let expected =
        json!({"method": "PUT", "path": "/anything/a b", "query": "x=1", "body": {"k": [1, 2]}});
    assert_eq!(echo, expected);
}
