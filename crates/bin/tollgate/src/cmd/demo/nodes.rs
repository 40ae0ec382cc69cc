//! The load through several nodes in this process, each a whole service with a listener of its own. Each minute of the
//! platform's another node gets most of the calls, so that their parts have to move.

use super::gate::Gate;
use super::lag::Lag;
use super::load::{Arrival, Load};
use super::pace::Pace;
use super::parts::{BUSIEST, Parts};
use super::report::{Compared, Report, Side};
use super::run::{announce, measure, through_one};
use super::world::{LIMIT, ORGANIZATION, World};
use crate::console::plural;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_coordination::{CoordinationStore, CoordinationUrl, Swap};
use tollgate_lease::Value;

/// How long nodes may take until each has a part.
const BEGUN: Duration = Duration::from_secs(10);
/// Where nodes share that are given no URL.
const WITHIN: &str = "memory://demo";

pub(super) async fn compare(seed: u64, nodes: u8, url: Option<&str>) -> anyhow::Result<Report> {
    let (pace, nodes, url) = (Pace::OF_NODES, usize::from(nodes), url.unwrap_or(WITHIN));
    let world = World::start(seed, pace).await?;
    let load = Load::draw(seed, pace);
    // A URL that leads nowhere is told before the load, not after half of it.
    let store = put_first_value(url).await?;
    announce(&world, &load, pace);
    let lag = Lag::watch();
    let one = through_one(&world, &load, "one node").await?;
    // The organisation's window that the first run filled must not weigh on the second.
    tokio::time::sleep(pace.minute()).await;
    let (side, parts) = through_all(&world, &load, nodes, url).await?;
    // One in memory is forgotten with its last user.
    drop(store);
    Ok(Report {
        pace,
        compared: Compared::Nodes(parts),
        first: one,
        second: side,
        lag: lag.usual(),
    })
}

/// A value of which no node has anything, in the place of what an earlier demo has left.
async fn put_first_value(url: &str) -> anyhow::Result<Arc<dyn CoordinationStore>> {
    let store =
        CoordinationUrl::parse(url).and_then(|url| tollgate_coordination::open(&url, ORGANIZATION));
    let store = store.context("--cluster")?;
    let found = store.read().await.context("--cluster")?;
    let first = Value::of_nobody(found.server.as_str()).write();
    let expected = found.value.map(|(revision, _)| revision);
    let swap = store
        .swap(expected, &first, "")
        .await
        .context("--cluster")?;
    anyhow::ensure!(
        matches!(swap, Swap::Done { .. }),
        "--cluster: another demo runs there"
    );
    Ok(store)
}

async fn through_all(
    world: &World,
    load: &Load,
    nodes: usize,
    url: &str,
) -> anyhow::Result<(Side, Parts)> {
    let mut gates = Vec::new();
    for name in Parts::names(nodes) {
        let gate = Gate::start(world.config(&name, Some(url))?).await;
        gates.push(gate.context("a node")?);
    }
    begun(&gates).await?;
    let gates = Arc::new(gates);
    let (pace, called) = (load.pace, Arc::clone(&gates));
    let execute = move |arrival: Arrival| {
        let gates = Arc::clone(&called);
        async move { gates[chosen(arrival, nodes, pace)].execute(arrival).await }
    };
    let mut parts = Parts::new(nodes, pace);
    let watch = |since: Duration| {
        let slots = gates.iter().map(slots).collect();
        let minute = minute(since, pace);
        parts.note(minute, slots)
    };
    let name = plural(nodes, "node");
    let side = measure(&name, &world.emulator, load, execute, watch).await;
    for gate in Arc::into_inner(gates).into_iter().flatten() {
        gate.end().await;
    }
    Ok((side, parts))
}

fn slots(gate: &Gate) -> u32 {
    gate.slots(&format!("organisation:{LIMIT}"))
}

/// Waits until each node has a part.
async fn begun(gates: &[Gate]) -> anyhow::Result<()> {
    let begun = Instant::now();
    while gates.iter().any(|gate| slots(gate) == 0) {
        anyhow::ensure!(begun.elapsed() < BEGUN, "a node got no part of the limit");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The node that an interaction calls.
fn chosen(arrival: Arrival, nodes: usize, pace: Pace) -> usize {
    let busiest = Parts::busiest(minute(arrival.at, pace), nodes);
    if arrival.number % 100 < BUSIEST {
        return busiest;
    }
    (busiest + 1 + arrival.number % (nodes - 1)) % nodes
}

/// The minute of the load, from 0; what began in the last one may go on longer.
fn minute(since: Duration, pace: Pace) -> usize {
    (since.as_secs_f64() / pace.minute().as_secs_f64()) as usize
}
