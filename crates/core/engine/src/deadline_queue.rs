//! Executions in the order of their deadlines.
//!
//! The queue of one lane may hold a hundred thousand executions, and is asked how many go before a deadline for each
//! start that is foretold. So the queue is a sorted list in pieces of a few hundred entries: an insertion in the middle
//! moves one piece, and a rank is found by adding the pieces' lengths. Most deadlines come in order, and then nothing
//! moves. The tests below compare the queue with the standard library's sorted set.

use std::collections::VecDeque;
use tollgate_model::{ExecutionId, Instant};

/// Entries in one piece, at the most.
const PIECE: usize = 256;

/// Runs that [`DeadlineQueue::later`] makes, at the most.
pub(crate) const RUNS: usize = 16;

/// An execution that waits, ordered by its deadline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct QueueKey {
    pub(crate) deadline: Instant,
    pub(crate) execution: ExecutionId,
}

/// Executions that wait, the earliest deadline first.
#[derive(Debug, Default)]
pub(crate) struct DeadlineQueue {
    /// Sorted runs of executions, none of them empty.
    pieces: VecDeque<VecDeque<QueueKey>>,
    len: usize,
}

impl DeadlineQueue {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn first(&self) -> Option<&QueueKey> {
        self.pieces.front()?.front()
    }

    pub(crate) fn last(&self) -> Option<&QueueKey> {
        self.pieces.back()?.back()
    }

    pub(crate) fn insert(&mut self, key: QueueKey) {
        self.len += 1;
        let at = self.piece_of(&key).min(self.pieces.len().max(1) - 1);
        let Some(piece) = self.pieces.get_mut(at) else {
            self.pieces.push_back(VecDeque::from([key]));
            return;
        };
        if piece.len() < PIECE {
            let inner = piece.partition_point(|other| *other < key);
            piece.insert(inner, key);
        } else if piece.back().is_some_and(|last| *last < key) {
            // In order: full pieces stay full.
            self.pieces.insert(at + 1, VecDeque::from([key]));
        } else {
            let mut upper = piece.split_off(PIECE / 2);
            let half = if upper.front().is_some_and(|first| *first <= key) {
                &mut upper
            } else {
                piece
            };
            let inner = half.partition_point(|other| *other < key);
            half.insert(inner, key);
            self.pieces.insert(at + 1, upper);
        }
    }

    pub(crate) fn remove(&mut self, key: &QueueKey) -> bool {
        let at = self.piece_of(key);
        let Some(piece) = self.pieces.get_mut(at) else {
            return false;
        };
        let Ok(inner) = piece.binary_search(key) else {
            return false;
        };
        piece.remove(inner);
        if piece.is_empty() {
            self.pieces.remove(at);
        }
        self.len -= 1;
        true
    }

    pub(crate) fn pop_first(&mut self) -> Option<QueueKey> {
        let piece = self.pieces.front_mut()?;
        let key = piece.pop_front();
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        self.len -= usize::from(key.is_some());
        key
    }

    /// How many executions have this deadline or an earlier one.
    pub(crate) fn until(&self, deadline: Instant) -> usize {
        if self.last().is_none_or(|last| last.deadline <= deadline) {
            return self.len;
        }
        let at = self
            .pieces
            .partition_point(|piece| piece.back().is_some_and(|last| last.deadline <= deadline));
        let whole: usize = self.pieces.iter().take(at).map(VecDeque::len).sum();
        let part = self.pieces.get(at).map_or(0, |piece| {
            piece.partition_point(|key| key.deadline <= deadline)
        });
        whole + part
    }

    /// How many executions come before this one.
    pub(crate) fn before(&self, key: &QueueKey) -> usize {
        let at = self.piece_of(key);
        let whole: usize = self.pieces.iter().take(at).map(VecDeque::len).sum();
        let part = self
            .pieces
            .get(at)
            .map_or(0, |piece| piece.partition_point(|other| other < key));
        whole + part
    }

    /// The first few executions that come after this one, or the first few of all.
    pub(crate) fn run_after(&self, key: Option<QueueKey>, few: usize) -> Vec<QueueKey> {
        let first = key.map_or(0, |key| {
            let next = QueueKey {
                execution: ExecutionId(key.execution.0.saturating_add(1)),
                ..key
            };
            self.before(&next)
        });
        (first..self.len.min(first + few))
            .filter_map(|rank| self.get(rank).copied())
            .collect()
    }

    /// The executions with a later deadline than this one, in a few runs: the first deadline of each run and the last.
    pub(crate) fn later(&self, deadline: Instant) -> Vec<(Instant, Instant)> {
        let first = self.until(deadline);
        let run = (self.len - first).div_ceil(RUNS).max(1);
        let starts = (first..self.len).step_by(run);
        let runs = starts.filter_map(|start| {
            let end = (start + run).min(self.len) - 1;
            Some((self.get(start)?.deadline, self.get(end)?.deadline))
        });
        runs.collect()
    }

    fn get(&self, mut rank: usize) -> Option<&QueueKey> {
        for piece in &self.pieces {
            if rank < piece.len() {
                return piece.get(rank);
            }
            rank -= piece.len();
        }
        None
    }

    /// Index of the first piece that ends at the key or behind it.
    fn piece_of(&self, key: &QueueKey) -> usize {
        self.pieces
            .partition_point(|piece| piece.back().is_some_and(|last| last < key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Against the standard library's sorted set, with deadlines in and out of order.
    #[test]
    fn the_pieces_are_a_sorted_list() {
        let (mut queue, mut model) = (DeadlineQueue::default(), BTreeSet::new());
        let mut random = 7_u64;
        for number in 0..20_000_u64 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (draw, deadline) = ((random >> 33) % 10, random >> 40);
            let key = QueueKey {
                deadline: Instant::from_nanos(if draw < 5 { number << 10 } else { deadline }),
                execution: ExecutionId(number),
            };
            match draw {
                0 => assert_eq!(queue.pop_first(), model.pop_first()),
                1 => {
                    let gone = model.iter().nth(model.len() / 2).copied();
                    if let Some(gone) = gone {
                        assert!(queue.remove(&gone) && model.remove(&gone));
                    }
                    assert!(!queue.remove(&key), "not there yet");
                }
                _ => {
                    queue.insert(key);
                    model.insert(key);
                }
            }
            assert_eq!(queue.len(), model.len());
            assert_eq!((queue.first(), queue.last()), (model.first(), model.last()));
            if number % 500 == 0 {
                let before: Vec<_> = model.range(..key).collect();
                assert_eq!(queue.before(&key), before.len());
                let after: Vec<_> = model.iter().filter(|it| **it > key).take(3).collect();
                let run = queue.run_after(Some(key), 3);
                assert_eq!(run.iter().collect::<Vec<_>>(), after);
                let first: Vec<_> = model.iter().take(3).copied().collect();
                assert_eq!(queue.run_after(None, 3), first);
                let until = model
                    .iter()
                    .filter(|it| it.deadline <= key.deadline)
                    .count();
                assert_eq!(queue.until(key.deadline), until);
            }
        }
        while let Some(key) = queue.pop_first() {
            assert_eq!(Some(key), model.pop_first());
        }
        assert!(model.is_empty());
    }
}
