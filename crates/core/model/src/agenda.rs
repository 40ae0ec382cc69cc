//! What is to happen in virtual time.

use crate::Instant;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Things that are due at instants: the earliest comes first, and of one instant's those that were added first.
#[derive(Clone, Debug)]
pub struct Agenda<T> {
    heap: BinaryHeap<Entry<T>>,
    added: u64,
}

impl<T> Agenda<T> {
    /// Adds something that is due at an instant.
    pub fn add(&mut self, at: Instant, what: T) {
        self.added += 1;
        let key = Reverse((at, self.added));
        self.heap.push(Entry { key, what });
    }

    /// When the first is due.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|first| first.key.0.0)
    }

    /// Takes the first.
    pub fn pop(&mut self) -> Option<(Instant, T)> {
        let first = self.heap.pop()?;
        Some((first.key.0.0, first.what))
    }

    /// Takes the first, if it is due by now.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, T)> {
        self.next_at().filter(|at| *at <= now)?;
        self.pop()
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            added: 0,
        }
    }
}

/// Something that is due. Entries compare by their keys alone, which no two of one agenda share.
#[derive(Clone, Debug)]
struct Entry<T> {
    key: Reverse<(Instant, u64)>,
    what: T,
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_ties_in_the_order_of_adding() {
        let at = Instant::from_nanos;
        let mut agenda = Agenda::default();
        for (due, what) in [(2, 'c'), (1, 'a'), (2, 'd'), (1, 'b')] {
            agenda.add(at(due), what);
        }
        assert_eq!(agenda.next_at(), Some(at(1)));
        assert_eq!(agenda.pop(), Some((at(1), 'a')));
        assert_eq!(agenda.pop_due(at(1)), Some((at(1), 'b')));
        assert_eq!(agenda.pop_due(at(1)), None);
        assert_eq!(agenda.pop_due(at(3)), Some((at(2), 'c')));
        assert_eq!(agenda.pop(), Some((at(2), 'd')));
        assert_eq!((agenda.next_at(), agenda.pop()), (None, None));
    }
}
