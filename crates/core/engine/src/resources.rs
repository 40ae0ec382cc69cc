//! Everything a call takes a slot of: the shared ledgers and the token pools.
//!
//! A look has no side effect but that a route without room is remembered as blocked, until
//! something becomes free or the engine's wake-up passes.

use crate::Config;
use crate::pool::Pools;
use std::sync::Arc;
use tollgate_model::{ClientId, Instant, LimitId, RouteId, TokenId};
use tollgate_quota::Ledger;

#[derive(Debug)]
pub(crate) struct Resources {
    config: Arc<Config>,
    /// By `LimitId`.
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) pools: Pools,
    /// By `RouteId`: known to have no room.
    blocked: Vec<bool>,
}

impl Resources {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self {
            ledgers: config
                .limits
                .iter()
                .map(|limit| Ledger::new(limit.rule))
                .collect(),
            pools: Pools::new(&config),
            blocked: vec![false; config.routes.len()],
            config,
        }
    }

    /// Takes further tables over: `config` is the old one with more behind.
    pub(crate) fn extend(&mut self, config: Arc<Config>) {
        let limits = config.limits.iter().skip(self.ledgers.len());
        self.ledgers
            .extend(limits.map(|limit| Ledger::new(limit.rule)));
        self.pools.extend(&config);
        self.blocked.resize(config.routes.len(), false);
        self.config = config;
    }

    /// Whether a call on this route may be sent now. Remembers a no until something changes.
    pub(crate) fn can_start(&mut self, route: RouteId, now: Instant) -> bool {
        if self.blocked[route.index()] {
            return false;
        }
        let pool = self.config.routes[route.index()].pool;
        let room =
            self.has_room(route, now) && pool.is_none_or(|_| self.token_for(route, now).is_some());
        self.blocked[route.index()] = !room;
        room
    }

    pub(crate) fn token_for(&mut self, route: RouteId, now: Instant) -> Option<TokenId> {
        let pool = self.config.routes[route.index()].pool?;
        let (clients, ledgers) = (&self.config.clients, &mut self.ledgers);
        self.pools.choose(pool, now, |client: ClientId| {
            room(ledgers, &clients[client.index()].limits, now)
        })
    }

    /// Whether the route's own limits have room; its tokens aside.
    pub(crate) fn has_room(&mut self, route: RouteId, now: Instant) -> bool {
        room(
            &mut self.ledgers,
            &self.config.routes[route.index()].limits,
            now,
        )
    }

    /// When the route may have room by the passing of time alone.
    pub(crate) fn route_room(&mut self, route: RouteId, now: Instant) -> Option<Instant> {
        let it = &self.config.routes[route.index()];
        let mut latest = now;
        for limit in &it.limits {
            latest = latest.max(self.ledgers[limit.index()].next_room(now)?);
        }
        let Some(pool) = it.pool else {
            return Some(latest);
        };
        // A client carries the call once its own limits have room and one of its tokens does.
        let (config, ledgers, pools) = (&self.config, &mut self.ledgers, &mut self.pools);
        let client = (0..config.pools[pool.index()].clients.len()).filter_map(|at| {
            let client = config.pools[pool.index()].clients[at];
            let limits = &config.clients[client.index()].limits;
            let mut rooms = limits
                .iter()
                .map(|limit| ledgers[limit.index()].next_room(now));
            let token = pools.next_room(client, now)?;
            rooms.try_fold(token, |latest, room| Some(latest.max(room?)))
        });
        client.min().map(|at| at.max(latest))
    }

    /// Applies `change` to the ledgers that a call shares with others: its route's and its client's.
    pub(crate) fn each_shared(
        &mut self,
        route: RouteId,
        client: Option<ClientId>,
        mut change: impl FnMut(&mut Ledger),
    ) {
        let of_route = &self.config.routes[route.index()].limits;
        let of_client = client.map(|client| &self.config.clients[client.index()].limits);
        for limit in of_route.iter().chain(of_client.into_iter().flatten()) {
            change(&mut self.ledgers[limit.index()]);
        }
    }

    /// Looks at the route again, whatever is remembered of it.
    pub(crate) fn unblock_route(&mut self, route: RouteId) {
        self.blocked[route.index()] = false;
    }

    /// Something became free, or may have.
    pub(crate) fn unblock(&mut self) {
        self.blocked.fill(false);
    }
}

fn room(ledgers: &mut [Ledger], limits: &[LimitId], now: Instant) -> bool {
    limits
        .iter()
        .all(|limit| ledgers[limit.index()].has_room(now))
}
