//! What is to happen, the earliest first; ties in the order of making.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tollgate_model::{ClientId, TokenId};

/// Something that is to happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Due {
    /// An interaction of the flow begins.
    Arrival(u32),
    /// The recorded call with this place begins.
    Record(u32),
    /// The pause of the interaction in this slot is over.
    Resume(u32),
    /// The interaction no longer waits for this execution.
    HangUp(u64),
    /// The attempt arrives upstream.
    Reach(u64),
    /// The attempt's answer, or its loss, arrives.
    Answer(u64),
    /// The token endpoint answers.
    Token(ClientId, TokenId),
    /// An outage begins, or ends.
    Outage(u32, bool),
}

/// The instant and the serial number in one key, so that a comparison is one of numbers.
type Entry = Reverse<(u128, Due)>;

#[derive(Debug, Default)]
pub(crate) struct Heap {
    heap: BinaryHeap<Entry>,
    serial: u64,
    /// Arrivals and records in it.
    arrivals: usize,
}

impl Heap {
    pub(crate) fn push(&mut self, at: u64, due: Due) {
        self.serial += 1;
        self.arrivals += usize::from(is_arrival(due));
        let key = u128::from(at) << 64 | u128::from(self.serial);
        self.heap.push(Reverse((key, due)));
    }

    /// When the next is due; [`u64::MAX`] if nothing is.
    pub(crate) fn next_at(&self) -> u64 {
        let next = self.heap.peek();
        next.map_or(u64::MAX, |Reverse((key, _))| (key >> 64) as u64)
    }

    pub(crate) fn pop(&mut self) -> Option<(u64, Due)> {
        let Reverse((key, due)) = self.heap.pop()?;
        self.arrivals -= usize::from(is_arrival(due));
        Some(((key >> 64) as u64, due))
    }

    /// Whether an interaction is still to begin.
    pub(crate) fn expects_arrivals(&self) -> bool {
        self.arrivals > 0
    }
}

fn is_arrival(due: Due) -> bool {
    matches!(due, Due::Arrival(_) | Due::Record(_))
}
