//! What is seen of the service: how it stands, what was, the last failures, by whom it may be seen, and as it happens.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::any;
use harness::action;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tollgate_service::{Service, openapi_document};

/// Bounds only how long a broken service keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(120);

struct World {
    service: Service,
    base: String,
    http: reqwest::Client,
    viewer: String,
    flows: String,
    folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let says = |Path(status): Path<u16>| async move {
            (StatusCode::from_u16(status).unwrap(), r#"{"answer": 42}"#)
        };
        let router = Router::new().route("/status/{status}", any(says));
        let upstream = harness::upstream(router).await;
        let folder = tempfile::tempdir().unwrap();
        let actions = folder.path().join("actions");
        std::fs::create_dir(&actions).unwrap();
        for (name, status) in [("Well", 200), ("Few", 200), ("Gone", 404)] {
            let action = action(name, &format!("{upstream}/status/{status}"));
            let file = actions.join(format!("{name}.json"));
            std::fs::write(file, action.to_string()).unwrap();
        }
        Self::again(folder).await
    }

    /// A service in a folder that may have been another's.
    async fn again(folder: tempfile::TempDir) -> Self {
        let text = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
[[caller]]
client_id = "wall"
client_secret_env = "SECRET"
roles = ["view"]
[[flow]]
name = "voice"
[server]
listen = "127.0.0.1:0"
usage_file = "usage"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "actions" }
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
        let begun = Instant::now();
        // One that has drained lets the usage file go when the last of its tasks is dropped: a moment later in one process.
        let service = loop {
            match harness::serve(folder.path(), text).await {
                Ok(service) => break service,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{error:?}"),
            }
            sleep(Duration::from_millis(50)).await;
        };
        let base = format!("http://{}", service.address());
        let http = reqwest::Client::new();
        Self {
            viewer: harness::login(&http, &base, "wall").await,
            flows: harness::login(&http, &base, "flows").await,
            service,
            base,
            http,
            folder,
        }
    }

    /// Status and name of a call.
    async fn call(&self, action: &str) -> (u16, String) {
        let url = format!("{}/api/v2/tollgate/actions/Web/{action}/execute", self.base);
        let request = self.http.post(url).bearer_auth(&self.flows);
        let request = request.header("tollgate-flow", "voice").body("{}");
        let answer = request.send().await.unwrap();
        let name = answer.headers()["inin-correlation-id"].to_str();
        (answer.status().as_u16(), name.unwrap().to_owned())
    }

    async fn see(&self, path: &str) -> Value {
        let url = format!("{}/api/v2/tollgate/{path}", self.base);
        let answer = self.http.get(url).bearer_auth(&self.viewer).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// What is seen there, as soon as it is what is waited for.
    async fn see_when(&self, path: &str, is: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let seen = self.see(path).await;
            if is(&seen) {
                return seen;
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: {seen:#}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A figure of a series over all points.
fn sum(history: &Value, kind: &str, figure: &str) -> u64 {
    let series = history["series"].as_array().unwrap().iter();
    let points = series
        .filter(|it| it["kind"] == kind)
        .flat_map(|it| it["figures"][figure].as_array().unwrap());
    points.filter_map(Value::as_u64).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_survives_a_restart() {
    let world = World::start().await;
    for _ in 0..3 {
        assert_eq!(world.call("Well").await.0, 200);
    }
    assert_eq!(world.call("Few").await.0, 200);
    assert_eq!(world.call("Few").await.0, 429);
    let path = "history?series=flow:voice,refusal,limit,waiting,integration";
    let seen = world.see_when(path, |it| sum(it, "refusal", "calls") == 1);
    let seen = seen.await;
    assert_eq!(sum(&seen, "flow", "answered"), 4);
    assert_eq!(sum(&seen, "flow", "refused"), 1);
    assert_eq!(sum(&seen, "waiting", "calls"), 4);
    assert_eq!(sum(&seen, "integration", "2xx"), 4);
    let mut refusal = seen["series"].as_array().unwrap().iter();
    let refusal = refusal.find(|it| it["kind"] == "refusal").unwrap();
    assert_eq!(refusal["labels"]["flow"], "voice");
    assert_eq!(refusal["labels"]["limit"], "few");
    let World {
        service, folder, ..
    } = world;
    assert!(service.drain(PATIENCE).await);
    let world = World::again(folder).await;
    let seen = world.see(path).await;
    assert_eq!(sum(&seen, "flow", "answered"), 4);
    assert_eq!(sum(&seen, "refusal", "calls"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_line_says_how_it_stands_and_failures_what_to_do() {
    let world = World::start().await;
    let idle = world.see_when("overview", |it| it["state"] == "good").await;
    assert_eq!(idle["sentence"], "Just started; nothing has called yet.");
    world.call("Well").await;
    let well = world.see_when("overview", |it| it["calls"]["answered"] == 1);
    let well = well.await;
    let sentence = well["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("All calls in time"), "{sentence}");
    let (_, answered) = world.call("Few").await;
    let (_, refused) = world.call("Few").await;
    let (_, failed) = world.call("Gone").await;
    let bad = world
        .see_when("overview", |it| it["state"] == "refusing")
        .await;
    assert_eq!(
        bad["sentence"],
        "1 call was refused in the last minute, of voice (few: deadline.cannot.be.met)."
    );
    let mut voice = bad["flows"].as_array().unwrap().iter();
    let voice = voice.find(|it| it["flow"] == "voice").unwrap();
    assert_eq!(voice["refusals"][0]["limit"], "few");
    assert!(voice["waitedP95Millis"].is_number(), "{voice}");
    assert_eq!(bad["limits"][0]["limit"], "few", "the fullest is the first");
    assert_eq!(bad["limits"][0]["headroom"], 0);
    let failures = world.see("failures").await;
    let first = |at: usize| &failures["entities"][at];
    assert_eq!(
        (&first(0)["id"], &first(0)["outcome"]),
        (&failed.into(), &"failed".into())
    );
    assert_eq!(first(0)["upstreamStatus"], 404);
    assert_eq!(first(0)["whatToDo"], "as the upstream says");
    assert_eq!(
        (&first(1)["id"], &first(1)["limit"]),
        (&refused.into(), &"few".into())
    );
    let todo = "a later deadline, a higher priority, or more quota";
    assert_eq!(first(1)["whatToDo"], todo);
    assert_eq!(
        world.see("failures?reason=upstream.error").await["total"],
        1
    );
    let call = world.see(&format!("calls/{answered}")).await;
    assert_eq!(
        (&call["outcome"], &call["action"]),
        (&"answered".into(), &"Few".into())
    );
    let url = format!("{}/api/v2/tollgate/calls/{}", world.base, uuid());
    let missing = world.http.get(url).bearer_auth(&world.viewer).send().await;
    assert_eq!(missing.unwrap().status(), 404);
}

fn uuid() -> &'static str {
    "00000000-0000-4000-8000-000000000001"
}

/// What a viewer may ask for; everything else is refused.
const SEEN: [&str; 13] = [
    "GET /metrics",
    "GET /api/v2/tollgate/overview",
    "GET /api/v2/tollgate/history",
    "GET /api/v2/tollgate/events",
    "GET /api/v2/tollgate/failures",
    "GET /api/v2/tollgate/calls/{callId}",
    "GET /api/v2/tollgate/limits",
    "GET /api/v2/tollgate/flows",
    "GET /api/v2/tollgate/closings",
    "GET /api/v2/tollgate/learned",
    "GET /api/v2/tollgate/upstreams",
    "GET /api/v2/tollgate/cluster",
    "GET /api/v2/tollgate/cache",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_sees_and_does_nothing_else() {
    let world = World::start().await;
    let document = openapi_document();
    let mut refused = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            // What takes no caller, and the viewer's own token.
            if operation.get("security").is_some() || path == "/api/v2/tokens/me" {
                continue;
            }
            let method = method.to_ascii_uppercase();
            let mut url = path.clone();
            while let (Some(begin), Some(end)) = (url.find('{'), url.find('}')) {
                url.replace_range(begin..=end, uuid());
            }
            let of = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = world.http.request(of, format!("{}{url}", world.base));
            let request = request.bearer_auth(&world.viewer);
            let content = operation["requestBody"]["content"].as_object();
            let content = content.and_then(|it| it.keys().next());
            let request = match content {
                Some(content) => request.header("content-type", content).body("{}"),
                None => request,
            };
            let status = request.send().await.unwrap().status();
            let name = format!("{method} {path}");
            match SEEN.contains(&name.as_str()) {
                true => assert!(status == 200 || status == 404, "{name}: {status}"),
                false => {
                    assert_eq!(status, 403, "{name}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
    assert_eq!(world.see("flows").await["total"], 2, "it sees all flows");
    // Who calls doesn't see what becomes of others' calls.
    for path in ["overview", "history", "events", "failures"] {
        let url = format!("{}/api/v2/tollgate/{path}", world.base);
        let answer = world.http.get(url).bearer_auth(&world.flows).send().await;
        assert_eq!(answer.unwrap().status(), 403, "{path}");
    }
    let me = format!("{}/api/v2/tokens/me", world.base);
    let ended = world
        .http
        .delete(me)
        .bearer_auth(&world.viewer)
        .send()
        .await;
    assert!(
        ended.unwrap().status().is_success(),
        "it may end its own token"
    );
}

/// A listener, and what it hasn't taken yet.
struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(world: &World) -> Self {
        let url = format!("{}/api/v2/tollgate/events", world.base);
        let answer = world.http.get(url).bearer_auth(&world.viewer).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The next event; none at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                let found = (field("event: "), field("data: "));
                self.text = rest.to_owned();
                if let (Some(name), Some(data)) = found {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            let chunk = chunk.expect("an event in time").ok()??;
            self.text += std::str::from_utf8(&chunk).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_told_each_second_and_when_the_verdict_is_another_one() {
    let world = World::start().await;
    let mut events = Events::open(&world).await;
    let (name, verdict) = events.next().await.unwrap();
    assert_eq!(name, "verdict");
    assert!(verdict["sentence"].is_string(), "{verdict}");
    let (name, sample) = events.next().await.unwrap();
    assert_eq!(name, "sample");
    let begin = sample["at"].as_u64().unwrap();
    let mut kinds = sample["series"].as_array().unwrap().iter();
    assert!(kinds.any(|it| it["kind"] == "limit"), "{sample}");
    world.call("Few").await;
    world.call("Few").await;
    let mut last = begin;
    loop {
        let (name, told) = events.next().await.unwrap();
        match &*name {
            "sample" => {
                let at = told["at"].as_u64().unwrap();
                assert!(at > last, "{at} {last}");
                last = at;
            }
            _ if told["state"] == "refusing" => break,
            _ => {}
        }
        assert!(last < begin + PATIENCE.as_secs());
    }
    // The end of the node is the end of the events.
    world.service.announce_drain();
    while events.next().await.is_some() {}
    assert!(world.service.drain(PATIENCE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_are_bounded_and_hold_up_no_drain() {
    let world = World::start().await;
    let mut all = Vec::new();
    for _ in 0..64 {
        all.push(Events::open(&world).await);
    }
    let url = format!("{}/api/v2/tollgate/events", world.base);
    let request = || world.http.get(&url).bearer_auth(&world.viewer).send();
    assert_eq!(request().await.unwrap().status(), 503);
    all.pop();
    let begun = Instant::now();
    while request().await.unwrap().status() != 200 {
        assert!(begun.elapsed() < PATIENCE);
        sleep(Duration::from_millis(50)).await;
    }
    // None of them takes anything.
    assert!(world.service.drain(PATIENCE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_whose_token_ends_is_told_nothing_more() {
    let world = World::start().await;
    let mut events = Events::open(&world).await;
    assert!(events.next().await.is_some());
    let url = format!("{}/api/v2/tokens/me", world.base);
    let ended = world.http.delete(url).bearer_auth(&world.viewer).send();
    assert!(ended.await.unwrap().status().is_success());
    let begun = Instant::now();
    // What was on its way may still come.
    while events.next().await.is_some() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it goes on");
    }
    assert!(world.service.drain(PATIENCE).await);
}
