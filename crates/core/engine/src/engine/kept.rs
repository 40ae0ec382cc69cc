//! What a lower class leaves to those above it.
//!
//! A slot that is given away comes back a period later. Who is more important and comes meanwhile would
//! wait for that long, though it goes first in every queue; so what it is expected to need is kept.
//! What is kept goes before a lower call in the estimate of its start as well. Should more be expected
//! of the higher class later, a call that was taken in is started all the same when its deadline comes:
//! what is promised goes before what is only expected.

use super::Engine;
use crate::Config;
use crate::rate::Kept;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, LimitId, PoolId, RouteId, Rule};
use tollgate_quota::Ledger;

/// How long before its deadline a call that was taken in gets what is kept for others.
pub(super) const DUE: Duration = Duration::from_millis(100);
/// What was asked for of late is counted anew after this part of what "of late" means.
const FRESH: u32 = 1_024;
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

    /// What classes above the flow's have asked for of late, as it was a moment ago. None of the first
    /// class.
    pub(super) fn demand(&mut self, flow: FlowId, now: Instant) -> Option<&Demand> {
        let class = self.queue.class(flow);
        if class == self.top_class {
            return None;
        }
        let fresh = self.queue.late() / FRESH;
        let demand = self.demands.entry(class).or_default();
        if demand.until <= now {
            demand.count(&self.config, self.queue.above(class, now));
            demand.until = now + fresh;
        }
        Some(demand)
    }

    /// Whether a start of this flow's leaves the classes above it what they will need before its
    /// slots come back.
    pub(super) fn spares(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        let late = self.queue.late();
        if self.demand(flow, now).is_none_or(|it| it.is_none) {
            return true;
        }
        let config = Arc::clone(&self.config);
        let it = &config.routes[route.index()];
        let demand = &self.demands[&self.queue.class(flow)];
        for limit in config.passed(flow, route) {
            let rate = demand.limits[limit.index()];
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
        let rate = demand.pools[pool.index()];
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

/// Slots a second that classes above one have asked for of late.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    /// When it is to be counted again.
    until: Instant,
    /// Whether nothing was asked for.
    is_none: bool,
    /// By `LimitId`.
    limits: Vec<f64>,
    /// By `PoolId`.
    pools: Vec<f64>,
}

impl Demand {
    pub(super) fn under(&self, limit: LimitId) -> f64 {
        self.limits[limit.index()]
    }

    pub(super) fn of_tokens(&self, pool: PoolId) -> f64 {
        self.pools[pool.index()]
    }

    /// `above`: flows, routes, and how many calls a second come of each. No more of them take slots of
    /// one limit than their other limits let through.
    fn count(&mut self, config: &Config, above: impl Iterator<Item = (FlowId, RouteId, f64)>) {
        self.is_none = true;
        for (slots, len) in [
            (&mut self.limits, config.limits.len()),
            (&mut self.pools, config.pools.len()),
        ] {
            slots.clear();
            slots.resize(len, 0.0);
        }
        for (flow, route, mut calls) in above.filter(|(.., calls)| *calls > 0.0) {
            self.is_none = false;
            let it = &config.routes[route.index()];
            let cost = f64::from(it.cost);
            for limit in config.passed(flow, route) {
                if let Rule::Window {
                    allowed, period, ..
                } = config.limits[limit.index()].rule
                {
                    let given = f64::from(allowed) / period.as_secs_f64();
                    let left = (given - self.limits[limit.index()]).max(0.0);
                    calls = calls.min(left / cost);
                }
            }
            for limit in config.passed(flow, route) {
                self.limits[limit.index()] += calls * cost;
            }
            if let Some(pool) = it.pool {
                self.pools[pool.index()] += calls * cost;
            }
        }
    }
}

/// Whether the ledger has enough for `rate` slots a second, chance included, after this call.
fn spares(ledger: &mut Ledger, rate: f64, late: Duration, cost: u32, now: Instant) -> bool {
    rate <= 0.0 || ledger.spares(cost, now, &Kept::new(rate, late))
}
