//! What a lower class leaves to those above it.
//!
//! A slot that is given away comes back a period later. Who is more important and comes meanwhile would
//! wait for that long, though it goes first in every queue; so what it is expected to need is kept.
//! What is kept goes before a lower call in the estimate of its start as well. Should more be expected
//! of the higher class later, a call that was taken in is started all the same when its deadline comes:
//! what is promised goes before what is only expected.

use super::Engine;
use crate::rate::Kept;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, RouteId};
use tollgate_quota::Ledger;

/// How long before its deadline a call that was taken in gets what is kept for others.
pub(super) const DUE: Duration = Duration::from_millis(100);
/// Looks again at what is kept, at the soonest and at the latest.
const LOOK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));

impl Engine {
    /// When to look again at what is kept: it is a slot less each time one of the higher class is due and
    /// doesn't come, and is none for a call that is due itself.
    pub(super) fn look_again(&self, now: Instant) -> Instant {
        let pause = Duration::try_from_secs_f64(1.0 / self.kept_rate).unwrap_or(LOOK.1);
        let again = now + pause.clamp(LOOK.0, LOOK.1);
        match self.queue.next_due(now + DUE) {
            Some(deadline) => again.min(deadline.before(DUE)),
            None => again,
        }
    }

    /// Slots of the ledger that have to be free before a call of this flow's takes one, where `cost` is
    /// what a call on a route takes of it.
    pub(super) fn kept_before(
        &self,
        ledger: &mut Ledger,
        flow: FlowId,
        now: Instant,
        cost: impl Fn(FlowId, RouteId) -> u32,
    ) -> u64 {
        let class = self.queue.class(flow);
        if class == self.top_class {
            return 0;
        }
        let rate = self.queue.demand(class, now, cost);
        if rate <= 0.0 {
            return 0;
        }
        let need = Kept::new(rate, self.queue.late());
        ledger.reserve(now, f64::INFINITY, &need).ceil() as u64
    }

    /// Whether a start of this flow's leaves the classes above it what they will need before its
    /// slots come back.
    pub(super) fn spares(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let class = self.queue.class(flow);
        if class == self.top_class {
            return true;
        }
        let config = std::sync::Arc::clone(&self.config);
        let late = self.queue.late();
        let it = &config.routes[route.index()];
        for &limit in &it.limits {
            let rate = self.queue.demand(class, now, |flow, route| {
                config.cost_under(limit, flow, route)
            });
            let ledger = &mut self.resources.ledgers[limit.index()];
            if !spares(ledger, rate, late, it.cost, now) {
                self.kept_rate = self.kept_rate.max(rate);
                return false;
            }
        }
        let Some(pool) = it.pool else {
            return true;
        };
        if self.resources.pools.may_grow(pool, &config, now) {
            return true;
        }
        let rate = self
            .queue
            .demand(class, now, |_, route| config.cost_in(pool, route));
        let aggregates = &mut self.resources.pools.pools[pool.index()].aggregates;
        let spared = aggregates
            .iter_mut()
            .all(|ledger| spares(ledger, rate, late, it.cost, now));
        if !spared {
            self.kept_rate = self.kept_rate.max(rate);
        }
        spared
    }
}

/// Whether the ledger has enough for `rate` slots a second, chance included, after this call.
fn spares(ledger: &mut Ledger, rate: f64, late: Duration, cost: u32, now: Instant) -> bool {
    rate <= 0.0 || ledger.spares(cost, now, &Kept::new(rate, late))
}
