//! What the machine keeps.

use crate::program::At;

/// What has to be taken back, or is to be tried next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// Go on here.
    Retry { at: At, place: u32 },
    /// A local had this value.
    Local { slot: u32, old: u32 },
    /// A group had captured this.
    Group { group: u32, start: u32, end: u32 },
    /// Characters up to here were taken; may be given back down to the floor.
    Chars { at: At, place: u32, floor: u32 },
    /// Characters up to here were taken; so many more may be.
    Lazy { at: At, place: u32, left: u32 },
    /// What is above is tried on its own.
    Sub(Trial),
    /// Steps up to here were made: the rest may follow.
    Rest { at: At, place: u32, set: bool },
    /// Steps up to here were made; one more may be.
    Step { at: At, place: u32, count: u32 },
    /// To be captured once more when all has matched.
    Set { group: u32, start: u32, end: u32 },
    /// A round was tried here in vain: the rest may follow.
    Round { rounds: u32, place: u32 },
    /// The rest was tried here in vain: one more round may be.
    LazyRound { rounds: u32, place: u32 },
}

/// Something that is tried on its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub(super) at: At,
    pub(super) place: u32,
    /// The trial that it is a part of: its frame's number, plus 1.
    pub(super) outer: u32,
    /// Steps made before, or candidates left.
    pub(super) count: u32,
    /// Bytes of the step before.
    pub(super) width: u32,
    /// Steps after which the width changed last; the place of a candidate.
    pub(super) base: u32,
}

/// How it goes on.
pub(super) enum Go {
    On(At, u32),
    Back,
}

/// Places where a loop's body failed.
#[derive(Default)]
pub(super) struct Memo {
    pub(super) bits: Vec<u64>,
    pub(super) set: Vec<u32>,
}

impl Memo {
    pub(super) fn holds(&self, place: u32) -> bool {
        let word = self.bits.get(place as usize / 64);
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    pub(super) fn clear(&mut self) {
        for place in self.set.drain(..) {
            self.bits[place as usize / 64] = 0;
        }
    }
}
