//! What higher classes ask for.

use crate::Config;
use crate::resource::Resource;
use tollgate_model::{FlowId, Instant, PoolId, RouteId};
use tollgate_quota::Ledger;

/// Slots a second that the classes above one have asked for of late, of each limit and of each pool's tokens.
#[derive(Debug, Default)]
pub(super) struct OfferedLoad {
    /// When it is to be counted again.
    pub(super) until: Instant,
    /// Whether nothing was asked for.
    pub(super) is_none: bool,
    /// By `LimitId`.
    limits: Vec<f64>,
    /// By `PoolId`.
    pools: Vec<f64>,
}

impl OfferedLoad {
    /// Slots a second that are asked for of the resource.
    pub(super) fn of(&self, resource: &Resource) -> f64 {
        let of_pool = |pool: PoolId| self.pools[pool.index()];
        match resource {
            Resource::Limit(limit) => self.limits[limit.index()],
            Resource::Tokens(pool, _) => of_pool(*pool),
            Resource::Clients(clients) => of_pool(clients.pool),
        }
    }

    /// Counts the load anew. `above` tells flows, routes, and how many calls a second come of each. No more of them
    /// take slots of one limit than their other limits let through.
    pub(super) fn count(
        &mut self,
        config: &Config,
        ledgers: &[Ledger],
        above: impl Iterator<Item = (FlowId, RouteId, f64)>,
    ) {
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
            let taken = &config.routes[route.index()];
            let cost = f64::from(taken.cost);
            for limit in config.passed(flow, route) {
                let ledger = &ledgers[limit.index()];
                if let Some(period) = ledger.period() {
                    let given = f64::from(ledger.leased()) / period.as_secs_f64();
                    let left = (given - self.limits[limit.index()]).max(0.0);
                    calls = calls.min(left / cost);
                }
            }
            for limit in config.passed(flow, route) {
                self.limits[limit.index()] += calls * cost;
            }
            if let Some(pool) = taken.pool {
                self.pools[pool.index()] += calls * cost;
            }
        }
    }
}
