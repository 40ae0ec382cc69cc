//! `tollgate_lease_*`: a node's part of limits that several nodes share. A node without `[cluster]` has none of them.
//!
//! A figure whose name goes on with `cluster_` is the same on all nodes, as each saw it last; take its maximum over them. All
//! others are the node's own.

use super::LIMITS;
use tollgate_cluster::{Cluster, SharedStatus, Status};
use tollgate_lease::Doubt;
use tollgate_model::Instant;
use tollgate_telemetry::metrics::{Exposition, Metric, table};

/// A figure of each limit, and its number.
type OfLimit = (&'static Metric, fn(&SharedStatus) -> u32);

static OF_LIMITS: [OfLimit; 6] = [
    (&table::LEASE_SLOTS, |it| it.slots),
    (&table::LEASE_WANTED, |it| it.wanted),
    (&table::LEASE_ALLOWED, |it| it.allowed),
    (&table::LEASE_FREE, |it| it.free),
    (&table::LEASE_RETURNING, |it| it.returning),
    (&table::LEASE_UNKNOWN, |it| it.unknown),
];

/// All of them, as they are now.
pub(super) fn show(cluster: &Cluster, now: Instant, to: &mut Exposition) {
    let status = cluster.status();
    for limit in status.limits.iter().take(LIMITS) {
        for (metric, of) in OF_LIMITS {
            to.put(metric, &[&limit.name], of(limit));
        }
    }
    show_spans(&status, now, to);
    show_counters(&status, to);
    to.put(&table::LEASE_ROUND_TRIP, &[], cluster.round_trips());
}

fn show_spans(status: &Status, now: Instant, to: &mut Exposition) {
    let learning = status.learning(now);
    to.put(&table::LEASE_REMAINING, &[], status.lease_left(now));
    to.put(&table::LEASE_EXCHANGE_AGE, &[], status.exchanged_ago(now));
    to.put(&table::LEASE_LEARNING, &[], learning.is_some());
    let over_in = learning.map(|it| it.over_in).unwrap_or_default();
    to.put(&table::LEASE_LEARNING_REMAINING, &[], over_in);
    to.put(&table::LEASE_MEMBERS, &[], status.members.len());
    to.put(&table::LEASE_LIMITS, &[], status.limits.len());
}

fn show_counters(status: &Status, to: &mut Exposition) {
    let counts = status.counts;
    for (outcome, count) in [
        ("done", counts.done),
        ("changed", counts.changed),
        ("failed", counts.failed),
        ("in_doubt", counts.in_doubt),
    ] {
        to.put(&table::LEASE_EXCHANGES, &[outcome], count);
    }
    for (doubt, count) in Doubt::ALL.into_iter().zip(counts.doubts) {
        to.put(&table::LEASE_DOUBTS, &[doubt.as_str()], count);
    }
}
