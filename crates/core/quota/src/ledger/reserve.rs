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
//! **What it costs.** A look at each of the first [`NEAR`] ends; further away each look is one part in [`NEAR`] of the
//! way further on than the last. It answers for the ends between by the demand at its own end and the supply at the last,
//! so the answer may be too high by that part of what has come back, never too low. `tests/reserve.rs` compares it with
//! a plain look at every end.

use super::Ledger;
use std::time::Duration;
use tollgate_model::Instant;

/// Ends that are each looked at. With fewer of them more is reserved than is needed, which is left unused.
const NEAR: u32 = 64;

impl Ledger {
    /// Slots that have to be free when `span` has passed, so that at no instant from then to the end of the coming
    /// period more are asked for than are free then and have come back. `demand` tells how many slots are asked for
    /// within a span that begins then; it grows with the span.
    #[must_use]
    pub fn reserve(
        &mut self,
        span: Duration,
        now: Instant,
        demand: impl Fn(Duration) -> f64,
    ) -> f64 {
        let Some(left) = self.period().and_then(|period| period.checked_sub(span)) else {
            return 0.0;
        };
        self.forget_ended(now);
        let from = now + span;
        let before = self.freed_by(from);
        let ends = self.occupied() - self.open - before;
        let most = demand(left);
        let (mut reserve, mut back) = (0.0_f64, 0);
        // Once what has come back covers all that is asked for, no later end asks for more.
        while back < ends && most - f64::from(back) > reserve {
            let look = (back + back / NEAR).min(ends - 1);
            let Some(end) = self.nth_end((before + look) as usize) else {
                break;
            };
            reserve = reserve.max(demand(end.since(from).min(left)) - f64::from(back));
            back = look + 1;
        }
        reserve.max(most - f64::from(ends))
    }
}
