//! Limits of tokens that were learned while the pool runs.

use super::Pools;
use crate::Config;
use tollgate_model::{Instant, PoolId, TokenId};
use tollgate_quota::Ledger;

impl Pools {
    /// Gives each token of the pool a ledger for the limit at `place` of its client's `token_limits`: a
    /// further one, or one in the place of another. `ends` tells when the slots end that a token's calls
    /// of late hold under it.
    pub(crate) fn put_limit(
        &mut self,
        pool: PoolId,
        place: usize,
        config: &Config,
        ends: impl Fn(TokenId) -> Vec<Instant>,
    ) {
        let clients = self.pools[pool.index()].clients.clone();
        let Some(first) = clients.first() else {
            return;
        };
        let empty = || {
            let limits = &config.clients[first.index()].token_limits;
            let mut sum = Ledger::new(limits[place].rule);
            sum.set_allowed(0);
            sum
        };
        let mut of_pool = empty();
        for &client in &clients {
            let rule = config.clients[client.index()].token_limits[place].rule;
            let mut of_client = empty();
            let state = &self.clients[client.index()];
            let live: Vec<TokenId> = state.live.iter().collect();
            for token in live {
                let is_open = self.clients[client.index()].is_open(token);
                let Some(held) = self.tokens.get_mut(token) else {
                    continue;
                };
                let mut ledger = Ledger::new(rule);
                for end in ends(token) {
                    ledger.hold(1, end);
                }
                if is_open {
                    of_client.merge(&ledger);
                    of_pool.merge(&ledger);
                }
                put(&mut held.ledgers, place, ledger);
                held.watched = None;
            }
            let state = &mut self.clients[client.index()];
            if self.pools[pool.index()].clients_differ {
                put(&mut state.aggregates, place, of_client);
            }
        }
        put(&mut self.pools[pool.index()].aggregates, place, of_pool);
        self.pools[pool.index()].joint.forget();
    }
}

fn put(ledgers: &mut Vec<Ledger>, place: usize, ledger: Ledger) {
    match ledgers.get_mut(place) {
        Some(there) => *there = ledger,
        None => ledgers.push(ledger),
    }
}
