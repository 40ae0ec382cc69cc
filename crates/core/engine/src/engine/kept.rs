//! What a lower class leaves to those above it.
//!
//! A slot that is given away comes back a period later. Who is more important and comes meanwhile would
//! wait for that long, though it goes first in every queue; so what it is expected to need is kept.
//! What is kept goes before a lower call in the estimate of its start as well. Should more be expected
//! of the higher class later, a call that was taken in is started all the same when its deadline comes:
//! what is promised goes before what is only expected.

use super::Engine;
use crate::rate::Kept;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, LimitId, RouteId};
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

    /// Slots a second that classes above the flow's have asked for of late, where `cost` is what a call
    /// on a route takes: no more of them than limits other than this one let through.
    pub(super) fn demand(
        &self,
        flow: FlowId,
        now: Instant,
        limit: Option<LimitId>,
        cost: impl Fn(FlowId, RouteId) -> u32,
    ) -> f64 {
        let class = self.queue.class(flow);
        if class == self.top_class {
            return 0.0;
        }
        let mut slots = 0.0;
        // Slots a second that others give, less what lanes before have taken of them.
        let mut left: Vec<(LimitId, f64)> = Vec::new();
        for (flow, route, mut calls) in self.queue.above(class, now) {
            let cost = f64::from(cost(flow, route));
            if calls <= 0.0 || cost <= 0.0 {
                continue;
            }
            let of_call = f64::from(self.config.routes[route.index()].cost);
            let others = self.config.passed(flow, route);
            let others = others.filter(|other| Some(*other) != limit);
            let mut passed = Vec::new();
            for (other, given) in others.filter_map(|other| Some((other, self.given(other)?))) {
                let known = left.iter().position(|(it, _)| *it == other);
                let place = known.unwrap_or(left.len());
                if known.is_none() {
                    left.push((other, given));
                }
                calls = calls.min(left[place].1 / of_call);
                passed.push(place);
            }
            for place in passed {
                left[place].1 -= calls * of_call;
            }
            slots += calls * cost;
        }
        slots
    }

    /// Slots a second that a window gives.
    fn given(&self, limit: LimitId) -> Option<f64> {
        let ledger = &self.resources.ledgers[limit.index()];
        let period = ledger.period()?.as_secs_f64();
        Some(f64::from(ledger.allowed()) / period)
    }

    /// Whether a start of this flow's leaves the classes above it what they will need before its
    /// slots come back.
    pub(super) fn spares(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        if self.queue.class(flow) == self.top_class {
            return true;
        }
        let config = Arc::clone(&self.config);
        let late = self.queue.late();
        let it = &config.routes[route.index()];
        for limit in config.passed(flow, route) {
            let rate = self.demand(flow, now, Some(limit), |flow, route| {
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
        let rate = self.demand(flow, now, None, |_, route| config.cost_in(pool, route));
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
