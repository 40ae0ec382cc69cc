//! Since when a node has known of the value's revisions of late.

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::Instant;

/// Revisions that are remembered.
const KNOWN: usize = 64;

/// Revisions of late, and when the node first knew of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revisions(BTreeMap<u64, Instant>);

impl Revisions {
    /// There is this revision.
    pub(crate) fn note(&mut self, revision: u64, now: Instant) {
        self.0.entry(revision).or_insert(now);
        while self.0.len() > KNOWN {
            self.0.pop_first();
        }
    }

    /// How long it has been known; zero if it isn't.
    pub(crate) fn known_for(&self, revision: u64, now: Instant) -> Duration {
        let at = self.0.get(&revision);
        at.map_or(Duration::ZERO, |at| now.since(*at))
    }
}
