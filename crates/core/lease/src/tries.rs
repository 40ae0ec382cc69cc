//! When a node made the tries whose answers may still come.

use std::collections::BTreeMap;
use tollgate_model::Instant;

/// Tries that are remembered.
const KEPT: usize = 64;

/// Tries since the last that was acknowledged, and when each was made. While swaps stay in doubt these become many; then
/// some are forgotten, and a forgotten one counts as made when the one before it was that is remembered. A lease that begins
/// with it ends sooner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tries(BTreeMap<u64, Instant>);

impl Tries {
    pub(crate) fn note(&mut self, sequence: u64, now: Instant) {
        if self.0.len() == KEPT {
            // The oldest stays, so that there is one before each that is forgotten.
            let last = self.0.keys().next_back().copied();
            last.map(|last| self.0.remove(&last));
        }
        self.0.insert(sequence, now);
    }

    /// When the try was made, at the latest; none if it is acknowledged.
    pub(crate) fn made(&self, sequence: u64) -> Option<Instant> {
        let mut tries = self.0.range(..=sequence);
        tries.next_back().map(|(_, made)| *made)
    }

    /// This try is acknowledged, and all before it.
    pub(crate) fn acknowledge(&mut self, sequence: u64) {
        let made = self.made(sequence);
        self.0 = self.0.split_off(&(sequence + 1));
        // Those that were made next may be forgotten.
        if let Some(made) = made.filter(|_| !self.0.is_empty()) {
            self.0.entry(sequence + 1).or_insert(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tries_are_remembered_by_few_and_none_as_later_than_it_was() {
        let at = |sequence| Instant::from_nanos(sequence * 10);
        let mut tries = Tries::default();
        (1..=1_000).for_each(|sequence| tries.note(sequence, at(sequence)));
        assert!(tries.0.len() <= KEPT);
        assert_eq!(tries.made(7), Some(at(7)));
        assert_eq!(tries.made(1_000), Some(at(1_000)));
        assert!(tries.made(500).is_some_and(|made| made <= at(500)));
        tries.acknowledge(400);
        assert_eq!(tries.made(400), None);
        assert!(tries.made(500).is_some_and(|made| made <= at(400)));
        assert_eq!(tries.made(1_000), Some(at(1_000)));
        tries.acknowledge(1_000);
        assert_eq!(tries.made(1_001), None);
    }
}
