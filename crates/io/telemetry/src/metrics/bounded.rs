//! Values by their labels: so many, and no more.
//!
//! Whoever calls chooses what labels say, so their number is bounded: what finds no room shares the value of others like
//! it. To find a value takes no text of its own, and no lock that keeps other readers out.

use hashbrown::HashTable;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

/// What stands for all labels that found no room.
pub(crate) const OTHER: &str = "_other";

/// Values by their labels.
#[derive(Debug)]
pub(crate) struct Bounded<T, const N: usize> {
    most: usize,
    hasher: RandomState,
    table: RwLock<HashTable<Arc<Entry<T, N>>>>,
}

/// A value with its labels.
#[derive(Debug)]
pub(crate) struct Entry<T, const N: usize> {
    pub(crate) labels: [Box<str>; N],
    pub(crate) value: T,
}

impl<T, const N: usize> Entry<T, N> {
    pub(crate) fn labels(&self) -> [&str; N] {
        self.labels.each_ref().map(|label| &**label)
    }
}

impl<T: Default, const N: usize> Bounded<T, N> {
    /// Room for so many values, beside those that stand for others.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            hasher: RandomState::new(),
            table: RwLock::default(),
        }
    }

    /// The value of these labels; where they find no room that of `others`, of which there are few.
    pub(crate) fn of(&self, labels: [&str; N], others: [&str; N]) -> Arc<Entry<T, N>> {
        let known = {
            let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
            let found = self.find(&table, labels);
            let is_full = table.len() >= self.most;
            found.or_else(|| is_full.then(|| self.find(&table, others)).flatten())
        };
        known.unwrap_or_else(|| self.make(labels, others))
    }

    /// All values, in the order of their labels.
    pub(crate) fn all(&self) -> Vec<Arc<Entry<T, N>>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = table.iter().cloned().collect();
        drop(table);
        all.sort_by(|a, b| a.labels.cmp(&b.labels));
        all
    }

    fn find(
        &self,
        table: &HashTable<Arc<Entry<T, N>>>,
        labels: [&str; N],
    ) -> Option<Arc<Entry<T, N>>> {
        let hash = self.hasher.hash_one(labels);
        table.find(hash, |entry| entry.labels() == labels).cloned()
    }

    fn make(&self, labels: [&str; N], others: [&str; N]) -> Arc<Entry<T, N>> {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let labels = if table.len() < self.most {
            labels
        } else {
            others
        };
        // Another may have made it since.
        if let Some(found) = self.find(&table, labels) {
            return found;
        }
        let entry = Arc::new(Entry {
            labels: labels.map(Box::from),
            value: T::default(),
        });
        let hash = |entry: &Arc<Entry<T, N>>| self.hasher.hash_one(entry.labels());
        table.insert_unique(hash(&entry), Arc::clone(&entry), hash);
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    #[test]
    fn what_finds_no_room_shares_a_value() {
        let counts = Bounded::<AtomicU64, 2>::new(3);
        let count = |flow: &str, action: &str| {
            let entry = counts.of([flow, action], [flow, OTHER]);
            entry.value.fetch_add(1, Relaxed);
        };
        for round in 0..3 {
            for action in ["a", "b", "c", "d", "e"] {
                count("voice", action);
            }
            if round == 1 {
                count("sms", "a");
            }
        }
        let all = counts.all();
        let read = all.iter().map(|entry| {
            let [flow, action] = entry.labels();
            (flow, action, entry.value.load(Relaxed))
        });
        let wanted = [
            ("sms", "_other", 1),
            ("voice", "_other", 6),
            ("voice", "a", 3),
            ("voice", "b", 3),
            ("voice", "c", 3),
        ];
        assert_eq!(read.collect::<Vec<_>>(), wanted);
    }
}
