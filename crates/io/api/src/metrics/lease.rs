//! `tollgate_lease_*`: a node's part of limits that several nodes share. A node without `[cluster]` has none of them.
//!
//! A series whose name goes on with `cluster_` is the same on all nodes, as each saw it last; take its maximum over them. All
//! others are the node's own.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tollgate_cluster::{Cluster, SharedStatus, Status};
use tollgate_lease::Doubt;
use tollgate_model::Instant;

/// So many limits have series of their own, the first by their names; `tollgate_lease_limits` tells how many there are.
pub(super) const LIMITS: usize = 200;

/// One label with its value.
type Labels = [(&'static str, String); 1];
/// A gauge of each limit: name, help, and its number.
type OfLimit = (&'static str, &'static str, fn(&SharedStatus) -> u32);

const OF_LIMITS: [OfLimit; 6] = [
    ("slots", "Slots of the limit that are this node's", |it| {
        it.slots
    }),
    (
        "wanted_slots",
        "Slots of the limit that this node would use",
        |it| it.wanted,
    ),
    (
        "cluster_allowed_slots",
        "What the limit allows in all",
        |it| it.allowed,
    ),
    (
        "cluster_free_slots",
        "Slots of the limit that no node has",
        |it| it.free,
    ),
    (
        "cluster_returning_slots",
        "Slots of the limit that no node sends under, and calls may still count under",
        |it| it.returning,
    ),
    (
        "cluster_unknown_slots",
        "Slots of the limit that no node is known to have, while the value is learned anew",
        |it| it.unknown,
    ),
];

/// All of them, as they are now.
pub(super) fn register(registry: &mut Registry, cluster: &Cluster, now: Instant) {
    let status = cluster.status();
    let lease = registry.sub_registry_with_prefix("lease");
    for (name, help, of) in OF_LIMITS {
        let family = Family::<Labels, Gauge>::default();
        for limit in status.limits.iter().take(LIMITS) {
            let labels = [("limit", limit.name.clone())];
            family.get_or_create(&labels).set(of(limit).into());
        }
        lease.register(name, help, family);
    }
    spans(lease, &status, now);
    counters(lease, &status);
    lease.register_with_unit(
        "round_trip",
        "How long the coordination store took to answer, or to fail",
        Unit::Seconds,
        cluster.round_trips().clone(),
    );
}

fn spans(lease: &mut Registry, status: &Status, now: Instant) {
    let learning = status.learning(now);
    lease.register_with_unit(
        "remaining",
        "Until this node's leases end, all at once; 0 if they have",
        Unit::Seconds,
        seconds(status.lease_left(now)),
    );
    lease.register_with_unit(
        "last_exchange_age",
        "Since an exchange with the store last ended well; since the start if none has",
        Unit::Seconds,
        seconds(status.exchanged_ago(now)),
    );
    lease.register(
        "learning",
        "Whether the cluster's value is learned anew",
        number(learning.is_some().into()),
    );
    lease.register_with_unit(
        "learning_remaining",
        "Until all of the value is known; 0 if it is",
        Unit::Seconds,
        seconds(learning.map(|it| it.over_in).unwrap_or_default()),
    );
    lease.register(
        "cluster_members",
        "Processes that share the limits",
        number(status.members.len()),
    );
    lease.register(
        "limits",
        "Limits that are shared",
        number(status.limits.len()),
    );
}

fn counters(lease: &mut Registry, status: &Status) {
    let counts = status.counts;
    let outcomes = [
        ("done", counts.done),
        ("changed", counts.changed),
        ("failed", counts.failed),
        ("in_doubt", counts.in_doubt),
    ];
    lease.register(
        "exchanges",
        "Tries to exchange with the store, by what became of them",
        family("outcome", outcomes),
    );
    let doubts = Doubt::ALL.map(Doubt::as_str).into_iter().zip(counts.doubts);
    lease.register(
        "doubts",
        "Exchanges of this node in which the cluster's value was not trusted, by the reason",
        family("why", doubts),
    );
}

fn seconds(span: Duration) -> Gauge<f64, AtomicU64> {
    let gauge = Gauge::default();
    gauge.set(span.as_secs_f64());
    gauge
}

fn number(number: usize) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(number.try_into().unwrap_or(i64::MAX));
    gauge
}

fn family(
    label: &'static str,
    counts: impl IntoIterator<Item = (&'static str, u64)>,
) -> Family<Labels, Counter> {
    let family = Family::<Labels, Counter>::default();
    for (value, count) in counts {
        family
            .get_or_create(&[(label, value.to_owned())])
            .inc_by(count);
    }
    family
}
