//! Slots that a header has moved.

use tollgate_model::Instant;

/// How slots have moved because of a header: what a ledger that stands for several has to repeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shift {
    pub(super) moves: [Option<Move>; MOVES],
}

/// Slots that end at another instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Move {
    /// When the slots ended before; none of slots that were found to be held.
    pub(super) from: Option<Instant>,
    /// When the slots end now; none of slots that are not held any more.
    pub(super) to: Option<Instant>,
    pub(super) slots: u32,
}

/// Moves that one header makes, at the most.
const MOVES: usize = 6;

impl Shift {
    /// Slots that end at another instant than they did.
    pub(super) fn moves(&mut self, from: Instant, to: Instant, slots: u32) {
        self.add(Some(from), Some(to), slots);
    }

    /// Slots that are held from now on, or are not any more, or end at another instant.
    pub(super) fn add(&mut self, from: Option<Instant>, to: Option<Instant>, slots: u32) {
        if slots == 0 {
            return;
        }
        let free = self.moves.iter_mut().find(|place| place.is_none());
        debug_assert!(free.is_some(), "more moves than one header makes");
        if let Some(free) = free {
            *free = Some(Move { from, to, slots });
        }
    }
}
