//! Token pools: which token carries a call, when a pool grows, and when a token goes.
//!
//! A pool uses the least tokens that carry the load: a call takes the first token with room, in the
//! order of the pool's clients and then of age, so a token is touched only when those before it are
//! used up. A failed fetch is tried again after a pause that doubles, and so is one whose token is refused
//! (401) before it was ever accepted. When a pool grows is said in `growth`; which tokens are counted on
//! before they are there, in `coming`; how an endpoint is asked, in `endpoint`; when a pool is known to have
//! nothing to give, in `lack`.
//!
//! A token is renewed ahead of its expiry if it is in use, or its client would be left without one,
//! and is not sent with in the last part of its life, so that no call arrives with an expired token.
//! Renewals that are due together follow each other.
//!
//! Each pool keeps, beside the ledgers of its tokens, one *aggregate* ledger for each of a token's
//! limits: tokens are interchangeable, so the pool's k-th next free slot is the aggregate's. A token
//! that is closed is out of the aggregates until it opens ([`closed`]). When tokens under several windows give
//! their slots is said in `joint`.

mod client;
mod closed;
mod coming;
mod endpoint;
mod growth;
mod joint;
mod lack;
mod learned;
mod parked;
mod state;
mod told;

use crate::config::{Client, Config};
use crate::tokens::Tokens;
use client::ClientState;
pub(crate) use client::Token;
use growth::Rates;
use state::PoolState;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use tollgate_model::{ClientId, Id, Instant, PoolId, Rule, TokenId};
use tollgate_quota::Ledger;

/// Such ledgers with no slot in them, as those of a client without a token.
fn without_slots(aggregates: &[Ledger]) -> Vec<Ledger> {
    let empty = aggregates.iter().map(|of| {
        let mut ledger = Ledger::new(Rule::Window {
            allowed: 0,
            period: of.period().unwrap_or_default(),
            counted_within: None,
        });
        ledger.set_allowed(0);
        ledger
    });
    empty.collect()
}

/// All clients, tokens and pools.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) clients: Vec<ClientState>,
    pub(crate) pools: Vec<PoolState>,
    pub(crate) tokens: Tokens<Token>,
    next_token: u32,
    /// Whose fetches are under way.
    fetches: BTreeMap<TokenId, ClientId>,
}

impl Pools {
    pub(crate) fn new(config: &Config) -> Self {
        let mut pools = Self {
            clients: Vec::new(),
            pools: Vec::new(),
            tokens: Tokens::new(),
            next_token: 0,
            fetches: BTreeMap::new(),
        };
        pools.extend(config);
        pools
    }

    /// Takes further clients and pools over. Further routes may use pools that were there.
    pub(crate) fn extend(&mut self, config: &Config) {
        self.clients
            .resize_with(config.clients.len(), || ClientState::new(&config.policy));
        for (index, pool) in self.pools.iter_mut().enumerate() {
            pool.rates = Rates::new(PoolId::at(index), config);
            pool.clients.clone_from(&config.pools[index].clients);
            for client in &pool.clients {
                let client = &mut self.clients[client.index()];
                if client.pool.replace(PoolId::at(index)).is_none() && pool.clients_differ {
                    client.aggregates = without_slots(&pool.aggregates);
                }
            }
        }
        for index in self.pools.len()..config.pools.len() {
            let pool = PoolState::new(PoolId::at(index), config);
            for client in &pool.clients {
                let client = &mut self.clients[client.index()];
                client.pool = Some(PoolId::at(index));
                if pool.clients_differ {
                    client.aggregates.clone_from(&pool.aggregates);
                }
            }
            self.pools.push(pool);
        }
    }

    /// The token that a call of this pool takes now. `open` tells whether a client's own limits
    /// have room.
    pub(crate) fn choose(
        &mut self,
        pool: PoolId,
        cost: u32,
        now: Instant,
        mut open: impl FnMut(ClientId) -> bool,
    ) -> Option<TokenId> {
        for at in 0..self.pools[pool.index()].clients.len() {
            let client = self.pools[pool.index()].clients[at];
            if !open(client) {
                continue;
            }
            if let Some(token) = self.ready(client, cost, now) {
                return Some(token);
            }
        }
        None
    }

    /// The client's first token with room for a call of this cost.
    fn ready(&mut self, client: ClientId, cost: u32, now: Instant) -> Option<TokenId> {
        let state = &mut self.clients[client.index()];
        state.wake(&mut self.tokens, now);
        let mut from = TokenId(0);
        while let Some(token) = state.ready.first_from(from) {
            let Some(held) = self.tokens.get_mut(token) else {
                state.ready.remove(token);
                continue;
            };
            if held.has_room(now, cost) {
                return Some(token);
            }
            // A token without any room leaves `ready` here, and comes back through `full`. One that
            // has room for cheaper calls stays.
            if held.has_room(now, 1) {
                from = TokenId(token.0 + 1);
            } else {
                state.watch(token, held, now);
                state.ready.remove(token);
            }
        }
        None
    }

    pub(crate) fn take(&mut self, token: TokenId, cost: u32, now: Instant) {
        self.each_ledger(token, |ledger| ledger.take(now, cost));
        if let Some(held) = self.tokens.get_mut(token) {
            held.sent += 1;
            if let Some(pool) = self.clients[held.client.index()].pool {
                self.pools[pool.index()].joint.take(cost);
            }
        }
    }

    /// Applies `change` to the token's ledgers and to the pool's aggregates.
    pub(crate) fn each_ledger(&mut self, token: TokenId, mut change: impl FnMut(&mut Ledger)) {
        let Some(held) = self.tokens.get_mut(token) else {
            return;
        };
        if held.ledgers.iter().any(Ledger::is_over) {
            return self.change(token, |ledgers| ledgers.iter_mut().for_each(change));
        }
        held.ledgers.iter_mut().for_each(&mut change);
        let state = &mut self.clients[held.client.index()];
        if !state.is_open(token) {
            return;
        }
        state.aggregates.iter_mut().for_each(&mut change);
        if let Some(pool) = state.pool {
            let aggregates = &mut self.pools[pool.index()].aggregates;
            aggregates.iter_mut().for_each(change);
        }
    }

    /// Finds anew when a full token may have room. Called when slots of the token have been settled, for they have an
    /// end from then on.
    pub(crate) fn rewatch(&mut self, token: TokenId, now: Instant) {
        let Some(held) = self.tokens.get_mut(token) else {
            return;
        };
        let state = &mut self.clients[held.client.index()];
        if state.is_open(token) && !state.ready.contains(token) {
            state.watch(token, held, now);
        }
    }

    /// When a token of the client has room, or may have it again; none while only a settlement can
    /// tell.
    pub(crate) fn next_room(
        &mut self,
        client: ClientId,
        cost: u32,
        now: Instant,
    ) -> Option<Instant> {
        if self.ready(client, cost, now).is_some() {
            return Some(now);
        }
        let state = &self.clients[client.index()];
        let mut next = state.full.peek().map(|Reverse((at, _))| *at);
        // Tokens that have room, but not for this cost.
        for token in state.ready.iter() {
            if let Some(held) = self.tokens.get_mut(token) {
                next = next.into_iter().chain(held.next_room(now, cost)).min();
            }
        }
        next
    }

    /// Starts a fetch for the client.
    pub(crate) fn begin_fetch(&mut self, client: ClientId, now: Instant) -> TokenId {
        let token = TokenId(self.next_token);
        self.next_token += 1;
        self.fetches.insert(token, client);
        let state = &mut self.clients[client.index()];
        state.fetching.insert(token, now);
        state.probing = false;
        state.wanted = false;
        token
    }

    /// The client that waits for this token, which no longer does, and since when it has.
    pub(crate) fn end_fetch(&mut self, token: TokenId) -> Option<(ClientId, Instant)> {
        let client = self.fetches.remove(&token)?;
        let since = self.clients[client.index()].fetching.remove(&token)?;
        Some((client, since))
    }

    /// The client's fetches under way, which nobody waits for any more.
    pub(crate) fn end_fetches(&mut self, client: ClientId) -> impl Iterator<Item = TokenId> {
        let fetching = std::mem::take(&mut self.clients[client.index()].fetching);
        for token in fetching.keys() {
            self.fetches.remove(token);
        }
        fetching.into_keys()
    }

    pub(crate) fn add(
        &mut self,
        token: TokenId,
        client: ClientId,
        config: &Client,
        retires: Instant,
    ) {
        let limits = config.token_limits.iter();
        let mut ledgers: Vec<_> = limits.map(|limit| Ledger::new(limit.rule)).collect();
        // What one token's windows have shown holds for the next one's.
        let known = self.clients[client.index()].live.first();
        if let Some(known) = known.and_then(|token| self.tokens.get(token)) {
            for (ledger, known) in ledgers.iter_mut().zip(&known.ledgers) {
                ledger.learn_from(known);
            }
        }
        self.each_aggregate(client, &ledgers, Ledger::merge);
        self.forget_joint(client);
        self.tokens.insert(
            token,
            Token {
                client,
                ledgers,
                sent: 0,
                closed_until: Instant::ZERO,
                proven: false,
                watched: None,
                renewing: false,
                retires,
            },
        );
        let state = &mut self.clients[client.index()];
        state.live.insert(token);
        state.ends.insert((retires, token));
        state.ready.insert(token);
    }

    /// The token may be sent with for longer. No if it is gone, or may be for as long.
    pub(crate) fn prolong(&mut self, token: TokenId, at: Instant) -> bool {
        let held = self.tokens.get_mut(token);
        let Some(held) = held.filter(|held| held.retires < at) else {
            return false;
        };
        let state = &mut self.clients[held.client.index()];
        state.ends.remove(&(held.retires, token));
        state.ends.insert((at, token));
        held.retires = at;
        held.renewing = false;
        state.due.retain(|&due| due != token);
        true
    }

    /// A call with the token had another answer than 401, so the client's credential is good.
    pub(crate) fn accepted(&mut self, token: TokenId) {
        if let Some(held) = self.tokens.get_mut(token)
            && !held.proven
        {
            held.proven = true;
            self.clients[held.client.index()].endpoint.accepted();
        }
    }

    /// Sends nothing with the token any more. Its calls under way may still end.
    pub(crate) fn retire(&mut self, token: TokenId, most_at_once: u32) -> Option<Token> {
        let held = self.tokens.remove(token)?;
        let state = &mut self.clients[held.client.index()];
        let open = state.is_open(token);
        state.live.remove(token);
        state.ends.remove(&(held.retires, token));
        state.ready.remove(token);
        state.due.retain(|&due| due != token);
        state.closed.remove(token);
        state.parked.remove(token);
        if state.live.is_empty() {
            state.endpoint.repeats_no_more(most_at_once);
        }
        if open {
            self.each_aggregate(held.client, &held.ledgers, Ledger::unmerge);
        }
        self.forget_joint(held.client);
        Some(held)
    }

    /// Applies `change` to the aggregates that one of the client's tokens is part of.
    fn each_aggregate(
        &mut self,
        client: ClientId,
        of_token: &[Ledger],
        change: impl Fn(&mut Ledger, &Ledger),
    ) {
        let state = &mut self.clients[client.index()];
        let pool = state.pool.map(|pool| &mut self.pools[pool.index()]);
        let of_pool = pool.into_iter().map(|pool| &mut pool.aggregates);
        for aggregates in of_pool.chain([&mut state.aggregates]) {
            for (aggregate, ledger) in aggregates.iter_mut().zip(of_token) {
                change(aggregate, ledger);
            }
        }
    }
}
