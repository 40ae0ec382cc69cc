//! Tokens and clients that are closed because of a 429.
//!
//! A closed token takes no part in its pool: it is chosen for no call and is out of the aggregates. An
//! estimate counts on what it will have once it opens ([`Pools::foreseen`]).

use super::Pools;
use crate::Config;
use tollgate_model::{ClientId, Instant, PoolId, TokenId};
use tollgate_quota::Ledger;

impl Pools {
    /// Sends nothing with the token until then. No if it is gone, or was closed for as long.
    pub(crate) fn close(&mut self, token: TokenId, until: Instant) -> bool {
        let held = self.tokens.get_mut(token);
        let Some(held) = held.filter(|it| it.closed_until < until) else {
            return false;
        };
        held.closed_until = until;
        held.watched = None;
        let state = &mut self.clients[held.client.index()];
        if let Some(pool) = state.pool_of(token) {
            self.pools[pool.index()].take_off(&held.ledgers);
        }
        state.ready.remove(token);
        state.closed.insert(token);
        true
    }

    /// Opens the token again, if its time has come.
    pub(crate) fn open(&mut self, token: TokenId, now: Instant) {
        let Some(held) = self.tokens.get(token).filter(|it| it.closed_until <= now) else {
            return;
        };
        let state = &mut self.clients[held.client.index()];
        if state.closed.remove(token) {
            state.ready.insert(token);
            if let Some(pool) = state.pool {
                self.pools[pool.index()].add(&held.ledgers);
            }
        }
    }

    /// Notes that the client's token was answered 429 for no known reason, and is closed until then.
    /// Whether another of its tokens has been, and is still closed: then it is not the token.
    pub(crate) fn turned_away(
        &mut self,
        client: ClientId,
        token: TokenId,
        until: Instant,
        now: Instant,
    ) -> bool {
        let before = self.clients[client.index()]
            .turned_away
            .replace((token, until));
        before.is_some_and(|(other, closed_until)| other != token && closed_until > now)
    }

    /// Fetches no token for the client until then. Those it has are to be closed as well.
    pub(crate) fn close_client(&mut self, client: ClientId, until: Instant) -> Vec<TokenId> {
        let state = &mut self.clients[client.index()];
        state.closed_until = state.closed_until.max(until);
        state.live.iter().collect()
    }

    /// Until when the client is closed.
    pub(crate) fn closed_until(&self, client: ClientId) -> Instant {
        self.clients[client.index()].closed_until
    }

    /// When one of the pool's tokens is not closed, or another can be fetched. An instant that has passed
    /// if that is so now, or no token is closed.
    pub(crate) fn opens(&self, pool: PoolId, config: &Config) -> Instant {
        let state = &self.pools[pool.index()];
        let clients = || {
            let clients = state.clients.iter();
            clients.map(|&client| (client, &self.clients[client.index()]))
        };
        if clients().any(|(_, it)| it.open() > 0 || it.fetching.is_some()) {
            return Instant::ZERO;
        }
        let tokens = clients().flat_map(|(_, it)| it.closed.iter());
        let tokens = tokens.filter_map(|token| self.tokens.get(token));
        let Some(opens) = tokens.map(|token| token.closed_until).min() else {
            return Instant::ZERO;
        };
        let held: usize = clients().map(|(_, it)| it.live.len()).sum();
        let fetched = clients()
            .filter(|(client, it)| {
                let most = config.clients[client.index()].max_tokens as usize;
                held < state.ceiling && it.live.len() < most
            })
            .map(|(_, it)| it.fetches_from());
        fetched.chain([opens]).min().unwrap_or(opens)
    }

    /// The pool's aggregates with what its closed tokens will have; none if no token is closed.
    pub(crate) fn foreseen(&self, pool: PoolId) -> Option<Vec<Ledger>> {
        let state = &self.pools[pool.index()];
        let clients = state.clients.iter();
        let mut closed = clients
            .flat_map(|client| self.clients[client.index()].closed.iter())
            .filter_map(|token| self.tokens.get(token))
            .peekable();
        closed.peek()?;
        let mut foreseen = state.aggregates.clone();
        for token in closed {
            for (aggregate, ledger) in foreseen.iter_mut().zip(&token.ledgers) {
                aggregate.merge_from(ledger, token.closed_until);
            }
        }
        Some(foreseen)
    }
}
