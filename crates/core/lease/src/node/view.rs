//! What can be seen of a node.

use super::Node;
use crate::{LimitKey, MemberId};
use std::time::Duration;
use tollgate_model::Instant;

impl Node {
    /// Who it is.
    #[must_use]
    pub fn member(&self) -> &MemberId {
        &self.member
    }

    /// Exchanges in a row that have failed.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.pace.failures()
    }

    /// Whether it was told to leave and has nothing any more.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.is_leaving && self.limits.values().all(|held| held.slots == 0)
    }

    /// The end of its leases.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Its part of the limit.
    #[must_use]
    pub fn slots(&self, key: &str) -> u32 {
        self.limits.get(key).map_or(0, |held| held.slots)
    }

    /// How long the node has known of a revision.
    #[must_use]
    pub fn known_for(&self, revision: u64, now: Instant) -> Duration {
        self.revisions.known_for(revision, now)
    }

    /// The limits that it shares.
    pub fn keys(&self) -> impl Iterator<Item = &LimitKey> {
        self.limits.keys()
    }

    /// Slots that it would use of a limit.
    #[must_use]
    pub fn wanted(&self, key: &str) -> u32 {
        self.limits.get(key).map_or(0, |held| held.wants.all())
    }
}
