//! `/live` and `/ready`: what a node says of itself to who restarts it, and to who sends it calls.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tollgate_service::Service;

/// More than anything here takes on a slow machine, and less than for ever.
const PATIENCE: Duration = Duration::from_secs(120);
const GRANT: &str = r#"{"access_token":"t0k3n-of-this-test","expires_in":3600}"#;
const DENIED: &str = r#"{"error":"invalid_client","error_description":"client not found"}"#;

struct World {
    service: Service,
    base: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    /// A service with an integration whose tokens come from this platform, if there is one.
    async fn start(platform: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let service = harness::serve(folder.path(), &config(folder.path(), platform)).await;
        let service = service.unwrap();
        Self {
            base: service.url(),
            service,
            http: reqwest::Client::new(),
            _folder: folder,
        }
    }

    /// What a stranger is answered.
    async fn ask(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await;
        let answer = answer.unwrap();
        if answer.status() != 400 {
            assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        }
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Whether it is ready, and its checks.
    async fn ready(&self, query: &str) -> (u16, Value) {
        let (status, text) = self.ask(&format!("/ready{query}")).await;
        let view: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(view["ready"], status == 200, "{view}");
        (status, view)
    }

    /// Waits until a check stands so, and gives it and the status.
    async fn until(&self, check: &str, state: &str) -> (u16, Value) {
        let begun = Instant::now();
        loop {
            let (status, view) = self.ready("").await;
            let found = of(&view, check);
            if found["state"] == state {
                return (status, found);
            }
            assert!(begun.elapsed() < PATIENCE, "{check} is not {state}: {view}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn config(folder: &Path, platform: Option<&str>) -> String {
    let say = harness::action("Say", "http://127.0.0.1:9/").to_string();
    std::fs::write(folder.join("say.json"), say).unwrap();
    let of_platform = platform.map_or_else(String::new, |platform| {
        format!(
            r#"
[[client]]
name = "pool"
client_id = "id"
client_secret_env = "SECRET"
token_url = "{platform}/oauth/token"
[[integration]]
name = "The platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "." }}
"#
        )
    });
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
[upstream]
token_timeout = "10m"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "." }}
{of_platform}
"#
    )
}

fn of(view: &Value, check: &str) -> Value {
    let mut checks = view["checks"].as_array().unwrap().iter();
    checks
        .find(|it| it["name"] == check)
        .cloned()
        .unwrap_or_default()
}

#[tokio::test]
async fn a_node_is_ready_when_the_first_token_is_there() {
    let open = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&open);
    let token = move || async move {
        // It is never closed.
        let _pass = gate.acquire().await;
        GRANT
    };
    let platform = harness::upstream(Router::new().route("/oauth/token", post(token))).await;
    let world = World::start(Some(&platform)).await;
    let (status, view) = world.ready("").await;
    assert_eq!(
        (status, &of(&view, "serving")["state"]),
        (503, &"starting".into())
    );
    assert_eq!(world.ask("/live").await, (200, "ok\n".to_owned()));
    open.add_permits(1);
    let (status, serving) = world.until("serving", "ok").await;
    assert_eq!((status, &serving["required"]), (200, &true.into()));
    world.service.drain(Duration::ZERO).await;
}

#[tokio::test]
async fn a_platform_that_refuses_makes_no_node_unready_unless_that_is_asked_for() {
    let denied = || async { (StatusCode::UNAUTHORIZED, DENIED) };
    let platform = harness::upstream(Router::new().route("/oauth/token", post(denied))).await;
    let world = World::start(Some(&platform)).await;
    let (_, tokens) = world.until("tokens", "missing").await;
    assert_eq!(
        (&tokens["ok"], &tokens["required"], &tokens["integrations"]),
        (&false.into(), &false.into(), &1.into())
    );
    let (status, _) = world.until("serving", "ok").await;
    assert_eq!(status, 200);
    let (status, view) = world.ready("?require=tokens").await;
    assert_eq!(
        (status, &of(&view, "tokens")["required"]),
        (503, &true.into())
    );
    // What this node doesn't have can't be unwell.
    assert_eq!(
        world
            .ready("?require=store,lease&require=definitions")
            .await
            .0,
        200
    );
    for wrong in ["?require=token", "?requires=tokens"] {
        assert_eq!(world.ask(&format!("/ready{wrong}")).await.0, 400, "{wrong}");
    }
    // A stranger learns no name, no address and no reason.
    let shown = view.to_string();
    for hidden in [
        "platform",
        "127.0.0.1",
        "invalid_client",
        "pool",
        "not found",
    ] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    world.service.drain(Duration::ZERO).await;
}

#[tokio::test]
async fn a_node_that_is_about_to_end_says_so_and_goes_on_answering() {
    let world = World::start(None).await;
    assert_eq!(world.ready("").await.0, 200, "nothing is waited for");
    // The connection is kept.
    let (before, _) = world.until("serving", "ok").await;
    assert_eq!(before, 200);
    world.service.announce_drain();
    let (status, serving) = world.until("serving", "draining").await;
    assert_eq!((status, &serving["ok"]), (503, &false.into()));
    assert_eq!(
        world.ask("/live").await.0,
        200,
        "it is not to be killed for that"
    );
    let health = world
        .http
        .get(format!("{}/health", world.base))
        .send()
        .await;
    let health = health.unwrap();
    assert_eq!(health.status(), 200);
    assert_eq!(
        health.headers()["connection"],
        "close",
        "others answer from now on"
    );
    // Looks go on, and none makes it ready again.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(world.ready("").await.0, 503);
    assert!(world.service.drain(PATIENCE).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_engine_that_hangs_is_found_out_and_no_store_or_platform_is() {
    let world = World::start(None).await;
    let (go_on, until) = std::sync::mpsc::channel();
    world.service.hang_engine(until);
    let (status, _) = world.until("engine", "silent").await;
    assert_eq!(status, 503);
    assert_eq!(
        world.ask("/live").await,
        (503, "the engine hangs\n".to_owned())
    );
    drop(go_on);
    let (status, _) = world.until("engine", "ok").await;
    assert_eq!(status, 200);
    assert_eq!(world.ask("/live").await.0, 200);
    world.service.drain(Duration::ZERO).await;
}
