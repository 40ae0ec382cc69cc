//! Two nodes over one store that share the limit of a stored integration, which is renamed while they call.

use crate::support;
use crate::world::{ACTIONS, World, action, loopback, make_keys};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tollgate_coordination::CoordinationUrl;
use tollgate_service::Service;

/// Calls in a minute.
const ALLOWED: u32 = 20;
/// Bounds only how long a broken service keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(30);
/// The id of an organisation whose file gives none.
const ORGANIZATION: &str = "70116a7e-0000-4000-8000-000000000001";
const LIMITS: &str = "/api/v2/tollgate/limits";

/// A node, with a folder of its own.
struct Node {
    world: World,
    root: String,
}

impl Node {
    async fn start(name: &str, url: &str, keys: &std::path::Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cluster =
            format!("[cluster]\nurl = \"memory://renamed\"\nnode = \"{name}\"\nlease = \"20s\"\n");
        let service: Service = World::serve_with(folder.path(), url, keys, &cluster).await;
        let http = reqwest::Client::new();
        let world = World {
            service,
            http,
            folder,
        };
        let root = world.root().await;
        Self { world, root }
    }

    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        self.world.done(&self.root, method, path, body).await
    }

    /// Calls so often at once, which don't wait.
    async fn call(&self, path: &str, times: u32) {
        let url = format!("http://{}{path}", self.world.service.address());
        let call = || {
            let call = self.world.http.post(&url).bearer_auth(&self.root);
            call.header("Tollgate-Deadline", "300ms")
                .json(&json!({}))
                .send()
        };
        let mut calls = tokio::task::JoinSet::new();
        (0..times).for_each(|_| drop(calls.spawn(call())));
        while let Some(answer) = calls.join_next().await {
            answer.unwrap().unwrap();
        }
    }

    /// What the node shows of the integration's limit, by its name; null if it knows it by another.
    async fn limit(&self, name: &str) -> Value {
        let all = self
            .done(Method::GET, &format!("{LIMITS}?pageSize=100"), Value::Null)
            .await;
        let all = all["entities"].as_array().unwrap().iter();
        let mut found = all.filter(|it| it["name"] == name);
        found.next().cloned().unwrap_or_default()
    }

    /// Waits until it shows the limit as is asked.
    async fn shows(&self, name: &str, is_so: impl Fn(&Value) -> bool) {
        let begun = Instant::now();
        loop {
            let limit = self.limit(name).await;
            if is_so(&limit) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{name}: {limit}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The keys and names of the limits that nodes share, other than the file's.
    async fn shared(&self) -> Vec<(String, String)> {
        let seen = self
            .done(Method::GET, "/api/v2/tollgate/cluster", Value::Null)
            .await;
        let all = seen["limits"].as_array().unwrap().iter();
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let all = all.map(|it| (text(&it["key"]), text(&it["name"])));
        all.filter(|(_, name)| name.starts_with("integration:"))
            .collect()
    }
}

/// A value of which nobody has anything.
async fn put_first_value() {
    let url = CoordinationUrl::parse("memory://renamed").unwrap();
    let store = tollgate_coordination::open(&url, ORGANIZATION).unwrap();
    let server = store.read().await.unwrap().server;
    let nobody = tollgate_lease::Value::of_nobody(server.as_str()).write();
    store.swap(None, &nobody, "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_integration_is_renamed_and_its_limit_stays_one() {
    let taken = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&taken);
    let answer = move || async move {
        counter.fetch_add(1, Ordering::SeqCst);
        json!({"answer": 1}).to_string()
    };
    let upstream =
        crate::harness::upstream(axum::Router::new().route("/", axum::routing::get(answer))).await;
    let shared = tempfile::tempdir().unwrap();
    make_keys(shared.path());
    let server = match support::postgres::Server::start(support::postgres::Disk::Lags) {
        Ok(server) => server,
        Err(why) => return support::skip(&why),
    };
    let url = server.database("renamed");
    // Kept, for one in memory is forgotten with its last user.
    let _memory = tollgate_coordination::Memory::named("renamed");
    put_first_value().await;
    let a = Node::start("a", &url, shared.path()).await;
    let mut properties = loopback();
    properties["requestsPerMinute"] = json!(ALLOWED);
    let id = a
        .world
        .web_service(&a.root, "userDefined", json!({"k": "v"}), properties)
        .await;
    let made = a
        .done(
            Method::POST,
            ACTIONS,
            action("Get", &id, &upstream, json!({})),
        )
        .await;
    let execute = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    let (old, new) = (
        "Web userDefined.requests.per.minute",
        "New.requests.per.minute",
    );
    let b = Node::start("b", &url, shared.path()).await;
    for node in [&a, &b] {
        node.shows(old, |it| it["lease"]["slots"].as_u64() > Some(0))
            .await;
    }

    // One uses most of it, the other the rest.
    let begun = Instant::now();
    while taken.load(Ordering::SeqCst) < ALLOWED {
        a.call(&execute, 5).await;
        if taken.load(Ordering::SeqCst) > ALLOWED * 3 / 4 {
            b.call(&execute, 5).await;
        }
        assert!(begun.elapsed() < PATIENCE, "{taken:?} of {ALLOWED}");
    }
    let key = format!("stored:{id}.requests.per.minute");
    assert_eq!(
        a.shared().await,
        [(key.clone(), format!("integration:{old}"))]
    );

    // One of them knows the new name before the other; both go on to call.
    let path = format!("/api/v2/integrations/{id}");
    a.done(Method::PATCH, &path, json!({"name": "New"})).await;
    for node in [&b, &a, &b] {
        node.call(&execute, 30).await;
    }
    // On a machine that took a minute for this, the first of them are free again.
    if begun.elapsed() < Duration::from_secs(60) {
        assert_eq!(taken.load(Ordering::SeqCst), ALLOWED, "calls of one window");
    }

    // A number that is set under the new name holds on both, and goes on to when the other follows.
    a.done(Method::PUT, LIMITS, json!({"name": new, "allowed": 15}))
        .await;
    b.shows(new, |it| it["allowed"] == 15).await;
    a.done(Method::PATCH, &path, json!({"name": "Newest"}))
        .await;
    for node in [&a, &b] {
        node.shows("Newest.requests.per.minute", |it| it["allowed"] == 15)
            .await;
    }
    let name = "integration:Newest.requests.per.minute".to_owned();
    let begun = Instant::now();
    while a.shared().await != [(key.clone(), name.clone())] {
        assert!(begun.elapsed() < PATIENCE, "{:?}", a.shared().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Not even a node whose file knows nothing of it has another number.
    let c = Node::start("c", &url, shared.path()).await;
    assert_eq!(c.limit("Newest.requests.per.minute").await["allowed"], 15);
}
