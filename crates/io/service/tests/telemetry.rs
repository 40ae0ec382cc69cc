//! What is seen of calls: each has one name and is counted once, however it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::any;
use harness::action;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tollgate_service::Service;

/// Bounds only how long a broken service keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(60);
const NAME: &str = "inin-correlation-id";

struct World {
    _service: Service,
    base: String,
    token: String,
    http: reqwest::Client,
    folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let says = |Path(status): Path<u16>| async move {
            let body = r#"{"answer": 42}"#;
            (StatusCode::from_u16(status).unwrap(), body)
        };
        let slow = || async { sleep(PATIENCE * 2).await };
        let router = Router::new()
            .route("/status/{status}", any(says))
            .route("/slow", any(slow));
        let upstream = harness::upstream(router).await;
        let folder = tempfile::tempdir().unwrap();
        for (name, path) in [
            ("Well", "status/200"),
            ("Few", "status/200"),
            ("Gone", "status/404"),
            ("Slow", "slow"),
        ] {
            let file = folder.path().join(format!("{name}.json"));
            let action = action(name, &format!("{upstream}/{path}"));
            std::fs::write(file, action.to_string()).unwrap();
        }
        let text = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
[[flow]]
name = "voice"
[server]
listen = "127.0.0.1:0"
usage_file = "usage"
records_file = "calls.jsonl"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "." }
allowed_networks = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]
[[integration.action]]
name = "Few"
[[integration.action.limit]]
name = "few"
allowed = 1
period = "1h"
"#;
        let service = harness::serve(folder.path(), text).await.unwrap();
        let base = format!("http://{}", service.address());
        let http = reqwest::Client::new();
        Self {
            token: harness::login(&http, &base, "flows").await,
            _service: service,
            base,
            http,
            folder,
        }
    }

    fn call(&self, action: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v2/tollgate/actions/Web/{action}/execute", self.base);
        let request = self.http.post(url).bearer_auth(&self.token);
        request.header("tollgate-flow", "voice").body("{}")
    }

    /// The answer's status, its name, and the one that its body says.
    async fn called(&self, action: &str) -> (u16, String, Option<String>) {
        let answer = self.call(action).send().await.unwrap();
        let status = answer.status().as_u16();
        let name = answer.headers()[NAME].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        (status, name, body["contextId"].as_str().map(str::to_owned))
    }

    async fn metrics(&self, accept: &str) -> (String, String) {
        let request = self.http.get(format!("{}/metrics", self.base));
        let request = request.bearer_auth(&self.token).header("accept", accept);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let content = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (content, answer.text().await.unwrap())
    }

    /// The series, once one is what is wanted.
    async fn series_when(&self, name: &str, wanted: f64) -> BTreeMap<String, f64> {
        let begun = Instant::now();
        loop {
            let text = self.metrics("*/*").await.1;
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let parts = lines.map(|line| line.rsplit_once(' ').unwrap());
            let series = parts.map(|(name, value)| (name.to_owned(), value.parse().unwrap()));
            let series: BTreeMap<String, f64> = series.collect();
            if series.get(name) == Some(&wanted) {
                return series;
            }
            assert!(begun.elapsed() < PATIENCE, "{name} isn't {wanted}:\n{text}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn calls(action: &str, outcome: &str) -> String {
    let of = format!(r#"flow="voice",integration="Web",action="{action}""#);
    format!(r#"tollgate_calls_total{{{of},outcome="{outcome}"}}"#)
}

#[tokio::test]
async fn a_call_has_one_name() {
    let world = World::start().await;
    let (status, first, none) = world.called("Well").await;
    assert_eq!((status, none), (200, None));
    let (status, second, context) = world.called("Gone").await;
    assert_eq!((status, context.as_ref()), (404, Some(&second)));
    let (status, third, context) = world.called("Missing").await;
    assert_eq!((status, context.as_ref()), (404, Some(&third)));
    assert!(first != second && second != third);
    assert_eq!(first.len(), 36, "{first}");
}

#[tokio::test]
async fn each_call_counts_however_it_ends() {
    let world = World::start().await;
    for (action, status) in [
        ("Well", 200),
        ("Well", 200),
        ("Gone", 404),
        ("Few", 200),
        ("Few", 429),
        ("Few", 429),
    ] {
        assert_eq!(world.called(action).await.0, status, "{action}");
    }
    // A caller that leaves while its call is under way.
    let under_way = {
        let request = world.call("Slow");
        tokio::spawn(async move { request.send().await })
    };
    world
        .series_when(r#"tollgate_flow_under_way{flow="voice"}"#, 1.0)
        .await;
    under_way.abort();
    let series = world.series_when(&calls("Slow", "abandoned"), 1.0).await;
    for (name, wanted) in [
        (calls("Well", "answered"), 2.0),
        (calls("Gone", "failed"), 1.0),
        (calls("Few", "answered"), 1.0),
        (calls("Few", "refused"), 2.0),
        (
            r#"tollgate_refusals_total{flow="voice",limit="few",reason="deadline.cannot.be.met"}"#
                .to_owned(),
            2.0,
        ),
        (
            r#"tollgate_failures_total{flow="voice",integration="Web",reason="upstream.error"}"#
                .to_owned(),
            1.0,
        ),
        (
            r#"tollgate_upstream_answers_total{integration="Web",class="2xx"}"#.to_owned(),
            3.0,
        ),
        (
            r#"tollgate_upstream_answers_total{integration="Web",class="4xx"}"#.to_owned(),
            1.0,
        ),
        (
            r#"tollgate_limit_allowed{limit="few",scope="action"}"#.to_owned(),
            1.0,
        ),
        (
            r#"tollgate_limit_held{limit="few",scope="action"}"#.to_owned(),
            1.0,
        ),
        (
            r#"tollgate_limit_period_seconds{limit="few",scope="action"}"#.to_owned(),
            3600.0,
        ),
        // It waited no more than the calls that were answered; its own send counts, its whole time doesn't.
        (
            r#"tollgate_call_waiting_seconds_count{flow="voice",integration="Web",action="Slow"}"#
                .to_owned(),
            1.0,
        ),
        (
            r#"tollgate_call_whole_seconds_count{flow="voice",integration="Web",action="Slow"}"#
                .to_owned(),
            0.0,
        ),
        (
            r#"tollgate_call_waiting_seconds_count{flow="voice",integration="Web",action="Few"}"#
                .to_owned(),
            1.0,
        ),
    ] {
        assert_eq!(series.get(&name), Some(&wanted), "{name}: {series:#?}");
    }
    world
        .series_when(
            r#"tollgate_upstream_answers_total{integration="Web",class="none"}"#,
            1.0,
        )
        .await;
    // The simulator plays what was asked for, so it has a line of that call, too.
    let path = world.folder.path().join("calls.jsonl");
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut outcomes: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| format!("{} {}", line["action"], line["outcome"]).replace('"', ""))
            .collect();
        if outcomes.len() >= 7 {
            outcomes.sort();
            let wanted = [
                "Few answered",
                "Few refused",
                "Few refused",
                "Gone failed",
                "Slow abandoned",
                "Well answered",
                "Well answered",
            ];
            assert_eq!(outcomes, wanted);
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{text}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn figures_come_in_two_formats() {
    let world = World::start().await;
    let (content, text) = world.metrics("*/*").await;
    assert!(
        content.starts_with("application/openmetrics-text"),
        "{content}"
    );
    assert!(text.ends_with("# EOF\n"));
    let (content, text) = world.metrics("text/plain").await;
    assert!(
        content.starts_with("text/plain; version=0.0.4"),
        "{content}"
    );
    assert!(
        text.contains("# TYPE tollgate_calls_total counter\n"),
        "{text}"
    );
}
