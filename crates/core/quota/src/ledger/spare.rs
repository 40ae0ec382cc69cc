//! What can be given away now without somebody more important missing it later.

use super::Ledger;
use std::time::Duration;
use tollgate_model::Instant;

impl Ledger {
    /// Whether a call of this cost leaves enough for others, who will come to need `need(span)` slots
    /// within each span from now on. Slots that end meanwhile count, open ones don't.
    #[must_use]
    pub fn spares(&mut self, cost: u32, now: Instant, need: impl Fn(Duration) -> f64) -> bool {
        let Some(period) = self.period() else {
            return true;
        };
        let Some(left) = self.room(now).checked_sub(cost) else {
            return false;
        };
        let left = f64::from(left);
        need(period) <= left || self.reserve(now, left, need) <= left
    }

    /// Slots that have to be free now, lest somewhere in the coming period `need` exceeds what is free
    /// and what comes back. Any number above `up_to` stands for all of those.
    ///
    /// Between two ends nothing is added while the need grows, so the worst instant is just before an
    /// end. Not every end is looked at: each look is a sixteenth further on than the last, and answers
    /// for the ends between by the need at its own end and the supply at the last.
    #[must_use]
    pub fn reserve(&mut self, now: Instant, up_to: f64, need: impl Fn(Duration) -> f64) -> f64 {
        let Some(period) = self.period() else {
            return 0.0;
        };
        self.forget_ended(now);
        let most = need(period);
        let (mut reserve, mut index, mut back) = (0.0_f64, 0, 0);
        while let Some(end) = self.nth_end(index) {
            // No later end can ask for more.
            if most - back as f64 <= reserve || reserve > up_to {
                return reserve;
            }
            reserve = reserve.max(need(end.since(now).min(period)) - back as f64);
            back = index + 1;
            index = back.max(index * 17 / 16);
        }
        let settled = self.occupied() - self.open;
        reserve.max(most - f64::from(settled))
    }
}
