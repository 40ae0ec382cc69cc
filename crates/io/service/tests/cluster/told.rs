//! What one node is told holds on all: operators' numbers, and what a 429 has closed.

use crate::harness;
use crate::world::{ALLOWED, Node, PERIOD, World};
use std::time::Duration;
use tokio::time::{Instant, sleep};

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
