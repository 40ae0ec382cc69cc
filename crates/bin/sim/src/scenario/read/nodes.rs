//! `nodes`, and what is said of them.

use super::LONGEST;
use crate::scenario::Nodes;
use std::time::Duration;
use tollgate_settings::Section;

/// Nodes at the most.
const MOST: u64 = 16;
/// The longest way to the store and back.
const SLOWEST: Duration = Duration::from_secs(1);

pub(super) fn read(root: &Section<'_, '_>) -> Nodes {
    let usual = Nodes::default();
    let count = root.whole("nodes", 1..=MOST);
    let count = count.map_or(usual.count, |count| count as u32);
    let shares = read_shares(root, count);
    let rotate = root.span("node_shares_rotate", Duration::from_secs(1)..=LONGEST);
    let round_trip = root.span("store_round_trip", Duration::ZERO..=SLOWEST);
    if !root.has("node_shares") {
        root.refuse("node_shares_rotate", || {
            "expected node_shares beside it: even shares are the same after each turn".to_owned()
        });
    }
    Nodes {
        count,
        shares,
        rotate,
        store_round_trip: round_trip.unwrap_or(usual.store_round_trip),
    }
}

/// `node_shares = [70, 20, 10]`, of all calls or of a flow's; none where it isn't said.
pub(super) fn read_shares(section: &Section<'_, '_>, nodes: u32) -> Vec<f64> {
    let shares = section.numbers("node_shares", 0.0..=1e6);
    let shares = shares.unwrap_or_default();
    let sum: f64 = shares.iter().sum();
    if section.has("node_shares") && (shares.len() != nodes as usize || sum <= 0.0) {
        section.refuse("node_shares", || {
            format!("expected a number for each node of nodes = {nodes}, and one above 0, such as [70, 20, 10] of three")
        });
    }
    shares
}

/// Refuses what `[upstream]` says of tokens that nodes can't have.
pub(super) fn check_upstream(upstream: &Section<'_, '_>, nodes: &Nodes) {
    let endpoint = upstream.section("token_endpoint");
    let Some(endpoint) = endpoint.filter(|_| nodes.are_several()) else {
        return;
    };
    if endpoint.flag("same") == Some(true) {
        endpoint.refuse("same", || {
            format!(
                "can't be combined with nodes = {}: each node counts the calls of the tokens that it fetched, and would not \
                 know of the others' calls with the same one; remove one of the two",
                nodes.count
            )
        });
    }
}
