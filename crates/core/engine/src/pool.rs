//! Token pools: which token carries a call, when a pool grows, and when a token goes.
//!
//! A pool uses the least tokens that carry the load: a call takes the first token with room, in the
//! order of the pool's clients and then of age, so a token is touched only when those before it are
//! used up. The pool grows when calls wait for tokens, or when less than a quarter of one token's
//! slots is left, up to each client's bound and to what the wider limits could use at all. One fetch
//! is under way for each client; a failed one is tried again after a pause that doubles.
//!
//! A token is renewed ahead of its expiry if its client would be left without one, and is not sent
//! with in the last part of its life, so that no call arrives with an expired token.
//!
//! Each pool keeps, beside the ledgers of its tokens, one *aggregate* ledger for each of a token's
//! limits: tokens are interchangeable, so the pool's k-th next free slot is the aggregate's.

mod client;
mod state;

use crate::config::{Client, Config};
use crate::tokens::Tokens;
use client::{ClientState, Token};
use state::{PoolState, ceiling};
use std::cmp::Reverse;
use tollgate_model::{ClientId, Instant, PoolId, TokenId};
use tollgate_quota::{Ledger, Shift};

/// All clients, tokens and pools.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) clients: Vec<ClientState>,
    pub(crate) pools: Vec<PoolState>,
    pub(crate) tokens: Tokens<Token>,
    next_token: u32,
}

impl Pools {
    pub(crate) fn new(config: &Config) -> Self {
        let mut clients: Vec<_> = config.clients.iter().map(|_| ClientState::new()).collect();
        let mut pools = Vec::with_capacity(config.pools.len());
        for (index, pool) in config.pools.iter().enumerate() {
            for client in &pool.clients {
                clients[client.index()].pool = Some(PoolId(index as u32));
            }
            pools.push(PoolState::new(index, config));
        }
        Self {
            clients,
            pools,
            tokens: Tokens::new(),
            next_token: 0,
        }
    }

    /// Takes further clients and pools over. Pools that were there may carry further routes.
    pub(crate) fn extend(&mut self, config: &Config) {
        self.clients
            .resize_with(config.clients.len(), ClientState::new);
        for (index, pool) in self.pools.iter_mut().enumerate() {
            pool.ceiling = ceiling(PoolId(index as u32), config);
        }
        for index in self.pools.len()..config.pools.len() {
            for client in &config.pools[index].clients {
                self.clients[client.index()].pool = Some(PoolId(index as u32));
            }
            self.pools.push(PoolState::new(index, config));
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
        }
    }

    /// Applies `change` to the token's ledgers and to the pool's aggregates.
    pub(crate) fn each_ledger(&mut self, token: TokenId, mut change: impl FnMut(&mut Ledger)) {
        let Some(held) = self.tokens.get_mut(token) else {
            return;
        };
        held.ledgers.iter_mut().for_each(&mut change);
        let state = &self.clients[held.client.index()];
        if let Some(pool) = state.pool {
            let aggregates = &mut self.pools[pool.index()].aggregates;
            aggregates
                .iter_mut()
                .take(held.ledgers.len())
                .for_each(change);
        }
    }

    /// Applies `change` to the token's ledgers alone.
    pub(crate) fn each_of_token(
        &mut self,
        token: Option<TokenId>,
        change: impl FnMut(&mut Ledger),
    ) {
        if let Some(held) = token.and_then(|token| self.tokens.get_mut(token)) {
            held.ledgers.iter_mut().for_each(change);
        }
    }

    /// To be called when the token's slots have been settled: a full one may have an end to wait for.
    pub(crate) fn rewatch(&mut self, token: TokenId, now: Instant) {
        let Some(held) = self.tokens.get_mut(token) else {
            return;
        };
        let state = &mut self.clients[held.client.index()];
        if state.live.contains(token) && !state.ready.contains(token) {
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

    /// The client that is to fetch a token now, if the pool may grow.
    pub(crate) fn grower(&self, pool: PoolId, config: &Config, now: Instant) -> Option<ClientId> {
        let state = &self.pools[pool.index()];
        let live_or_coming: usize = state
            .clients
            .iter()
            .map(|client| {
                let client = &self.clients[client.index()];
                client.live.len() + usize::from(client.fetching.is_some())
            })
            .sum();
        if live_or_coming >= state.ceiling {
            return None;
        }
        state.clients.iter().copied().find(|client| {
            let held = &self.clients[client.index()];
            held.fetching.is_none()
                && held.paused_until <= now
                && held.live.len() < config.clients[client.index()].max_tokens as usize
        })
    }

    /// Whether less than a quarter of one token's slots is left.
    pub(crate) fn runs_short(&self, pool: PoolId, now: Instant) -> bool {
        let state = &self.pools[pool.index()];
        let tokens: usize = state
            .clients
            .iter()
            .map(|c| self.clients[c.index()].live.len())
            .sum();
        let Some(tokens) = u32::try_from(tokens).ok().filter(|&tokens| tokens > 0) else {
            return true;
        };
        state.aggregates.iter().any(|ledger| {
            let left = ledger.allowed().saturating_sub(ledger.held(now));
            left < ledger.allowed() / tokens / 4
        })
    }

    /// Tokens the pool may still come to hold.
    pub(crate) fn may_grow(&self, pool: PoolId, config: &Config) -> bool {
        let state = &self.pools[pool.index()];
        let (mut live, mut most) = (0, 0);
        for client in &state.clients {
            live += self.clients[client.index()].live.len();
            most += config.clients[client.index()].max_tokens as usize;
        }
        live < most.min(state.ceiling)
    }

    /// When the first token can be fetched, where there is none and none on its way.
    pub(crate) fn first_token(&self, pool: PoolId, now: Instant) -> Option<Instant> {
        let clients = &self.pools[pool.index()].clients;
        let clients = clients.iter().map(|client| &self.clients[client.index()]);
        if clients
            .clone()
            .any(|client| !client.live.is_empty() || client.fetching.is_some())
        {
            return None;
        }
        clients
            .map(|client| client.paused_until)
            .min()
            .filter(|&at| at > now)
    }

    /// Starts a fetch for the client.
    pub(crate) fn begin_fetch(&mut self, client: ClientId) -> TokenId {
        let token = TokenId(self.next_token);
        self.next_token += 1;
        self.clients[client.index()].fetching = Some(token);
        token
    }

    /// The client that waits for this token, which no longer does.
    pub(crate) fn end_fetch(&mut self, token: TokenId) -> Option<ClientId> {
        let at = self
            .clients
            .iter()
            .position(|client| client.fetching == Some(token))?;
        self.clients[at].fetching = None;
        Some(ClientId(at as u32))
    }

    pub(crate) fn add(&mut self, token: TokenId, client: ClientId, config: &Client) {
        let limits = config.token_limits.iter();
        let mut ledgers: Vec<_> = limits.map(|limit| Ledger::new(limit.rule)).collect();
        // What one token's windows have shown holds for the next one's.
        let known = self.clients[client.index()].live.first();
        if let Some(known) = known.and_then(|token| self.tokens.get(token)) {
            for (ledger, known) in ledgers.iter_mut().zip(&known.ledgers) {
                ledger.learn_from(known);
            }
        }
        if let Some(pool) = self.clients[client.index()].pool {
            let aggregates = &mut self.pools[pool.index()].aggregates;
            for (aggregate, ledger) in aggregates.iter_mut().zip(&ledgers) {
                aggregate.merge(ledger);
            }
        }
        self.tokens.insert(
            token,
            Token {
                client,
                ledgers,
                sent: 0,
                renews: Instant::NEVER,
                watched: None,
            },
        );
        let state = &mut self.clients[client.index()];
        state.live.insert(token);
        state.ready.insert(token);
        state.failures = 0;
        state.paused_until = Instant::ZERO;
    }

    /// Sends nothing with the token any more. Its calls under way may still end.
    pub(crate) fn retire(&mut self, token: TokenId) -> Option<ClientId> {
        let held = self.tokens.remove(token)?;
        let state = &mut self.clients[held.client.index()];
        state.live.remove(token);
        state.ready.remove(token);
        if let Some(pool) = state.pool {
            let aggregates = &mut self.pools[pool.index()].aggregates;
            for (aggregate, ledger) in aggregates.iter_mut().zip(&held.ledgers) {
                aggregate.unmerge(ledger);
            }
        }
        Some(held.client)
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
        let Some(shift) = held.ledgers.get_mut(place).and_then(learn) else {
            return false;
        };
        if let Some(pool) = self.clients[held.client.index()].pool {
            self.pools[pool.index()].aggregates[place].shift(shift);
        }
        true
    }

    /// Limits have changed.
    pub(crate) fn configure(&mut self, config: &Config) {
        for token in self.tokens.values_mut() {
            let limits = &config.clients[token.client.index()].token_limits;
            for (ledger, limit) in token.ledgers.iter_mut().zip(limits) {
                ledger.set_allowed(limit.rule.allowed());
            }
        }
        for (index, pool) in self.pools.iter_mut().enumerate() {
            pool.ceiling = ceiling(PoolId(index as u32), config);
            for (place, aggregate) in pool.aggregates.iter_mut().enumerate() {
                let tokens = pool.clients.iter().map(|client| {
                    let live = self.clients[client.index()].live.len() as u32;
                    let limit = config.clients[client.index()].token_limits.get(place);
                    limit.map_or(0, |limit| limit.rule.allowed().saturating_mul(live))
                });
                aggregate.set_allowed(tokens.fold(0, u32::saturating_add));
            }
        }
        for client in &mut self.clients {
            // Whether they have room is looked at when they are needed.
            client.ready = client.live.clone();
        }
        for token in self.tokens.values_mut() {
            token.watched = None;
        }
    }
}
