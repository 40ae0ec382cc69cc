//! What the API, the metrics and `/health` say of a cluster: while all is well, while the store is away, when leases have
//! ended, and while the value is learned anew.

use crate::harness;
use crate::world::{ALLOWED, Node, PERIOD, World};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tollgate_coordination::Fault;

/// Bounds only how long a broken service keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(60);

async fn shown(world: &World, node: &Node) -> Value {
    let (status, text) = world.get(node, "/api/v2/tollgate/cluster").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// What is shown, once it is so.
async fn shown_when(world: &World, node: &Node, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let shown = shown(world, node).await;
        if is_so(&shown) {
            return shown;
        }
        assert!(begun.elapsed() < PATIENCE, "{shown:#}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The series of that name, labels included.
async fn series(world: &World, node: &Node, name: &str) -> f64 {
    let (status, text) = world.get(node, "/metrics").await;
    assert_eq!(status, 200);
    assert!(text.ends_with("# EOF\n"), "{text}");
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(&format!("tollgate_lease_{name} ")));
    value
        .unwrap_or_else(|| panic!("{name}: {text}"))
        .parse()
        .unwrap()
}

async fn health(world: &World, node: &Node) -> String {
    let (status, text) = world.get(node, "/health").await;
    assert_eq!(status, 200, "a node goes on without the store");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_seen_in_the_api_the_metrics_and_health() {
    let world = World::start("seen", PERIOD).await;
    let a = world.node("a", "seen").await;
    let b = world.node("b", "seen").await;
    let both = |shown: &Value| shown["members"].as_array().unwrap().len() == 2;
    shown_when(&world, &b, both).await;
    let seen = shown_when(&world, &a, both).await;

    assert_eq!(
        (&seen["store"], &seen["doubts"]),
        (&"memory".into(), &0.into())
    );
    assert!(seen["member"].as_str().unwrap().starts_with("a/"));
    for absent in ["trouble", "learning", "notice"] {
        assert_eq!(seen[absent], Value::Null, "{seen:#}");
    }
    let left = seen["leaseLeftMillis"].as_u64().unwrap();
    assert!((1..=20_000).contains(&left));
    let limit = &seen["limits"][0];
    assert_eq!(limit["key"], "organisation:org.rate");
    let parts = limit["parts"].as_array().unwrap().iter();
    let parts = parts
        .map(|part| part["slots"].as_u64().unwrap())
        .sum::<u64>();
    let others = ["free", "returning", "unknown"].map(|name| limit[name].as_u64().unwrap());
    assert_eq!(
        parts + others.iter().sum::<u64>(),
        u64::from(ALLOWED),
        "{limit:#}"
    );
    assert_eq!(health(&world, &a).await, "ok\n");

    let of_limit = r#"{limit="organisation:org.rate"}"#;
    let slots = series(&world, &a, &format!("slots{of_limit}")).await;
    assert!((1.0..f64::from(ALLOWED)).contains(&slots));
    let allowed = series(&world, &a, &format!("cluster_allowed_slots{of_limit}")).await;
    assert_eq!(allowed, f64::from(ALLOWED));
    assert_eq!(series(&world, &a, "cluster_members").await, 2.0);
    assert_eq!(series(&world, &a, "learning").await, 0.0);
    assert!(series(&world, &a, "remaining_seconds").await > 0.0);
    let done = series(&world, &a, r#"exchanges_total{outcome="done"}"#).await;
    // Each exchange is at least a read and a swap.
    assert!(done >= 1.0 && series(&world, &a, "round_trip_seconds_count").await >= 2.0 * done);

    // The store is away: first that is said, then leases end, and neither makes the node unready.
    world.memory.set_fault(Fault::Away);
    let away = shown_when(&world, &a, |shown| shown["notice"].is_string()).await;
    assert!(
        away["trouble"]["reason"]
            .as_str()
            .unwrap()
            .contains("store"),
        "{away:#}"
    );
    // The reason may have the store's address.
    let url = format!("{}/api/v2/tollgate/cluster", a.base);
    let viewer = harness::login(&world.http, &a.base, "viewer").await;
    let answer = world
        .http
        .get(url)
        .bearer_auth(viewer)
        .send()
        .await
        .unwrap();
    let to_viewer: Value = answer.json().await.unwrap();
    let trouble = to_viewer["trouble"].as_object().unwrap();
    assert!(trouble.keys().eq(["sinceMillis"]), "{trouble:?}");
    if away["leaseLeftMillis"] != 0 {
        let notice = away["notice"].as_str().unwrap();
        assert!(
            notice.contains("calls go on until this node's leases end"),
            "{notice}"
        );
    }
    let ended = shown_when(&world, &a, |shown| shown["leaseLeftMillis"] == 0).await;
    assert!(ended["trouble"]["sinceMillis"].as_u64().unwrap() > 0);
    assert!(
        health(&world, &a).await.starts_with(
            "ok\ncluster: the coordination store gives no answer, and this node has no"
        )
    );
    assert_eq!(series(&world, &a, "remaining_seconds").await, 0.0);
    assert!(series(&world, &a, r#"exchanges_total{outcome="failed"}"#).await >= 2.0);
    assert!(series(&world, &a, "last_exchange_age_seconds").await >= 16.0);
    let refused = world.call(&a).send().await.unwrap();
    let status = refused.status().as_u16();
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(
        (status, &refused["code"]),
        (503, &"service.unavailable".into()),
        "{refused}"
    );

    // It is back, and has forgotten everything.
    world.memory.wipe();
    world.memory.restart();
    world.memory.set_fault(Fault::None);
    let again = |shown: &Value| shown["trouble"].is_null() && shown["learning"].is_object();
    let learning = shown_when(&world, &a, again).await;
    assert_eq!(learning["learning"]["why"], "missing", "{learning:#}");
    assert!(learning["learning"]["overInMillis"].as_u64().unwrap() > 5_000);
    let limit = &learning["limits"][0];
    assert!(limit["unknown"].as_u64().unwrap() > 0 && limit["knownInMillis"].as_u64().unwrap() > 0);
    assert_eq!(series(&world, &a, "learning").await, 1.0);
    assert!(health(&world, &a).await.contains("learned anew"));
    let mut doubts = 0.0;
    for node in [&a, &b] {
        doubts += series(&world, node, r#"doubts_total{why="missing"}"#).await;
    }
    assert_eq!(doubts, 1.0, "one of them found that there was none");
}

#[tokio::test]
async fn a_node_that_shares_nothing_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let say = harness::action("Say", "http://127.0.0.1:9/").to_string();
    std::fs::write(folder.path().join("say.json"), say).unwrap();
    let text = r#"
[server]
listen = "127.0.0.1:0"
usage_file = "usage"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "." }
"#;
    let service = harness::serve(folder.path(), text).await.unwrap();
    let base = format!("http://{}", service.address());
    let http = reqwest::Client::new();
    let token = harness::login(&http, &base, "flows").await;
    let get = async |path: &str| {
        let asked = http.get(format!("{base}{path}")).bearer_auth(&token);
        let answer = asked.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, text) = get("/api/v2/tollgate/cluster").await;
    assert_eq!(status, 404);
    assert!(text.contains("it has no [cluster]"), "{text}");
    let (status, text) = get("/metrics").await;
    let of_leases = text.lines().any(|line| line.starts_with("tollgate_lease_"));
    assert!(
        status == 200 && text.ends_with("# EOF\n") && !of_leases,
        "{text}"
    );
    // Figures name flows and limits, so they take a login.
    let open = http.get(format!("{base}/metrics")).send().await.unwrap();
    assert_eq!(open.status(), 401);
}
