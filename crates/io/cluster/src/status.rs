//! What a node knows of its part in a cluster.

use std::time::Duration;
use tollgate_lease::{Doubt, LearningView};
use tollgate_model::Instant;

/// Failures in a row from which on they are told.
const NOTICED: u32 = 2;

/// A node's part in the cluster, as its task saw it last. Nothing here asks the store.
///
/// Instants are of the driver's clock. What is told of other members is as old as [`Self::exchanged_at`]: up to a sixth of a
/// lease while nothing moves.
#[derive(Clone, Debug)]
pub struct Status {
    /// The node, with its process's number.
    pub member: String,
    /// The kind of the store: `postgres`, `redis` or `memory`.
    pub store: &'static str,
    /// How long a part is granted at a time.
    pub lease: Duration,
    /// When the node's leases end; the driver's beginning if it never had any.
    pub until: Instant,
    /// When the node began.
    pub begun_at: Instant,
    /// When an exchange last ended well; none if none has.
    pub exchanged_at: Option<Instant>,
    /// What is in the way of exchanges; none if the last one ended well.
    pub trouble: Option<Trouble>,
    /// The members that the value had at the last exchange, this node included.
    pub members: Vec<MemberStatus>,
    /// The limits that are shared.
    pub limits: Vec<SharedStatus>,
    /// Whether the value was learned anew at the last exchange.
    pub learning: Option<LearningView>,
    /// How often the value was not trusted since it was made, whichever node found that.
    pub doubts: u64,
    /// What became of this node's exchanges.
    pub counts: Counts,
}

/// Why the store can't be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// In words, without secrets. It may have addresses.
    pub why: String,
    /// When the first exchange of a row failed.
    pub since: Instant,
    /// Exchanges in a row that have failed.
    pub failures: u32,
}

/// A member at the last exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberStatus {
    /// Who it is: the node's name, and its process's number.
    pub member: String,
    /// How long ago it had made its own last exchange.
    pub since: Duration,
    /// How much longer its leases were to last.
    pub left: Duration,
}

/// A limit that is shared, in slots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedStatus {
    /// What nodes call it.
    pub key: String,
    /// What people call it: scope and name.
    pub name: String,
    /// What it allows in all.
    pub allowed: u32,
    /// This node's part now.
    pub slots: u32,
    /// What this node would use now.
    pub wanted: u32,
    /// What nobody has.
    pub free: u32,
    /// On its way back: nobody sends under it, and calls may still count.
    pub returning: u32,
    /// How long after the last exchange all of that is free.
    pub returned_in: Duration,
    /// What nobody is known to have, after a doubt.
    pub unknown: u32,
    /// How long after the last exchange all of that is known to be nobody's.
    pub known_in: Duration,
    /// Who had which part at the last exchange.
    pub parts: Vec<PartStatus>,
}

/// A member's part of a limit at the last exchange, in slots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartStatus {
    /// Whose it is.
    pub member: String,
    /// What it had.
    pub slots: u32,
    /// What it would have used.
    pub wants: u32,
}

/// What became of a node's exchanges since its start. Each try counts once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// The value was exchanged.
    pub done: u64,
    /// Another node was faster, so that the exchange was made anew.
    pub changed: u64,
    /// It was not made.
    pub failed: u64,
    /// Whether it was made, and is kept, isn't known.
    pub in_doubt: u64,
    /// Answers to this node that say that the value wasn't trusted, in the order of [`Doubt::ALL`].
    pub doubts: [u64; Doubt::ALL.len()],
}

/// How a node stands with its part of the shared limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeaseState {
    /// It has its part, and the store answers.
    Held,
    /// It has its part still, and the store gives no answer.
    Unanswered,
    /// It has its part, and the value is learned anew.
    Learning,
    /// It has no part yet.
    Waiting,
    /// It has no part any more, and the store gives no answer.
    Ended,
}

impl Status {
    pub(crate) fn new(
        member: String,
        store: &'static str,
        lease: Duration,
        begun_at: Instant,
    ) -> Self {
        Self {
            member,
            store,
            lease,
            until: Instant::ZERO,
            begun_at,
            exchanged_at: None,
            trouble: None,
            members: Vec::new(),
            limits: Vec::new(),
            learning: None,
            doubts: 0,
            counts: Counts::default(),
        }
    }

    /// How long the node's leases last from now; zero if they have ended.
    #[must_use]
    pub fn lease_left(&self, now: Instant) -> Duration {
        self.until.since(now)
    }

    /// How long ago the last exchange ended well, or the node began if none has.
    #[must_use]
    pub fn exchanged_ago(&self, now: Instant) -> Duration {
        now.since(self.exchanged_at.unwrap_or(self.begun_at))
    }

    /// Whether the value is learned anew, with the time until all of it is known.
    #[must_use]
    pub fn learning(&self, now: Instant) -> Option<LearningView> {
        let ago = self.exchanged_ago(now);
        let learning = self.learning.filter(|it| it.over_in > ago)?;
        Some(LearningView {
            over_in: learning.over_in - ago,
            ..learning
        })
    }

    /// What whoever runs the node should know; none if all is well. Names no address.
    #[must_use]
    pub fn notice(&self, now: Instant) -> Option<&'static str> {
        match self.lease_state(now) {
            LeaseState::Held => None,
            LeaseState::Ended => Some(
                "the coordination store gives no answer, and this node has no lease any more: calls under shared limits \
                 are refused (lease.ended) until it does; all others go on",
            ),
            LeaseState::Unanswered => Some(
                "the coordination store gives no answer; calls go on until this node's leases end",
            ),
            LeaseState::Waiting => Some("this node waits for its first part of the shared limits"),
            LeaseState::Learning => Some(
                "the cluster's value is learned anew; calls go on with the parts that nodes have shown",
            ),
        }
    }

    /// How the node stands with its part of the shared limits.
    #[must_use]
    pub fn lease_state(&self, now: Instant) -> LeaseState {
        let has_ended = self.lease_left(now).is_zero();
        match (&self.trouble, has_ended) {
            (Some(_), true) => LeaseState::Ended,
            (Some(trouble), false) if trouble.failures >= NOTICED => LeaseState::Unanswered,
            (None, true) => LeaseState::Waiting,
            (_, false) if self.learning(now).is_some() => LeaseState::Learning,
            _ => LeaseState::Held,
        }
    }
}
