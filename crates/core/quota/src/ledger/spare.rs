//! What is to be kept free now, lest somebody more important misses it later.

use super::Ledger;
use std::time::Duration;
use tollgate_model::Instant;

/// What somebody will come to need.
pub trait Need {
    /// Slots needed within a span from now on; grows with the span.
    fn within(&self, span: Duration) -> f64;

    /// A span within which no more slots than these are needed, as long as may be.
    fn span_of(&self, slots: f64) -> Duration;
}

impl Ledger {
    /// Slots that have to be free when `span` has passed, lest somewhere from then to the end of the
    /// coming period more is needed than is free then and comes back. Slots that end meanwhile come
    /// back; open ones don't, nor what is taken from now on.
    ///
    /// Between two ends nothing is added while the need grows, so the worst instant is just before an
    /// end. An end by which no more can be needed than is kept already and back by then is passed over.
    /// Where need and supply keep step each look is a sixteenth further on than the last, and answers
    /// for the ends between by the need at its own end and the supply at the last.
    #[must_use]
    pub fn reserve(&mut self, span: Duration, now: Instant, need: &impl Need) -> f64 {
        let Some(left) = self.period().and_then(|period| period.checked_sub(span)) else {
            return 0.0;
        };
        self.forget_ended(now);
        let from = now + span;
        let before = self.freed_by(from);
        let most = need.within(left);
        let (mut reserve, mut index, mut back) = (0.0_f64, 0, 0);
        loop {
            // No later end can ask for more.
            if most - f64::from(back) <= reserve {
                return reserve;
            }
            let covered = need.span_of(reserve + f64::from(back));
            let passed = self.freed_by(from + covered.min(left)) - before;
            if passed > index {
                (index, back) = (passed, passed);
            }
            let Some(end) = self.nth_end((before + index) as usize) else {
                break;
            };
            reserve = reserve.max(need.within(end.since(from).min(left)) - f64::from(back));
            back = index + 1;
            index = back.max(index * 17 / 16);
        }
        let settled = self.occupied() - self.open - before;
        reserve.max(most - f64::from(settled))
    }
}
