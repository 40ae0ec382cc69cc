//! Tokens and clients that are closed because of a 429.
//!
//! A closed token takes no part in its pool: it is chosen for no call and is out of the aggregates. An
//! estimate counts on what it will have once it opens ([`Pools::foresee`]).

use super::Pools;
use crate::Config;
use tollgate_model::{ClientId, Instant, PoolId, TokenId};
use tollgate_quota::Ledger;

impl Pools {
    /// Sends nothing with the token until then, and then again; it is open if that has passed. Whether it is
    /// to be opened then.
    pub(crate) fn close_until(&mut self, token: TokenId, until: Instant, now: Instant) -> bool {
        let Some(held) = self.tokens.get_mut(token) else {
            return false;
        };
        if until <= now {
            held.closed_until = now;
            self.open(token, now);
            return false;
        }
        if std::mem::replace(&mut held.closed_until, until) == until {
            return false;
        }
        held.watched = None;
        let client = held.client;
        let state = &mut self.clients[client.index()];
        state.ready.remove(token);
        if state.is_open(token) {
            state.closed.insert(token);
            self.resum(client, token, Ledger::unmerge);
        }
        self.forget_joint(client);
        true
    }

    /// Opens the token again, if its time has come.
    pub(crate) fn open(&mut self, token: TokenId, now: Instant) {
        let Some(held) = self.tokens.get(token).filter(|it| it.closed_until <= now) else {
            return;
        };
        let client = held.client;
        let state = &mut self.clients[client.index()];
        if state.closed.remove(token) {
            state.ready.insert(token);
            self.resum(client, token, Ledger::merge);
            self.forget_joint(client);
        }
    }

    /// Applies `change` to the sums that the token is part of while it is open.
    pub(super) fn resum(
        &mut self,
        client: ClientId,
        token: TokenId,
        change: impl Fn(&mut Ledger, &Ledger),
    ) {
        let held = self.tokens.get_mut(token);
        let Some(ledgers) = held.map(|it| std::mem::take(&mut it.ledgers)) else {
            return;
        };
        self.each_aggregate(client, &ledgers, change);
        if let Some(held) = self.tokens.get_mut(token) {
            held.ledgers = ledgers;
        }
    }

    /// Fetches no token for the client until then, and then again. Gives those it has, which are closed as
    /// well.
    pub(crate) fn close_client(&mut self, client: ClientId, until: Instant) -> Vec<TokenId> {
        let Some(state) = self.clients.get_mut(client.index()) else {
            return Vec::new();
        };
        state.closed_until = until;
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
        if clients().any(|(_, it)| it.open() > 0 || !it.fetching.is_empty()) {
            return Instant::ZERO;
        }
        let tokens = clients().flat_map(|(_, it)| it.closed.iter());
        let tokens = tokens.filter_map(|token| self.tokens.get(token));
        let Some(opens) = tokens.map(|token| token.closed_until).min() else {
            return Instant::ZERO;
        };
        let fetched = clients()
            .filter(|(client, it)| it.used() < self.most_tokens(*client, config))
            .map(|(_, it)| it.fetches_from());
        fetched.chain([opens]).min().unwrap_or(opens)
    }

    /// Adds what the pool's closed tokens will have to the sums; gives what these were, to be put back
    /// by [`Self::put_back`]. None if no token is closed.
    pub(crate) fn foresee(&mut self, pool: PoolId) -> Option<Sums> {
        let closed = |client: &&ClientId| !self.clients[client.index()].closed.is_empty();
        self.pools[pool.index()].clients.iter().find(closed)?;
        let members = self.pools[pool.index()].clients.clone();
        let sums = Sums {
            of_pool: self.pools[pool.index()].aggregates.clone(),
            of_clients: members
                .iter()
                .map(|client| self.clients[client.index()].aggregates.clone())
                .collect(),
        };
        for client in members {
            let closed: Vec<TokenId> = self.clients[client.index()].closed.iter().collect();
            for token in closed {
                let opens = self.tokens.get(token).map(|held| held.closed_until);
                let opens = opens.unwrap_or(Instant::ZERO);
                self.resum(client, token, |sum, ledger| sum.merge_from(ledger, opens));
            }
        }
        Some(sums)
    }

    /// Counts on open tokens only again, and on none to come.
    pub(crate) fn put_back(&mut self, pool: PoolId, sums: Option<Sums>) {
        let state = &mut self.pools[pool.index()];
        state.supply.coming.clear();
        state.supply.leaving.clear();
        let Some(sums) = sums else {
            return;
        };
        state.aggregates = sums.of_pool;
        for (client, sum) in state.clients.iter().zip(sums.of_clients) {
            self.clients[client.index()].aggregates = sum;
        }
    }
}

/// A pool's sums over its open tokens, and its clients'.
#[derive(Debug)]
pub(crate) struct Sums {
    of_pool: Vec<Ledger>,
    of_clients: Vec<Vec<Ledger>>,
}
