//! What can be seen of a node.

use super::Node;
use crate::{Elapsed, LimitKey, MemberId};
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

    /// What the node's clock has measured when it exchanges with the value of this revision, or with none.
    #[must_use]
    pub fn elapsed(&self, revision: Option<u64>, now: Instant) -> Elapsed {
        let since_known = revision.map(|revision| self.revisions.known_for(revision, now));
        Elapsed {
            since_known: since_known.unwrap_or_default(),
            since_end: (self.until <= now).then(|| now.since(self.until)),
        }
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
