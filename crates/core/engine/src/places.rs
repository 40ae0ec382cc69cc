//! Executions in the order of their deadlines.
//!
//! A sorted list in pieces, so that a place in the middle moves one piece and not a hundred thousand
//! entries. Most deadlines come in order, and then nothing moves.

use std::collections::VecDeque;
use tollgate_model::{ExecutionId, Instant};

/// Entries in one piece, at the most.
const PIECE: usize = 256;

/// Runs that [`Places::later`] makes, at the most.
pub(crate) const RUNS: usize = 16;

/// The place of an execution among others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) deadline: Instant,
    pub(crate) execution: ExecutionId,
}

/// Places, ascending.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// None of them empty.
    pieces: VecDeque<VecDeque<Place>>,
    len: usize,
}

impl Places {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn first(&self) -> Option<&Place> {
        self.pieces.front()?.front()
    }

    pub(crate) fn last(&self) -> Option<&Place> {
        self.pieces.back()?.back()
    }

    pub(crate) fn insert(&mut self, place: Place) {
        self.len += 1;
        let at = self.piece_of(&place).min(self.pieces.len().max(1) - 1);
        let Some(piece) = self.pieces.get_mut(at) else {
            self.pieces.push_back(VecDeque::from([place]));
            return;
        };
        if piece.len() < PIECE {
            let inner = piece.partition_point(|other| *other < place);
            piece.insert(inner, place);
        } else if piece.back().is_some_and(|last| *last < place) {
            // In order: full pieces stay full.
            self.pieces.insert(at + 1, VecDeque::from([place]));
        } else {
            let mut upper = piece.split_off(PIECE / 2);
            let half = if upper.front().is_some_and(|first| *first <= place) {
                &mut upper
            } else {
                piece
            };
            let inner = half.partition_point(|other| *other < place);
            half.insert(inner, place);
            self.pieces.insert(at + 1, upper);
        }
    }

    pub(crate) fn remove(&mut self, place: &Place) -> bool {
        let at = self.piece_of(place);
        let Some(piece) = self.pieces.get_mut(at) else {
            return false;
        };
        let Ok(inner) = piece.binary_search(place) else {
            return false;
        };
        piece.remove(inner);
        if piece.is_empty() {
            self.pieces.remove(at);
        }
        self.len -= 1;
        true
    }

    pub(crate) fn pop_first(&mut self) -> Option<Place> {
        let piece = self.pieces.front_mut()?;
        let place = piece.pop_front();
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        self.len -= usize::from(place.is_some());
        place
    }

    /// How many have this deadline or an earlier one.
    pub(crate) fn until(&self, deadline: Instant) -> usize {
        if self.last().is_none_or(|last| last.deadline <= deadline) {
            return self.len;
        }
        let at = self
            .pieces
            .partition_point(|piece| piece.back().is_some_and(|last| last.deadline <= deadline));
        let whole: usize = self.pieces.iter().take(at).map(VecDeque::len).sum();
        let part = self.pieces.get(at).map_or(0, |piece| {
            piece.partition_point(|place| place.deadline <= deadline)
        });
        whole + part
    }

    /// How many come before this one.
    pub(crate) fn before(&self, place: &Place) -> usize {
        let at = self.piece_of(place);
        let whole: usize = self.pieces.iter().take(at).map(VecDeque::len).sum();
        let part = self
            .pieces
            .get(at)
            .map_or(0, |piece| piece.partition_point(|other| other < place));
        whole + part
    }

    /// The first few that come after this one, or of all.
    pub(crate) fn run_after(&self, place: Option<Place>, few: usize) -> Vec<Place> {
        let first = place.map_or(0, |place| {
            let next = Place {
                execution: ExecutionId(place.execution.0.saturating_add(1)),
                ..place
            };
            self.before(&next)
        });
        (first..self.len.min(first + few))
            .filter_map(|rank| self.get(rank).copied())
            .collect()
    }

    /// The places with a later deadline than this one, in a few runs: the first deadline of each run
    /// and its last.
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

    fn get(&self, mut rank: usize) -> Option<&Place> {
        for piece in &self.pieces {
            if rank < piece.len() {
                return piece.get(rank);
            }
            rank -= piece.len();
        }
        None
    }

    /// The first piece that ends at the place or behind it.
    fn piece_of(&self, place: &Place) -> usize {
        self.pieces
            .partition_point(|piece| piece.back().is_some_and(|last| last < place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Against the standard library's sorted set, with deadlines in and out of order.
    #[test]
    fn the_pieces_are_a_sorted_list() {
        let (mut places, mut model) = (Places::default(), BTreeSet::new());
        let mut random = 7_u64;
        for number in 0..20_000_u64 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (draw, deadline) = ((random >> 33) % 10, random >> 40);
            let place = Place {
                deadline: Instant::from_nanos(if draw < 5 { number << 10 } else { deadline }),
                execution: ExecutionId(number),
            };
            match draw {
                0 => assert_eq!(places.pop_first(), model.pop_first()),
                1 => {
                    let gone = model.iter().nth(model.len() / 2).copied();
                    if let Some(gone) = gone {
                        assert!(places.remove(&gone) && model.remove(&gone));
                    }
                    assert!(!places.remove(&place), "not there yet");
                }
                _ => {
                    places.insert(place);
                    model.insert(place);
                }
            }
            assert_eq!(places.len(), model.len());
            assert_eq!(
                (places.first(), places.last()),
                (model.first(), model.last())
            );
            if number % 500 == 0 {
                let before: Vec<_> = model.range(..place).collect();
                assert_eq!(places.before(&place), before.len());
                let after: Vec<_> = model.iter().filter(|it| **it > place).take(3).collect();
                let run = places.run_after(Some(place), 3);
                assert_eq!(run.iter().collect::<Vec<_>>(), after);
                let first: Vec<_> = model.iter().take(3).copied().collect();
                assert_eq!(places.run_after(None, 3), first);
                let until = model
                    .iter()
                    .filter(|it| it.deadline <= place.deadline)
                    .count();
                assert_eq!(places.until(place.deadline), until);
            }
        }
        while let Some(place) = places.pop_first() {
            assert_eq!(Some(place), model.pop_first());
        }
        assert!(model.is_empty());
    }
}
