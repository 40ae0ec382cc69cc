//! Nodes that share a limit: all of it is used, none of it twice, whoever comes and goes; and what is seen of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../harness/mod.rs"]
mod harness;
mod seen;
mod tokens;
mod told;
mod world;

use std::time::Duration;
use tokio::time::sleep;
use tollgate_coordination::Fault;
use world::{PERIOD, World};

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
