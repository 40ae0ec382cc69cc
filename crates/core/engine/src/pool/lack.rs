//! Pools without a token.

use super::Pools;
use super::client::ClientState;
use crate::Config;
use tollgate_model::{ClientId, Instant, PoolId};

impl Pools {
    /// Whether the pool has no open token and isn't about to have one: the last fetch of each client that
    /// may hold tokens failed, and the next is not to be made yet, or is made only to see whether that
    /// has changed.
    pub(crate) fn gives_none(&self, pool: PoolId, config: &Config, now: Instant) -> bool {
        let mut clients = self
            .members(pool)
            .filter(|(client, _)| config.clients[client.index()].max_tokens > 0)
            .peekable();
        clients.peek().is_some() && clients.all(|(_, state)| state.gives_none(now))
    }

    /// Whether nothing is expected of the endpoint of any client that may hold tokens.
    pub(crate) fn is_hopeless(&self, pool: PoolId, config: &Config) -> bool {
        let mut clients = self.members(pool);
        clients.all(|(client, state)| {
            state.endpoint.is_hopeless() || config.clients[client.index()].max_tokens == 0
        })
    }

    /// Whether the pool holds no token that is used.
    pub(crate) fn is_empty(&self, pool: PoolId) -> bool {
        self.members(pool).all(|(_, state)| state.used() == 0)
    }

    /// Whether none of the pool's tokens may be sent with, were there room.
    pub(crate) fn all_closed(&self, pool: PoolId) -> bool {
        self.members(pool).all(|(_, state)| state.open() == 0)
    }

    /// When the first of the pool's closed tokens opens.
    pub(crate) fn first_opening(&self, pool: PoolId) -> Option<Instant> {
        let closed = self
            .members(pool)
            .flat_map(|(_, state)| state.closed.iter());
        let tokens = closed.filter_map(|token| self.tokens.get(token));
        tokens.map(|token| token.closed_until).min()
    }

    /// When the first of the pool's clients may fetch.
    pub(crate) fn fetches_from(&self, pool: PoolId) -> Option<Instant> {
        let from = self.members(pool).map(|(_, state)| state.fetches_from());
        from.min()
    }

    /// Notes that an execution was refused for want of a token: the pool's clients are to be asked again
    /// though nobody waits.
    pub(crate) fn want(&mut self, pool: PoolId) {
        for client in &self.pools[pool.index()].clients {
            self.clients[client.index()].wanted = true;
        }
    }

    /// Whether the client is to be asked for a token only to see whether it gives one; it is then no
    /// more.
    pub(crate) fn take_probe(&mut self, client: ClientId, most: u32, now: Instant) -> bool {
        let state = &mut self.clients[client.index()];
        let probes = state.wanted
            && most > 0
            && state.open() == 0
            && state.fetching.is_empty()
            && !state.retired
            && state.fetches_from() <= now;
        state.wanted &= !probes;
        probes
    }

    fn members(&self, pool: PoolId) -> impl Iterator<Item = (ClientId, &ClientState)> {
        let clients = self.pools[pool.index()].clients.iter();
        clients.map(|&client| (client, &self.clients[client.index()]))
    }
}

impl ClientState {
    fn gives_none(&self, now: Instant) -> bool {
        let endpoint = &self.endpoint;
        // Of a hopeless one nothing is expected of what was asked before that was known.
        let hopeless = endpoint.is_hopeless();
        let mut fetches = self.fetching.values();
        let fails = if fetches.all(|since| hopeless && endpoint.failed_since(*since)) {
            now < endpoint.paused_until()
        } else {
            self.probing
        };
        fails && endpoint.has_failed() && self.open() == 0
    }
}
