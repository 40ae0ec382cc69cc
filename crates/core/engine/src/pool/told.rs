//! What headers tell of each token's limits, and what is in force after a change.
//!
//! A token's ledger has its own number and period in force: what one token is told says nothing of another
//! that lives. The client's number, by which a new token begins and the pool grows, is that of most of its
//! tokens. The pool's sums are sums of the tokens' own numbers.

use super::Pools;
use super::growth::Rates;
use crate::Config;
use std::collections::BTreeMap;
use tollgate_model::{ClientId, Id, Instant, PoolId, Rule, TokenId};
use tollgate_quota::{Ledger, Shift, Span};

/// Tokens of a client that are asked for the number in force.
const ASKED: usize = 64;

impl Pools {
    /// The ledger of the token's limit at `place`.
    pub(crate) fn ledger(&mut self, token: TokenId, place: usize) -> Option<&mut Ledger> {
        self.tokens.get_mut(token)?.ledgers.get_mut(place)
    }

    /// Learns from an answer's header what the token's limit at `place` has counted. No if the header
    /// can't be true.
    pub(crate) fn observe(
        &mut self,
        token: TokenId,
        place: usize,
        learn: impl FnOnce(&mut Ledger) -> Option<Shift>,
    ) -> bool {
        let Some(held) = self.tokens.get_mut(token) else {
            return false;
        };
        if held.ledgers.get(place).is_some_and(Ledger::is_over) {
            let mut learned = None;
            self.change(token, |ledgers| {
                learned = ledgers.get_mut(place).and_then(learn)
            });
            return learned.is_some();
        }
        let Some(shift) = held.ledgers.get_mut(place).and_then(learn) else {
            return false;
        };
        let state = &mut self.clients[held.client.index()];
        if !state.is_open(token) {
            return true;
        }
        let pool = state.pool.map(|pool| &mut self.pools[pool.index()]);
        let of_pool = pool.and_then(|pool| pool.aggregates.get_mut(place));
        let both = of_pool.into_iter().chain(state.aggregates.get_mut(place));
        both.for_each(|aggregate| aggregate.shift(shift));
        true
    }

    /// Changes the token's ledgers in what the sums know of them.
    pub(crate) fn change(&mut self, token: TokenId, change: impl FnOnce(&mut [Ledger])) {
        let Some(held) = self.tokens.get_mut(token) else {
            return;
        };
        let client = held.client;
        held.watched = None;
        let mut ledgers = std::mem::take(&mut held.ledgers);
        let is_open = self.clients[client.index()].is_open(token);
        if is_open {
            self.each_aggregate(client, &ledgers, Ledger::unmerge);
        }
        change(&mut ledgers);
        if is_open {
            self.each_aggregate(client, &ledgers, Ledger::merge);
            // Whether it has room is looked at when it is needed.
            self.clients[client.index()].ready.insert(token);
        }
        if let Some(held) = self.tokens.get_mut(token) {
            held.ledgers = ledgers;
        }
        self.forget_joint(client);
    }

    /// Puts another number or period of the token's limit at `place` in force.
    pub(crate) fn obey(&mut self, token: TokenId, place: usize, to: Span) {
        self.change(token, |ledgers| {
            if let Some(ledger) = ledgers.get_mut(place) {
                ledger.obey(to);
            }
        });
    }

    /// The client's tokens that live.
    pub(crate) fn live(&self, client: ClientId) -> Vec<TokenId> {
        let live = self.clients.get(client.index());
        live.into_iter().flat_map(|it| it.live.iter()).collect()
    }

    /// Of the pool's tokens the one under which the fewest slots are held, be it closed or full.
    pub(crate) fn least_held(&self, pool: PoolId, now: Instant) -> Option<TokenId> {
        let clients = self.pools[pool.index()].clients.iter();
        let live = clients.flat_map(|client| self.clients[client.index()].used_tokens());
        let held = |token: &TokenId| {
            let ledgers = self.tokens.get(*token).map(|held| &held.ledgers);
            let slots = ledgers.into_iter().flatten().map(|ledger| ledger.held(now));
            slots.max()
        };
        live.min_by_key(held)
    }

    /// The pool's tokens that may be sent with, a few of each client.
    pub(crate) fn open_tokens(&self, pool: PoolId) -> Vec<TokenId> {
        let clients = self.pools[pool.index()].clients.iter();
        let clients = clients.map(|client| &self.clients[client.index()]);
        let open = clients.flat_map(|client| {
            let live = client.live.iter().take(ASKED);
            live.filter(|token| client.is_open(*token))
        });
        open.collect()
    }

    /// Applies `change` to the limit at `place` of each of the client's tokens.
    pub(crate) fn each_token(
        &mut self,
        client: ClientId,
        place: usize,
        change: impl Fn(&mut Ledger),
    ) {
        for token in self.live(client) {
            self.change(token, |ledgers| {
                ledgers.get_mut(place).into_iter().for_each(&change);
            });
        }
    }

    /// What is in force for most of the client's tokens; of as many, the lowest. None if it has no token.
    pub(crate) fn in_force(&self, client: ClientId, place: usize) -> Option<Span> {
        let mut votes: BTreeMap<Span, usize> = BTreeMap::new();
        let live = self.clients[client.index()].live.iter().take(ASKED);
        for token in live {
            let ledger = self.tokens.get(token).and_then(|it| it.ledgers.get(place));
            if let Some(span) = ledger.and_then(Ledger::in_force) {
                *votes.entry(span).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        votes
            .into_iter()
            .find_map(|(span, count)| (count == most).then_some(span))
    }

    /// What was configured for the token, which began with what is in force for its client. A longer period
    /// that no other token has seen is not in force for it.
    pub(crate) fn was_configured(&mut self, token: TokenId, place: usize, rule: Rule) {
        let Some(client) = self.tokens.get(token).map(|it| it.client) else {
            return;
        };
        let live = self.clients[client.index()].live.iter().take(ASKED);
        let shows_longer = |token| {
            let ledger = self.tokens.get(token).and_then(|it| it.ledgers.get(place));
            ledger.is_some_and(Ledger::shows_longer)
        };
        let is_seen = live.into_iter().any(shows_longer);
        self.change(token, |ledgers| {
            let Some(ledger) = ledgers.get_mut(place) else {
                return;
            };
            ledger.was_configured(rule);
            let (configured, in_force) = (ledger.configured(), ledger.in_force());
            if let Some((configured, in_force)) = configured.zip(in_force)
                && in_force.period > configured.period
                && !is_seen
            {
                ledger.obey(Span {
                    period: configured.period,
                    ..in_force
                });
            }
        });
    }

    /// Numbers in the tables have changed. Tokens have their own.
    pub(crate) fn configure(&mut self, config: &Config) {
        for (index, pool) in self.pools.iter_mut().enumerate() {
            pool.rates = Rates::new(PoolId::at(index), config);
            for (place, aggregate) in pool.aggregates.iter_mut().enumerate() {
                let mut longest = None;
                for client in &pool.clients {
                    let limit = config.clients[client.index()].token_limits.get(place);
                    let span = limit.and_then(|limit| Span::of(limit.rule));
                    let Some(Span { period, .. }) = span else {
                        continue;
                    };
                    longest = longest.max(Some(period));
                    let of_client = self.clients[client.index()].aggregates.get_mut(place);
                    if let Some(aggregate) = of_client {
                        aggregate.stand_for(period);
                    }
                }
                if let Some(longest) = longest {
                    aggregate.stand_for(longest);
                }
            }
        }
        for client in &mut self.clients {
            // Whether they have room is looked at when they are needed.
            client.ready = client.live.clone();
            let unused = client.closed.iter().chain(client.parked.iter());
            unused.for_each(|token| {
                client.ready.remove(token);
            });
        }
        for token in self.tokens.values_mut() {
            token.watched = None;
        }
    }
}
