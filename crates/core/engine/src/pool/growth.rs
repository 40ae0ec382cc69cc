//! When a pool grows, and how far.

use super::Pools;
use crate::Config;
use tollgate_model::{ClientId, Instant, PoolId};

impl Pools {
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
                && held.fetches_from() <= now
                && held.live.len() < config.clients[client.index()].max_tokens as usize
        })
    }

    /// Whether less than a quarter of one token's slots is left.
    pub(crate) fn runs_short(&self, pool: PoolId, now: Instant) -> bool {
        let state = &self.pools[pool.index()];
        let tokens: usize = state
            .clients
            .iter()
            .map(|client| self.clients[client.index()].open())
            .sum();
        let Some(tokens) = u32::try_from(tokens).ok().filter(|&tokens| tokens > 0) else {
            return true;
        };
        state.aggregates.iter().any(|ledger| {
            let left = ledger.allowed().saturating_sub(ledger.held(now));
            left < ledger.allowed() / tokens / 4
        })
    }

    /// Whether the pool may come to hold more tokens by then.
    pub(crate) fn may_grow(&self, pool: PoolId, config: &Config, by: Instant) -> bool {
        let state = &self.pools[pool.index()];
        let (mut live, mut most) = (0, 0);
        for &client in &state.clients {
            let held = &self.clients[client.index()];
            live += held.live.len();
            most += if held.fetching.is_some() || held.fetches_from() <= by {
                config.clients[client.index()].max_tokens as usize
            } else {
                held.live.len()
            };
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
            .map(super::ClientState::fetches_from)
            .min()
            .filter(|&at| at > now)
    }
}
