//! Fetching the tokens that a pool is short of.

use super::machine::Engine;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, PoolId, RouteId};

/// A pool that is sent with is looked at again after this part of the time that a fetch takes.
const LOOKS: u32 = 8;
/// A fetch that ends sooner is soon enough followed by another.
const QUICK: Duration = Duration::from_millis(250);

impl Engine {
    /// Fetches further tokens before the pool runs out.
    pub(super) fn grow_ahead(&mut self, route: RouteId, now: Instant) {
        let Some(pool) = self.route(route).pool else {
            return;
        };
        let config = Arc::clone(&self.config);
        let grower = |engine: &Self, beside| {
            let pools = &engine.resources.pools;
            pools.grower(pool, &config, now, beside, |_| true)
        };
        if self.resources.pools.runs_short(pool, now)
            && let Some(client) = grower(self, false)
        {
            self.fetch(client, now);
        }
        let pools = &mut self.resources.pools;
        let takes = pools.fetch_takes(pool, now);
        if pools.pools[pool.index()].looked + takes / LOOKS <= now {
            pools.pools[pool.index()].looked = now;
            while let Some(client) = grower(self, true)
                && self.falls_short(pool, now)
            {
                self.fetch(client, now);
            }
        }
    }

    /// Fetches tokens for routes that wait for nothing else.
    pub(super) fn grow_for_waiting(&mut self, now: Instant) {
        let waiting: Vec<RouteId> = self.queue.lanes().map(|lane| lane.route).collect();
        for route in waiting {
            if self.resources.has_room(route, now) && !self.resources.waits_for_answer(route, now) {
                self.grow(route, now);
            }
        }
    }

    /// Fetches tokens for calls of a flow in shadow that wait on the route because its pool has none: at least one, be
    /// there room for the calls or not.
    pub(super) fn grow_in_shadow(&mut self, route: RouteId, now: Instant) {
        self.grow(route, now);
        let Some(pool) = self.route(route).pool else {
            return;
        };
        let pools = &self.resources.pools;
        let mut clients = self.config.pools[pool.index()].clients.iter().copied();
        let fetches = |client: ClientId| !pools.clients[client.index()].fetching.is_empty();
        if clients.clone().any(fetches) {
            return;
        }
        let from = |client: ClientId| pools.may_fetch_from(client, &self.config);
        if let Some(client) = clients.find(|client| from(*client).is_some_and(|at| at <= now)) {
            self.fetch(client, now);
        }
    }

    pub(super) fn grow(&mut self, route: RouteId, now: Instant) {
        while let Some(client) = self.resources.grower(route, now, false) {
            self.fetch(client, now);
            // While there is a token, the others can wait to see whether they are needed.
            if self.resources.pools.clients[client.index()].used() > 0 {
                break;
            }
        }
        while let Some(client) = self.resources.grower(route, now, true)
            && let Some(pool) = self.route(route).pool
            && self.falls_short(pool, now)
        {
            self.fetch(client, now);
        }
    }

    /// Whether more will have come to wait for the pool's tokens, before a fetch that is begun later could
    /// end, than the tokens that are there and on their way will have carried by then.
    fn falls_short(&mut self, pool: PoolId, now: Instant) -> bool {
        let pools = &self.resources.pools;
        let takes = pools.fetch_takes(pool, now);
        // Without a token all that came since the first fetch began waits. A fetch that has taken so long is
        // expected to take as long again, and the next twice that.
        let foretells = pools.is_empty(pool) && pools.longest_fetch(pool, now) > QUICK;
        let more = if foretells { 3.0 } else { 0.0 };
        // A fetch that is begun now, and one that is begun when that has ended.
        let span = takes * 2;
        let mut slots = 0.0;
        for lane in self.queue.all_lanes() {
            let route = &self.config.routes[lane.route.index()];
            if route.pool != Some(pool) {
                continue;
            }
            let waiting = lane.waiting() as f64;
            let coming = lane.arrivals(now) * span.as_secs_f64();
            slots += (waiting + coming.max(more * waiting)) * f64::from(route.cost);
        }
        let carried = self
            .resources
            .pools
            .carried_by(pool, &self.config, now + span, now);
        carried.is_some_and(|carried| slots > carried as f64)
    }
}
