//! Slots that have to be free now, lest more important calls miss them later.
//!
//! **What this decides.** A slot that is taken comes back a period later. How many slots must a less important call
//! leave free, so that those who are more important find as many as they will ask for at every instant until then?
//!
//! **Why this rule.** Two curves tell it: what is asked for within a span from now on, and what has come back by then. The
//! reserve is the most by which the first is above the second (in network calculus: the vertical distance of the arrival
//! curve from the service curve). Between two ends of held slots nothing comes back while the demand grows, so the worst
//! instant is just before an end, and it is enough to look there. Slots without a known end aren't counted on, nor are
//! those taken from now on.
//!
//! **What it costs.** An end by which no more can be asked for than is free already and back by then is passed over.
//! Where demand and supply keep step each look is a sixteenth further on than the last, and answers for the ends
//! between by the demand at its own end and the supply at the last: so the answer may be too high by that much, never
//! too low. `tests/reserve.rs` compares it with a plain look at every end.

use super::Ledger;
use std::time::Duration;
use tollgate_model::Instant;

/// Slots that more important calls will ask for.
pub trait Demand {
    /// Slots asked for within a span from now on; grows with the span.
    fn within(&self, span: Duration) -> f64;

    /// A span within which no more slots than these are asked for, as long as may be.
    fn span_of(&self, slots: f64) -> Duration;
}

impl Ledger {
    /// Slots that have to be free when `span` has passed, so that at no instant from then to the end of the coming
    /// period more are asked for than are free then and have come back.
    #[must_use]
    pub fn reserve(&mut self, span: Duration, now: Instant, demand: &impl Demand) -> f64 {
        let Some(left) = self.period().and_then(|period| period.checked_sub(span)) else {
            return 0.0;
        };
        self.forget_ended(now);
        let from = now + span;
        let before = self.freed_by(from);
        let most = demand.within(left);
        let (mut reserve, mut index, mut back) = (0.0_f64, 0, 0);
        loop {
            // No later end can ask for more.
            if most - f64::from(back) <= reserve {
                return reserve;
            }
            let covered = demand.span_of(reserve + f64::from(back));
            let passed = self.freed_by(from + covered.min(left)) - before;
            if passed > index {
                (index, back) = (passed, passed);
            }
            let Some(end) = self.nth_end((before + index) as usize) else {
                break;
            };
            reserve = reserve.max(demand.within(end.since(from).min(left)) - f64::from(back));
            back = index + 1;
            index = back.max(index * 17 / 16);
        }
        let settled = self.occupied() - self.open - before;
        reserve.max(most - f64::from(settled))
    }
}
