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
//! **What it costs.** A look at an end answers for the stretch of ends before it, by the demand at this end and the supply
//! at the stretch's beginning. Where that asks for no more than is reserved already, none of the stretch does: it is
//! passed, and the next is twice as long. Where it asks for more, the stretch is halved, down to single ends among the
//! first [`NEAR`] and to one part in [`NEAR`] of the way further away. So the answer may be too high by that part of what
//! has come back, never too low. `tests/reserve.rs` compares it with a plain look at every end.

use super::Ledger;
use std::time::Duration;
use tollgate_model::Instant;

/// Ends that are told apart, and the part of the way that is further away. With fewer of them more is reserved than is
/// needed, which is left unused.
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
        let later = self.occupied() - self.freed_by(from) - self.theirs(from);
        let before = self.taken() - later;
        let ends = later - self.open;
        let most = demand(left);
        // Ends from `back` on are yet to be looked at, `stretch` of them and one more at once.
        let (mut reserve, mut back, mut stretch) = (0.0_f64, 0, 0);
        // Once what has come back covers all that is asked for, no later end asks for more.
        while back < ends && most - f64::from(back) > reserve {
            let look = (back + stretch).min(ends - 1);
            let Some(end) = self.nth_end((before + look) as usize) else {
                break;
            };
            let uncovered = demand(end.since(from).min(left)) - f64::from(back);
            let narrowest = back / NEAR;
            if uncovered <= reserve {
                (back, stretch) = (look + 1, 2 * stretch + 1);
            } else if stretch > narrowest {
                stretch = narrowest.max(stretch / 2);
            } else {
                (reserve, back, stretch) = (uncovered, look + 1, narrowest);
            }
        }
        reserve.max(most - f64::from(ends))
    }
}
