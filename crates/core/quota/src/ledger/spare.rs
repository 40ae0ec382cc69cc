//! What can be given away now without somebody more important missing it later.

use super::Ledger;
use std::time::Duration;
use tollgate_model::Instant;

impl Ledger {
    /// Whether a call of this cost leaves enough for others, who will come to need `need(span)` slots
    /// within each span from now on. Slots that end meanwhile count, open ones don't.
    ///
    /// Between two ends nothing is added while the need grows, so the worst instant is just before an
    /// end. Not every end is looked at: each look is a sixteenth further on than the last, and answers
    /// for the ends between by the need at its own end and the supply at the last.
    #[must_use]
    pub fn spares(&mut self, cost: u32, now: Instant, need: impl Fn(Duration) -> f64) -> bool {
        let Some(period) = self.period() else {
            return true;
        };
        let Some(left) = self.room(now).checked_sub(cost) else {
            return false;
        };
        let left = f64::from(left);
        let most = need(period);
        if most <= left {
            return true;
        }
        let (mut index, mut back) = (0, 0);
        while let Some(end) = self.nth_end(index) {
            let supply = left + back as f64;
            if supply >= most {
                return true;
            }
            if need(end.since(now).min(period)) > supply {
                return false;
            }
            back = index + 1;
            index = back.max(index * 17 / 16);
        }
        most <= left + f64::from(self.occupied() - self.open)
    }
}
