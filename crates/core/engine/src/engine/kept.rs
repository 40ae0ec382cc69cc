//! What a lower class leaves to those above it.
//!
//! A slot that is given away comes back a period later. Who is more important and comes meanwhile would
//! wait for that long, though it goes first in every queue; so what it is expected to need is kept.

use super::Engine;
use crate::rate;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, RouteId};
use tollgate_quota::Ledger;

impl Engine {
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
        if self.resources.pools.may_grow(pool, &config) {
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
    rate <= 0.0 || ledger.spares(cost, now, |span| rate::kept(rate, span, late))
}
