//! Flows and limits in shadow: what is called, recorded and told of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::routing::any;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tollgate_service::Service;

struct World {
    service: Service,
    base: String,
    token: String,
    http: reqwest::Client,
    folder: tempfile::TempDir,
    /// The upstream answers while it has permits.
    answers: Arc<Semaphore>,
}

/// Three calls in a window that outlasts the test.
const FEW: &str = "allowed = 3\nperiod = \"1h\"";
/// A call that waits for the window is refused.
const SOON: &str = "5s";

impl World {
    /// A service with this limit, and this at the flow `mail`.
    async fn start(limit: &str, flow: &str) -> Self {
        let answers = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let gate = Arc::clone(&answers);
        let answer = move || {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                "{\"answer\": 1}"
            }
        };
        let router = Router::new().route("/", any(answer));
        let url = harness::upstream(router).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("say.json"),
            harness::action("Say", &url).to_string(),
        )
        .unwrap();
        let text = format!(
            r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
[server]
listen = "127.0.0.1:0"
records_file = "calls.jsonl"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "." }}
allowed_networks = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]
[[limit]]
name = "few"
{limit}
[[flow]]
name = "mail"
{flow}
[[flow]]
name = "voice"
"#
        );
        let service = harness::serve(folder.path(), &text).await.unwrap();
        let base = format!("http://{}", service.address());
        let http = reqwest::Client::new();
        Self {
            token: harness::login(&http, &base, "flows").await,
            service,
            base,
            http,
            folder,
            answers,
        }
    }

    /// Status of a call by this flow that may start within so long.
    async fn call(&self, flow: &str, within: &str) -> u16 {
        let url = format!("{}/api/v2/tollgate/actions/Web/Say/execute", self.base);
        let request = self.http.post(url).bearer_auth(&self.token).body("{}");
        let request = request.header("Tollgate-Flow", flow);
        let request = request.header("Tollgate-Deadline", within);
        request.send().await.unwrap().status().as_u16()
    }

    /// What is told of a limit or a flow.
    async fn told(&self, list: &str, name: &str) -> Value {
        let url = format!("{}/api/v2/tollgate/{list}", self.base);
        let list = self.http.get(url).bearer_auth(&self.token).send().await;
        let list: Value = list.unwrap().json().await.unwrap();
        let all = list["entities"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).unwrap().clone()
    }

    /// The records, once there are so many.
    async fn records(&self, many: usize) -> Vec<Value> {
        let path = self.folder.path().join("calls.jsonl");
        loop {
            let records = read(&path);
            if records.len() >= many {
                return records;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn read(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Of the records' decisions: how many at once, how many later, how many refused by the limit.
fn decisions(records: &[Value]) -> [usize; 3] {
    let would = |ok: fn(&Value) -> bool| records.iter().filter(|it| ok(&it["would_have"])).count();
    [
        would(|it| it["sent_after_ms"] == 0.0),
        would(|it| {
            it["sent_after_ms"]
                .as_f64()
                .is_some_and(|millis| millis > 0.0)
        }),
        would(|it| it["refused"] == "deadline.cannot.be.met" && it["limit"] == "few"),
    ]
}

#[tokio::test]
async fn a_flow_in_shadow_is_not_refused() {
    let world = World::start(FEW, "mode = \"shadow\"").await;
    for _ in 0..5 {
        assert_eq!(world.call("mail", SOON).await, 200);
    }
    let records = world.records(5).await;
    assert!(
        records.iter().all(|it| it["outcome"] == "answered"),
        "{records:?}"
    );
    assert_eq!(decisions(&records), [3, 0, 2], "{records:?}");
    let flow = world.told("flows", "mail").await;
    assert_eq!(
        (&flow["mode"], &flow["refused"]),
        (&json!("shadow"), &json!(0))
    );
    let would = &flow["wouldHave"];
    assert_eq!(
        [&would["atOnce"], &would["delayed"], &would["refused"]],
        [3, 0, 2],
        "{would}"
    );
    let limit = world.told("limits", "few").await;
    assert_eq!(
        (&limit["held"], &limit["wouldRefuse"]),
        (&json!(5), &json!(2))
    );
    // What it has taken is counted for another flow, which is held.
    assert_eq!(world.call("voice", SOON).await, 429);
}

#[tokio::test]
async fn a_flow_in_shadow_is_not_delayed() {
    let world = World::start("concurrent = 1", "mode = \"shadow\"").await;
    world.answers.forget_permits(Semaphore::MAX_PERMITS);
    let both = async { tokio::join!(world.call("mail", "20s"), world.call("mail", "20s")) };
    let answer = async {
        while world.told("flows", "mail").await["running"] != 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.answers.add_permits(2);
    };
    assert_eq!(tokio::join!(both, answer).0, (200, 200));
    assert_eq!(decisions(&world.records(2).await), [1, 1, 0]);
    let would = &world.told("flows", "mail").await["wouldHave"];
    assert!(would["longestMillis"].as_u64().unwrap() > 0, "{would}");
}

#[test]
fn what_is_undecided_when_the_service_ends_is_recorded() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = runtime.block_on(async {
        // The second would wait for an hour, and the test doesn't.
        let world = World::start("allowed = 1\nperiod = \"1h\"", "mode = \"shadow\"").await;
        for _ in 0..2 {
            assert_eq!(world.call("mail", "2h").await, 200);
        }
        assert!(world.service.drain(Duration::from_secs(20)).await);
        world.folder
    });
    // As when the process ends: what is written is what was told to the writer by now.
    drop(runtime);
    let records = read(&folder.path().join("calls.jsonl"));
    assert_eq!(decisions(&records), [1, 0, 0], "{records:?}");
    assert_eq!(records.len(), 2, "{records:?}");
}

#[tokio::test]
async fn a_limit_in_shadow_holds_nobody() {
    let world = World::start(&format!("{FEW}\nmode = \"shadow\""), "").await;
    for _ in 0..5 {
        assert_eq!(world.call("voice", SOON).await, 200);
    }
    assert_eq!(decisions(&world.records(5).await), [3, 0, 2]);
    let limit = world.told("limits", "few").await;
    assert_eq!(
        (&limit["mode"], &limit["wouldRefuse"]),
        (&json!("shadow"), &json!(2))
    );
}

#[tokio::test]
async fn with_nothing_in_shadow_nothing_is_told_of_it() {
    let world = World::start(FEW, "mode = \"enforce\"").await;
    for status in [200, 200, 200, 429] {
        assert_eq!(world.call("mail", SOON).await, status);
    }
    let records = world.records(4).await;
    assert!(
        records.iter().all(|it| it.get("would_have").is_none()),
        "{records:?}"
    );
    let flow = world.told("flows", "mail").await;
    assert!(
        flow.get("mode").is_none() && flow.get("wouldHave").is_none(),
        "{flow}"
    );
}
