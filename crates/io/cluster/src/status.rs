//! What a node knows of its part in the cluster.

use std::time::Duration;

/// A node's part in the cluster, as of its last look.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// The node, with its process's number.
    pub member: String,
    /// The kind of the store: `postgres`, `redis` or `memory`.
    pub store: &'static str,
    /// Whether the node has had an answer of the store.
    pub has_joined: bool,
    /// How long its leases last from now; zero if they have ended.
    pub lease_left: Duration,
    /// Members in the value that it knows, itself included.
    pub members: Vec<String>,
    /// The limits that it shares.
    pub limits: Vec<SharedStatus>,
    /// Exchanges that ended well since the start, and that did not.
    pub exchanges: u64,
    /// See `exchanges`.
    pub failures: u64,
    /// Round trips to the store.
    pub round_trips: u64,
    /// How often the value was not trusted, as the value has it.
    pub doubts: u64,
    /// What was in the way of the last exchange; none if it ended well.
    pub trouble: Option<String>,
}

/// A limit that is shared, as one node sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedStatus {
    /// Scope and name.
    pub key: String,
    /// What it allows in all.
    pub allowed: u32,
    /// The node's part.
    pub slots: u32,
    /// What the node would use.
    pub wanted: u32,
    /// Slots that nobody is known to have, after a doubt.
    pub unknown: u32,
}
