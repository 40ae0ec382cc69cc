//! Which limits a call passes, and what it takes of them.

use crate::{Config, Route};
use tollgate_model::{FlowId, LimitId, PoolId, RouteId, Rule};

impl Config {
    /// What a call of the flow's on the route takes of the limit.
    pub(crate) fn cost_under(&self, limit: LimitId, flow: FlowId, route: RouteId) -> u32 {
        let passes = self.passed(flow, route).any(|it| it == limit);
        match self.limits[limit.index()].rule {
            _ if !passes => 0,
            Rule::Window { .. } => self.routes[route.index()].cost,
            Rule::Concurrency { .. } => 1,
        }
    }

    /// The limits that every call of the flow's on the route passes, each once.
    pub(crate) fn passed(&self, flow: FlowId, route: RouteId) -> impl Iterator<Item = LimitId> {
        let route = &self.routes[route.index()];
        let of_flow = &self.flows[flow.index()].limits;
        let flow = of_flow.iter().filter(|it| !route.limits.contains(it));
        let clients = self
            .of_all_clients(route)
            .filter(|it| !route.limits.contains(it) && !of_flow.contains(it));
        route.limits.iter().chain(flow).chain(clients).copied()
    }

    /// The limits that all clients of the route's pool name: as good as the route's own.
    pub(crate) fn of_all_clients(&self, route: &Route) -> impl Iterator<Item = &LimitId> {
        let first = |pool: PoolId| self.pools[pool.index()].clients.first();
        let limits = route.pool.into_iter().flat_map(move |pool| {
            let first = first(pool).map(|client| &self.clients[client.index()].limits);
            first.into_iter().flatten().map(move |limit| (pool, limit))
        });
        limits.filter_map(|(pool, limit)| self.all_name(pool, *limit).then_some(limit))
    }

    /// Whether all clients of the pool are under the limit, so that it is as good as its routes'.
    pub(crate) fn all_name(&self, pool: PoolId, limit: LimitId) -> bool {
        let mut clients = self.pools[pool.index()].clients.iter();
        clients.all(|client| self.clients[client.index()].limits.contains(&limit))
    }

    /// What a call on the route takes of the pool's tokens.
    pub(crate) fn cost_in(&self, pool: PoolId, route: RouteId) -> u32 {
        let route = &self.routes[route.index()];
        if route.pool == Some(pool) {
            route.cost
        } else {
            0
        }
    }
}
