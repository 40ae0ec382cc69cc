//! Ledgers that stand for several together.

use super::Ledger;
use tollgate_model::Instant;

/// Free slots of a ledger that is shut which are each told apart; beyond these nobody waits.
const MOST_FREE: u32 = 1 << 17;

impl Ledger {
    /// Adds another ledger's slots and bound to this one, which then stands for several
    /// interchangeable limits together. Only [`Self::earliest`] and the counts mean anything of it.
    ///
    /// A ledger whose number was lowered below what it holds gives no slot while it drains, and takes none
    /// from the others: the slots by which it is over are left out.
    pub fn merge(&mut self, other: &Self) {
        self.set_allowed(self.allowed().saturating_add(other.allowed()));
        self.open += other.open;
        other.each_end_that_frees(|end| self.insert(end, 1));
    }

    /// Adds the slots of a ledger that gives none before `opens`. Of its free slots it counts the first
    /// 131,072.
    pub fn merge_from(&mut self, other: &Self, opens: Instant) {
        let free = other.allowed().saturating_sub(other.occupied());
        let over = free.saturating_sub(MOST_FREE);
        let free = free - over;
        self.set_allowed(self.allowed().saturating_add(other.allowed() - over));
        self.open += other.open;
        self.ends.extend(std::iter::repeat_n(opens, free as usize));
        other.each_end_that_frees(|end| self.ends.push_back(end.max(opens)));
        self.ends.make_contiguous().sort();
    }

    /// Takes back what [`Self::merge`] added, and what both have seen since. What changes a ledger that
    /// [`is over`](Self::is_over) they don't see alike: it is taken back before, and added after.
    pub fn unmerge(&mut self, other: &Self) {
        self.set_allowed(self.allowed().saturating_sub(other.allowed()));
        self.open = self.open.saturating_sub(other.open);
        other.each_end_that_frees(|end| {
            self.remove(end, 1);
        });
    }

    /// Whether more slots are held than may be.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over() > 0
    }

    fn over(&self) -> u32 {
        self.occupied().saturating_sub(self.allowed())
    }

    /// The ends of settled slots but for the first, by which more are held than may be: they free nothing.
    fn each_end_that_frees(&self, mut what: impl FnMut(Instant)) {
        let mut index = self.over() as usize;
        if index == 0 {
            return self.each_end(what);
        }
        while let Some(end) = self.nth_end(index) {
            what(end);
            index += 1;
        }
    }

    pub(super) fn each_end(&self, mut what: impl FnMut(Instant)) {
        self.ends.iter().for_each(|&end| what(end));
        if let Some(learned) = &self.learned {
            learned.each_end(what);
        }
    }
}
