//! How many tokens a client has: as many over all nodes as are configured, and where the calls are.

use crate::world::{Node, PERIOD, World};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Tokens that the client may have.
const TOKENS: u32 = 12;
/// Calls of each in a window.
const OF_TOKEN: u32 = 4;
/// Calls a second: ten tokens carry them.
const CALLS: f64 = 20.0;
/// Bounds only how long a broken service keeps the test from failing.
const ROUNDS: u32 = 10;
const KEY: &str = "tokens:pool";
/// Bounds only how long a broken service keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tokens that the nodes may use, as each of them knows.
fn parts(nodes: &[&Node]) -> Vec<u32> {
    let part = |node: &&Node| {
        let status = node.service.cluster().unwrap();
        let tokens = status.limits.iter().find(|limit| limit.key == KEY);
        tokens.map_or(0, |tokens| tokens.slots)
    };
    nodes.iter().map(part).collect()
}

/// Whether the node at this place may use more than any other.
fn has_most(parts: &[u32], place: usize) -> bool {
    let mut others = parts.iter().enumerate().filter(|(at, _)| *at != place);
    others.all(|(_, part)| *part < parts[place])
}

/// Sends rounds of calls, most of them to the node at this place, until that node may use the most tokens and nearly all
/// calls of a round are answered. On a machine that stands still now and then a single round may end otherwise.
async fn tokens_follow_the_calls(world: &mut World, nodes: &[&Node], place: usize) {
    let mut shares = vec![0.7, 0.2, 0.1];
    shares.rotate_right(place);
    for round in 1..=ROUNDS {
        let (asked, taken) = world.calls(nodes, 4.0, CALLS, |_| shares.clone()).await;
        let (tokens, held) = (parts(nodes), used(world, nodes).await);
        println!("round {round}: {taken} of {asked} calls; parts {tokens:?}, used {held:?}");
        // With four tokens each it would be seven tenths.
        if has_most(&tokens, place) && taken * 10 > asked * 8 {
            return;
        }
    }
    panic!("the tokens aren't where the calls are after {ROUNDS} rounds");
}

async fn used(world: &World, nodes: &[&Node]) -> Vec<usize> {
    let mut used = Vec::new();
    for node in nodes {
        used.push(world.tokens(node).await);
    }
    used
}

/// Waits until the parts are so.
async fn parts_when(nodes: &[&Node], are_so: impl Fn(&[u32]) -> bool) -> Vec<u32> {
    let begun = Instant::now();
    loop {
        let parts = parts(nodes);
        if are_so(&parts) {
            return parts;
        }
        assert!(begun.elapsed() < PATIENCE, "{parts:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_share_a_clients_tokens_and_the_one_with_the_calls_has_most() {
    let store = "tokens";
    let mut world = World::with_tokens(store, PERIOD, (TOKENS, Some(OF_TOKEN))).await;
    let a = world.node("a", store).await;
    let b = world.node("b", store).await;
    let c = world.node("c", store).await;
    let nodes = [&a, &b, &c];
    let all =
        |parts: &[u32]| parts.iter().all(|part| *part > 0) && parts.iter().sum::<u32>() == TOKENS;
    // Who came last has one as soon as the others know of it, and may use it before.
    parts_when(&nodes, all).await;
    // Elsewhere are the calls at each turn: tokens that a node had are parked there, not fetched anew each time.
    for turn in 0..=3 {
        tokens_follow_the_calls(&mut world, &nodes, turn % 3).await;
    }
    let issued = world.emulator.counts().tokens.len() as u32;
    assert!(issued <= 3 * TOKENS, "{issued} tokens were fetched");
    assert_eq!(world.refused(), 0);

    // What a node has that ends is the others' at once.
    assert!(c.service.drain(Duration::from_secs(5)).await);
    let left = parts_when(&[&a, &b], |parts| parts.iter().sum::<u32>() == TOKENS).await;
    println!("after one has left {left:?}, {issued} tokens were fetched");
}

/// At rest no more tokens are issued than the client may have, whoever comes; of too few each node uses one all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_tokens_are_issued_than_a_client_may_have_unless_there_are_more_nodes() {
    let store = "few tokens";
    let mut world = World::with_tokens(store, PERIOD, (2, Some(OF_TOKEN))).await;
    let a = world.node("a", store).await;
    let b = world.node("b", store).await;
    parts_when(&[&a, &b], |parts| parts == [1, 1]).await;
    world.calls(&[&a, &b], 3.0, CALLS, |_| vec![0.5, 0.5]).await;
    assert_eq!(used(&world, &[&a, &b]).await, [1, 1]);
    assert_eq!(world.emulator.counts().tokens.len(), 2);
    let c = world.node("c", store).await;
    let shares = |_| vec![0.4, 0.3, 0.3];
    world.calls(&[&a, &b, &c], 3.0, CALLS, shares).await;
    assert_eq!(used(&world, &[&a, &b, &c]).await, [1, 1, 1]);
    assert_eq!(world.emulator.counts().tokens.len(), 3);
    assert_eq!(world.refused(), 0);
    // A node that can't reach the store goes on with its token, once that has room.
    sleep(2 * PERIOD).await;
    world.memory.set_fault(tollgate_coordination::Fault::Away);
    let before = world.emulator.counts().admitted;
    assert_eq!(world.call(&b).send().await.unwrap().status().as_u16(), 200);
    assert_eq!(world.emulator.counts().admitted, before + 1);
    world.memory.set_fault(tollgate_coordination::Fault::None);
}
