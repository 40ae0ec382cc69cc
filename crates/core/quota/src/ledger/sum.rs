//! Ledgers that stand for several together.

use super::Ledger;
use tollgate_model::Instant;

/// Free slots of a ledger that is shut which are each told apart; beyond these nobody waits.
const MOST_FREE: u32 = 1 << 17;

impl Ledger {
    /// Adds another ledger's slots and bound to this one, which then stands for several
    /// interchangeable limits together. Only [`Self::earliest`] and the counts mean anything of it.
    pub fn merge(&mut self, other: &Self) {
        self.set_allowed(self.allowed().saturating_add(other.allowed()));
        self.open += other.open;
        other.each_end(|end| self.insert(end, 1));
    }

    /// The same for a ledger that gives no slot before `opens`; of its free ones it counts the first
    /// 131,072.
    pub fn merge_from(&mut self, other: &Self, opens: Instant) {
        let free = other.allowed().saturating_sub(other.occupied());
        let over = free.saturating_sub(MOST_FREE);
        let free = free - over;
        self.set_allowed(self.allowed().saturating_add(other.allowed() - over));
        self.open += other.open;
        self.ends.extend(std::iter::repeat_n(opens, free as usize));
        other.each_end(|end| self.ends.push_back(end.max(opens)));
        self.ends.make_contiguous().sort();
    }

    /// Takes back what [`Self::merge`] added, and what both have seen since.
    pub fn unmerge(&mut self, other: &Self) {
        self.set_allowed(self.allowed().saturating_sub(other.allowed()));
        self.open = self.open.saturating_sub(other.open);
        other.each_end(|end| {
            self.remove(end, 1);
        });
    }

    pub(super) fn each_end(&self, mut what: impl FnMut(Instant)) {
        self.ends.iter().for_each(|&end| what(end));
        if let Some(learned) = &self.learned {
            learned.each_end(what);
        }
    }
}
