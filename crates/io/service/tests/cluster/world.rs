//! The platform, the store, and nodes between them.

use crate::harness;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tollgate_coordination::{CoordinationUrl, Memory};
use tollgate_emulator::Emulator;
use tollgate_lease::Value;
use tollgate_model::Stream;
use tollgate_platform::{Spread, Window};
use tollgate_service::Service;

/// Calls in a window of two seconds.
pub(crate) const ALLOWED: u32 = 200;
pub(crate) const PERIOD: Duration = Duration::from_secs(2);
/// Calls a second that the limit lets through.
const RATE: f64 = ALLOWED as f64 / PERIOD.as_secs_f64();

pub(crate) struct Node {
    pub(crate) service: Service,
    pub(crate) base: String,
    pub(crate) token: String,
    action: String,
}

pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) memory: Memory,
    pub(crate) folder: tempfile::TempDir,
    period: Duration,
    max_tokens: u32,
    of_token: u32,
    pub(crate) http: reqwest::Client,
    stream: Stream,
}

impl World {
    /// The platform, with so long a window, and a value of which nobody has anything; `name` is the store's.
    pub(crate) async fn start(name: &str, period: Duration) -> Self {
        Self::with_tokens(name, period, (1, None)).await
    }

    /// The same, where a client may have so many tokens, each of which has so many calls in a window.
    pub(crate) async fn with_tokens(
        name: &str,
        period: Duration,
        (max_tokens, of_token): (u32, Option<u32>),
    ) -> Self {
        let platform = tollgate_platform::Config {
            clients: vec![tollgate_platform::Client {
                id: "pool".into(),
                secret: harness::SECRET.into(),
            }],
            token: of_token.map(|allowed| Window { allowed, period }),
            organisation: Some(Window {
                allowed: ALLOWED,
                period,
            }),
            latency: Spread::fixed(Duration::from_millis(5)),
            ..tollgate_platform::Config::default()
        };
        let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into());
        let memory = Memory::named(name);
        let url = CoordinationUrl::parse(&format!("memory://{name}")).unwrap();
        let store = tollgate_coordination::open(&url, ORGANIZATION).unwrap();
        let server = store.read().await.unwrap().server;
        let nobody = Value::of_nobody(server.as_str()).write();
        store.swap(None, &nobody, "").await.unwrap();
        Self {
            emulator: emulator.await.unwrap(),
            memory,
            folder: tempfile::tempdir().unwrap(),
            period,
            max_tokens,
            of_token: of_token.unwrap_or(100_000),
            http: reqwest::Client::new(),
            stream: Stream::new(1),
        }
    }

    pub(crate) async fn node(&self, name: &str, store: &str) -> Node {
        let platform = format!("http://{}", self.emulator.address());
        let period = self.period.as_secs();
        let (max_tokens, of_token) = (self.max_tokens, self.of_token);
        let action = json!({
            "name": "Get user", "integrationType": "purecloud-data-actions", "actionType": "custom",
            "config": {
                "request": {"requestUrlTemplate": "/api/v2/users/${input.id}", "requestType": "GET", "headers": {}, "requestTemplate": ""},
                "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "{\"ok\": true}"},
            },
            "contract": {
                "input": {"inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
                "output": {"successSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}},
            },
        });
        let folder = self.folder.path();
        std::fs::create_dir_all(folder.join("actions")).unwrap();
        std::fs::write(folder.join("actions/get-user.json"), action.to_string()).unwrap();
        let text = format!(
            r#"presets = []
[server]
listen = "127.0.0.1:0"
usage_file = "{name}.usage"
[cluster]
url = "memory://{store}"
node = "{name}"
lease = "20s"
longest_pause = "1s"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
roles = ["execute", "administer"]
[[caller]]
client_id = "viewer"
client_secret_env = "SECRET"
flows = ["*"]
roles = ["execute"]
[[limit]]
name = "org.rate"
scope = "organisation"
allowed = {ALLOWED}
period = "{period}s"
[[client]]
name = "pool"
client_id = "pool"
client_secret_env = "SECRET"
token_url = "{platform}/oauth/token"
max_tokens = {max_tokens}
token_rate = {{ allowed = {of_token}, period = "{period}s" }}
[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{platform}"
clients = ["pool"]
actions = {{ folder = "actions" }}
"#
        );
        let service = harness::serve(folder, &text).await.unwrap();
        let base = format!("http://{}", service.address());
        let token = harness::login(&self.http, &base, "flows").await;
        let listed = self.http.get(format!("{base}/api/v2/integrations/actions"));
        let listed = listed.bearer_auth(&token).send().await.unwrap();
        let listed: Json = listed.json().await.unwrap();
        Node {
            service,
            base,
            token,
            action: listed["entities"][0]["id"].as_str().unwrap().to_owned(),
        }
    }

    /// Calls come at random for so long, a third more than the limit lets through; `share` says which node gets what part
    /// after how many seconds. Gives the calls that the platform took, as a part of those that it would have.
    pub(crate) async fn load(
        &mut self,
        nodes: &[&Node],
        seconds: f64,
        share: impl Fn(f64) -> Vec<f64>,
    ) -> f64 {
        let begun = Instant::now();
        let (_, taken) = self.calls(nodes, seconds, 1.33 * RATE, share).await;
        taken as f64 / (RATE * begun.elapsed().as_secs_f64())
    }

    /// So many calls a second come at random. Gives how many there were, and how many the platform took.
    pub(crate) async fn calls(
        &mut self,
        nodes: &[&Node],
        seconds: f64,
        rate: f64,
        share: impl Fn(f64) -> Vec<f64>,
    ) -> (u64, u64) {
        let before = self.emulator.counts().admitted;
        let mut calls = JoinSet::new();
        let (begun, mut at, mut asked) = (Instant::now(), 0.0, 0);
        while at < seconds {
            at += self.stream.exponential() / rate;
            asked += 1;
            sleep_until(begun + Duration::from_secs_f64(at)).await;
            let mut drawn = self.stream.fraction();
            let shares = share(at);
            let place = shares.iter().position(|part| {
                drawn -= part;
                drawn < 0.0
            });
            let node = nodes[place.unwrap_or(nodes.len() - 1)];
            let call = self.call(node);
            calls.spawn(async move { call.send().await.map(|answer| answer.status().as_u16()) });
        }
        while calls.join_next().await.is_some() {}
        (asked, self.emulator.counts().admitted - before)
    }

    /// The shared limit, as a node shows it.
    pub(crate) async fn limit(&self, node: &Node) -> serde_json::Value {
        let limits = self.limits(node).await;
        let limit = limits.iter().find(|limit| limit["name"] == "org.rate");
        limit.unwrap().clone()
    }

    /// The client's tokens that the node uses.
    pub(crate) async fn tokens(&self, node: &Node) -> usize {
        let limits = self.limits(node).await;
        let of_tokens = limits.iter().filter(|limit| limit["client"] == "pool");
        of_tokens.count()
    }

    async fn limits(&self, node: &Node) -> Vec<serde_json::Value> {
        let url = format!("{}{LIMITS}?pageSize=100", node.base);
        let shown = self.http.get(url).bearer_auth(&node.token).send().await;
        let shown: serde_json::Value = shown.unwrap().json().await.unwrap();
        shown["entities"].as_array().unwrap().clone()
    }

    /// An operator sets the shared limit's number at a node.
    pub(crate) async fn set(&self, node: &Node, allowed: u32) {
        let set = self.http.put(format!("{}{LIMITS}", node.base));
        let set = set.bearer_auth(&node.token);
        let set = set.json(&json!({"name": "org.rate", "allowed": allowed}));
        assert_eq!(set.send().await.unwrap().status().as_u16(), 204);
    }

    /// Waits until all of the nodes show the shared limit as is asked; gives how long that took.
    pub(crate) async fn shown(
        &self,
        nodes: &[&Node],
        is_so: impl Fn(&serde_json::Value) -> bool,
    ) -> Duration {
        let begun = Instant::now();
        for node in nodes {
            loop {
                let limit = self.limit(node).await;
                if is_so(&limit) {
                    break;
                }
                let status = node.service.cluster();
                assert!(
                    begun.elapsed() < Duration::from_secs(10),
                    "{limit} {status:?}"
                );
                sleep(Duration::from_millis(20)).await;
            }
        }
        begun.elapsed()
    }

    /// A call that waits for a second at the most.
    pub(crate) fn call(&self, node: &Node) -> reqwest::RequestBuilder {
        let url = format!(
            "{}/api/v2/integrations/actions/{}/execute",
            node.base, node.action
        );
        let call = self.http.post(url).bearer_auth(&node.token);
        call.header("Tollgate-Deadline", "1000ms")
            .json(&json!({"id": "1"}))
    }

    /// What the node answers to a GET of the path, and with which status.
    pub(crate) async fn get(&self, node: &Node, path: &str) -> (u16, String) {
        let asked = self.http.get(format!("{}{path}", node.base));
        let answer = asked.bearer_auth(&node.token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) fn refused(&self) -> u64 {
        self.emulator.counts().limited.values().sum()
    }
}

const LIMITS: &str = "/api/v2/tollgate/limits";
/// The id of an organisation whose file gives none.
const ORGANIZATION: &str = "70116a7e-0000-4000-8000-000000000001";
