//! A table that hands out the ids of its entries.
//!
//! An id is a place in one table, so whoever makes one up, or counts entries to guess the next, can only be
//! right by luck. [`Table::add`] is how an entry gets in, and its answer is the entry's id. No entry leaves,
//! so an id holds for as long as its table does, and for each copy of the table.

use crate::id::Id;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// Entries of type `T`, each with an id of type `I`. Reads as the slice of its entries, in the order of their
/// ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table<I, T> {
    entries: Vec<T>,
    ids: PhantomData<fn() -> I>,
}

impl<I: Id, T> Table<I, T> {
    /// Appends an entry and gives its id.
    ///
    /// # Panics
    /// With more than four billion entries, which no memory holds.
    pub fn add(&mut self, entry: impl Into<T>) -> I {
        let id = I::at(self.entries.len());
        self.entries.push(entry.into());
        id
    }

    /// Every entry with its id.
    pub fn with_ids(&self) -> impl Iterator<Item = (I, &T)> {
        let entries = self.entries.iter().enumerate();
        entries.map(|(index, entry)| (I::at(index), entry))
    }

    /// The id of every entry.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.entries.len()).map(I::at)
    }
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            ids: PhantomData,
        }
    }
}

impl<I, T, E: Into<T>> FromIterator<E> for Table<I, T> {
    fn from_iter<Entries: IntoIterator<Item = E>>(entries: Entries) -> Self {
        Self {
            entries: entries.into_iter().map(Into::into).collect(),
            ids: PhantomData,
        }
    }
}

impl<I, T, E: Into<T>> From<Vec<E>> for Table<I, T> {
    fn from(entries: Vec<E>) -> Self {
        entries.into_iter().collect()
    }
}

impl<I, T> Deref for Table<I, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<I, T> DerefMut for Table<I, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.entries
    }
}

impl<'a, I, T> IntoIterator for &'a Table<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, I, T> IntoIterator for &'a mut Table<I, T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LimitId;

    #[test]
    fn an_id_finds_its_entry_in_the_table_and_its_copies() {
        let mut table: Table<LimitId, String> = Table::default();
        let [first, second] = ["first", "second"].map(|name| table.add(name));
        let mut copy = table.clone();
        let third = copy.add("third");
        assert_eq!(copy[first.index()], "first");
        assert_eq!(copy[second.index()], "second");
        assert_eq!(copy[third.index()], "third");
        assert_eq!(copy.ids().collect::<Vec<_>>(), [first, second, third]);
        assert!(table.get(third.index()).is_none());
    }
}
