//! Nodes that share a limit: all of it is used, none of it twice, whoever comes and goes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tollgate_coordination::{CoordinationUrl, Fault, Memory};
use tollgate_emulator::Emulator;
use tollgate_lease::Value;
use tollgate_model::Stream;
use tollgate_platform::{Spread, Window};
use tollgate_service::Service;

/// Calls in a window of two seconds.
const ALLOWED: u32 = 200;
const PERIOD: Duration = Duration::from_secs(2);
/// Calls a second that the limit lets through.
const RATE: f64 = ALLOWED as f64 / PERIOD.as_secs_f64();

struct Node {
    service: Service,
    base: String,
    token: String,
    action: String,
}

struct World {
    emulator: Emulator,
    memory: Memory,
    folder: tempfile::TempDir,
    period: Duration,
    http: reqwest::Client,
    stream: Stream,
}

impl World {
    /// The platform, with so long a window, and a value of which nobody has anything; `name` is the store's.
    async fn start(name: &str, period: Duration) -> Self {
        let platform = tollgate_platform::Config {
            clients: vec![tollgate_platform::Client {
                id: "pool".into(),
                secret: harness::SECRET.into(),
            }],
            token: None,
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
            http: reqwest::Client::new(),
            stream: Stream::new(1),
        }
    }

    async fn node(&self, name: &str, store: &str) -> Node {
        let platform = format!("http://{}", self.emulator.address());
        let period = self.period.as_secs();
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
max_tokens = 1
token_rate = {{ allowed = 100000, period = "60s" }}
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
        let listed: serde_json::Value = listed.json().await.unwrap();
        Node {
            service,
            base,
            token,
            action: listed["entities"][0]["id"].as_str().unwrap().to_owned(),
        }
    }

    /// Calls come at random for so long, a third more than the limit lets through; `share` says which node gets what part
    /// after how many seconds. Gives the calls that the platform took, as a part of those that it would have.
    async fn load(
        &mut self,
        nodes: &[&Node],
        seconds: f64,
        share: impl Fn(f64) -> Vec<f64>,
    ) -> f64 {
        let before = self.emulator.counts().admitted;
        let mut calls = JoinSet::new();
        let (begun, mut at) = (Instant::now(), 0.0);
        while at < seconds {
            at += self.stream.exponential() / (1.33 * RATE);
            sleep_until(begun + Duration::from_secs_f64(at)).await;
            let mut drawn = self.stream.fraction();
            let shares = share(at);
            let place = shares.iter().position(|part| {
                drawn -= part;
                drawn < 0.0
            });
            let node = nodes[place.unwrap_or(nodes.len() - 1)];
            let url = format!(
                "{}/api/v2/integrations/actions/{}/execute",
                node.base, node.action
            );
            let call = self.http.post(url).bearer_auth(&node.token);
            let call = call
                .header("Tollgate-Deadline", "1000ms")
                .json(&json!({"id": "1"}));
            calls.spawn(async move { call.send().await.map(|answer| answer.status().as_u16()) });
        }
        while calls.join_next().await.is_some() {}
        let taken = self.emulator.counts().admitted - before;
        taken as f64 / (RATE * begun.elapsed().as_secs_f64())
    }

    /// The shared limit, as a node shows it.
    async fn limit(&self, node: &Node) -> serde_json::Value {
        let url = format!("{}{LIMITS}?pageSize=100", node.base);
        let shown = self.http.get(url).bearer_auth(&node.token).send().await;
        let shown: serde_json::Value = shown.unwrap().json().await.unwrap();
        let entities = shown["entities"].as_array().unwrap();
        let limit = entities.iter().find(|limit| limit["name"] == "org.rate");
        limit.unwrap().clone()
    }

    /// An operator sets the shared limit's number at a node.
    async fn set(&self, node: &Node, allowed: u32) {
        let set = self.http.put(format!("{}{LIMITS}", node.base));
        let set = set.bearer_auth(&node.token);
        let set = set.json(&json!({"name": "org.rate", "allowed": allowed}));
        assert_eq!(set.send().await.unwrap().status().as_u16(), 204);
    }

    /// Waits until all of the nodes show the shared limit as is asked; gives how long that took.
    async fn shown(&self, nodes: &[&Node], is_so: impl Fn(&serde_json::Value) -> bool) -> Duration {
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

    fn refused(&self) -> u64 {
        self.emulator.counts().limited.values().sum()
    }
}

const LIMITS: &str = "/api/v2/tollgate/limits";
/// The id of an organisation whose file gives none.
const ORGANIZATION: &str = "70116a7e-0000-4000-8000-000000000001";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_use_what_one_would_and_come_and_go() {
    let mut world = World::start("come and go", PERIOD).await;
    let store = "come and go";
    let a = world.node("a", store).await;
    let alone = world.load(&[&a], 5.0, |_| vec![1.0]).await;
    let b = world.node("b", store).await;
    let c = world.node("c", store).await;
    sleep(Duration::from_secs(1)).await;
    let even = world
        .load(&[&a, &b, &c], 5.0, |_| vec![0.34, 0.33, 0.33])
        .await;
    let skewed = world
        .load(&[&a, &b, &c], 12.0, |at| {
            let mut shares = vec![0.7, 0.2, 0.1];
            shares.rotate_left((at / 4.0) as usize);
            shares
        })
        .await;
    let status = a.service.cluster().unwrap();
    println!("alone {alone:.3}, even {even:.3}, rotating {skewed:.3}; {status:?}");
    assert_eq!(world.refused(), 0);
    assert_eq!(status.members.len(), 3);

    // What a node has that ends is the others' at once.
    assert!(b.service.drain(Duration::from_secs(5)).await);
    let left = world.load(&[&a, &c], 4.0, |_| vec![0.5, 0.5]).await;
    let status = a.service.cluster().unwrap();
    assert_eq!(status.members.len(), 2, "{status:?}");

    // Without the store nothing happens for as long as leases last.
    world.memory.set_fault(Fault::Away);
    let away = world.load(&[&a, &c], 4.0, |_| vec![0.5, 0.5]).await;
    world.memory.set_fault(Fault::None);
    // A store that has forgotten everything is learned anew: nobody stops.
    world.memory.wipe();
    world.memory.restart();
    let wiped = world.load(&[&a, &c], 4.0, |_| vec![0.5, 0.5]).await;
    println!("after one has left {left:.3}, without the store {away:.3}, store wiped {wiped:.3}");
    assert_eq!(world.refused(), 0);
    let status = a.service.cluster().unwrap();
    assert!(status.doubts > 0, "{status:?}");
    for used in [even, skewed, left, away, wiped] {
        // Less than is used: a busy machine sends fewer calls.
        assert!(used > 0.7 * alone, "{used} where one node has {alone}");
    }
}

/// All slots that the nodes have of the shared limit.
async fn leased(world: &World, nodes: &[&Node]) -> u64 {
    let mut all = 0;
    for node in nodes {
        all += world.limit(node).await["lease"]["slots"].as_u64().unwrap();
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_number_holds_on_all_nodes() {
    let world = World::start("numbers", PERIOD).await;
    let a = world.node("a", "numbers").await;
    let b = world.node("b", "numbers").await;
    let c = world.node("c", "numbers").await;
    let nodes = [&a, &b, &c];
    let allows = |allowed: u32| move |limit: &serde_json::Value| limit["allowed"] == allowed;
    for (node, allowed) in [(&a, 90), (&b, 240), (&c, 150), (&a, ALLOWED), (&b, 120)] {
        world.set(node, allowed).await;
        let took = world.shown(&nodes, allows(allowed)).await;
        println!("{allowed} on all nodes after {took:?}");
        // Their parts follow: never more in all than is allowed, and soon all of it.
        let begun = Instant::now();
        let mut all = leased(&world, &nodes).await;
        while all != u64::from(allowed) {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{all} of {allowed} are leased"
            );
            sleep(Duration::from_millis(20)).await;
            all = leased(&world, &nodes).await;
        }
    }
    // The node that took it is replaced, by one whose file knows an older number or none; a store that has forgotten
    // everything hears of it.
    assert!(b.service.drain(Duration::from_secs(5)).await);
    world.memory.wipe();
    world.memory.restart();
    let b = world.node("new", "numbers").await;
    world.shown(&[&a, &b, &c], allows(120)).await;
    assert!(a.service.drain(Duration::from_secs(5)).await);
    world.set(&c, 180).await;
    let a = world.node("a", "numbers").await;
    assert_eq!(
        world.limit(&a).await["allowed"],
        180,
        "the value's goes before the file's"
    );
    world.set(&a, ALLOWED).await;
    world.shown(&[&b, &c], allows(ALLOWED)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_429_closes_on_one_node_is_closed_on_all() {
    let mut world = World::start("closed", Duration::from_secs(30)).await;
    let a = world.node("a", "closed").await;
    let b = world.node("b", "closed").await;
    sleep(Duration::from_secs(1)).await;
    // Another application uses the window up.
    let platform = format!("http://{}", world.emulator.address());
    let grant = world.http.post(format!("{platform}/oauth/token"));
    let grant = grant.basic_auth("pool", Some(harness::SECRET));
    let grant = grant.body("grant_type=client_credentials").send().await;
    let grant: serde_json::Value = grant.unwrap().json().await.unwrap();
    for _ in 0..ALLOWED {
        let call = world.http.get(format!("{platform}/api/v2/users/1"));
        let call = call.bearer_auth(grant["access_token"].as_str().unwrap());
        assert_eq!(call.send().await.unwrap().status().as_u16(), 200);
    }
    world.load(&[&a], 0.01, |_| vec![1.0]).await;
    let refused = world.refused();
    assert!(refused > 0);
    let closed = |limit: &serde_json::Value| limit["closedMillis"].as_u64();
    let took = world
        .shown(&[&a, &b], |limit| closed(limit).is_some())
        .await;
    let (here, there) = (world.limit(&a).await, world.limit(&b).await);
    println!("closed on both after {took:?}: {here}, {there}");
    // As long, but for the ways.
    let (here, there) = (closed(&here).unwrap(), closed(&there).unwrap());
    assert!(there.abs_diff(here) < 5_000, "{here} {there}");
    // Nobody calls meanwhile.
    world.load(&[&a, &b], 0.1, |_| vec![0.5, 0.5]).await;
    assert_eq!(world.refused(), refused);
    // An operator who knows better opens it at one node, for all.
    world.set(&b, ALLOWED).await;
    let took = world
        .shown(&[&a, &b], |limit| closed(limit).is_none())
        .await;
    println!("open on both after {took:?}");
}
