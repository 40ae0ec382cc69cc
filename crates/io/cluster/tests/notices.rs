//! What one node is told of a limit that another doesn't have yet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tollgate_cluster::{Cluster, Numbers, Setup};
use tollgate_coordination::{CoordinationUrl, open};
use tollgate_driver::{Bounds, Driver};
use tollgate_engine::{Config, LimitSpec};
use tollgate_lease::{MemberId, Value};
use tollgate_model::{Instant, Limit, LimitId, Rule, Scope};

/// Bounds only how long a broken node keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(20);

struct None;

#[async_trait]
impl Numbers for None {
    async fn share(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    async fn changed(&self) -> Vec<(String, Option<String>)> {
        Vec::new()
    }

    async fn take_over(&self, _: &str, _: Option<&str>) {}
}

/// The limit, by the name that a node has for it.
fn limit(name: &str) -> LimitSpec {
    let limit = Limit {
        name: name.to_owned(),
        scope: Scope::Integration,
        rule: Rule::Window {
            allowed: 100,
            period: Duration::from_secs(60),
            counted_within: Option::None,
        },
    };
    LimitSpec {
        shared_as: Some("stored:1.rate".to_owned()),
        ..limit.into()
    }
}

/// A node with an engine of these limits.
fn node(name: &str, limits: Vec<LimitSpec>) -> (Driver, Cluster) {
    let mut engine = Config {
        limits: limits.into(),
        ..Config::default()
    };
    engine.policy.shares_limits = true;
    let driver = Driver::start(tollgate_driver::Setup {
        engine,
        clients: Vec::new(),
        seed: 1,
        bounds: Bounds::default(),
        extra_roots_pem: Vec::new(),
        proxy: Option::None,
    });
    let driver = driver.unwrap();
    let url = CoordinationUrl::parse("memory://notices").unwrap();
    let (cluster, task) = Cluster::new(Setup {
        driver: driver.clone(),
        numbers: Arc::new(None),
        store: open(&url, "organisation").unwrap(),
        member: MemberId::new(name, 1),
        lease: Duration::from_secs(20),
        tail: Duration::from_secs(5),
    });
    tokio::spawn(task);
    (driver, cluster)
}

/// Until when the limit is closed, and whether the node has a part of it.
async fn closed(driver: &Driver) -> (Option<Instant>, bool) {
    let limits = driver.snapshot().await.unwrap().limits;
    let limit = limits.iter().find(|it| it.name.ends_with(".rate")).unwrap();
    let has_part = limit.lease.is_some_and(|lease| lease.slots > 0);
    (limit.closed_until, has_part)
}

#[tokio::test]
async fn a_closing_holds_once_the_limit_is_there() {
    let url = CoordinationUrl::parse("memory://notices").unwrap();
    let store = open(&url, "organisation").unwrap();
    let server = store.read().await.unwrap().server;
    let nobody = Value::of_nobody(server.as_str()).write();
    store.swap(Option::None, &nobody, "").await.unwrap();

    let (a, of_a) = node("a", vec![limit("New.rate")]);
    let (b, of_b) = node("b", Vec::new());
    assert!(of_a.joined(PATIENCE).await && of_b.joined(PATIENCE).await);
    let end = a.now() + Duration::from_secs(300);
    a.close_limit(LimitId(0), end).await.unwrap();
    // Until b has heard of it: what is told goes to all at once.
    let told = tokio::time::Instant::now();
    let is_told = async || {
        let (_, text) = store.read().await.unwrap().value.unwrap();
        let value = Value::read(&text).unwrap();
        value.notices().count() == 1 && value.called().is_empty()
    };
    while !is_told().await {
        assert!(told.elapsed() < PATIENCE, "it isn't told");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    // b follows the definitions later, and has the older name yet.
    let added = b.extend(|mut tables| tables.add_limit(limit("Old.rate")));
    added.await.unwrap();
    let begun = tokio::time::Instant::now();
    let until = loop {
        let (until, has_part) = closed(&b).await;
        assert!(begun.elapsed() < PATIENCE, "{until:?}, {has_part}");
        if has_part {
            break until;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let left = until.expect("closed before it has a part").since(b.now());
    assert!(left > Duration::from_secs(240), "{left:?}");
    // Nobody takes it for opened.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(closed(&a).await.0.is_some() && closed(&b).await.0.is_some());
    let one = of_b.status().limits;
    assert_eq!(one.len(), 1, "{one:?}");
    assert_eq!(one[0].key, "stored:1.rate");
}
