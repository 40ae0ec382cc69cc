//! Attempts' numbers: one after the other to the world, and each engine's own.

use std::collections::BTreeMap;
use tollgate_model::AttemptId;

/// Attempts that have not ended.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    next: u64,
    /// By the world's number: the node's place, and its own number.
    own: BTreeMap<AttemptId, (usize, AttemptId)>,
    worlds: BTreeMap<(usize, AttemptId), AttemptId>,
}

impl Numbers {
    /// The world's number of a new one.
    pub(super) fn add(&mut self, place: usize, own: AttemptId) -> AttemptId {
        let number = AttemptId(self.next);
        self.next += 1;
        self.own.insert(number, (place, own));
        self.worlds.insert((place, own), number);
        number
    }

    /// The node that has it, and its own number.
    pub(super) fn at(&self, number: AttemptId) -> Option<(usize, AttemptId)> {
        self.own.get(&number).copied()
    }

    /// The world's number of one that has not ended.
    pub(super) fn of(&self, place: usize, own: AttemptId) -> AttemptId {
        let number = self.worlds.get(&(place, own)).copied();
        debug_assert!(number.is_some(), "{own:?} of node {place} has ended");
        number.unwrap_or(own)
    }

    /// It has ended.
    pub(super) fn take(&mut self, place: usize, own: AttemptId) -> AttemptId {
        let number = self.of(place, own);
        self.worlds.remove(&(place, own));
        self.own.remove(&number);
        number
    }
}
