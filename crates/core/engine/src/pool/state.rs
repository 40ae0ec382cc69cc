//! One pool's sums.

use super::growth::Rates;
use crate::Config;
use tollgate_model::{ClientId, PoolId};
use tollgate_quota::Ledger;

/// A pool's sums over its tokens.
#[derive(Debug)]
pub(crate) struct PoolState {
    pub(crate) clients: Vec<ClientId>,
    /// By the place of the limit in the clients' `token_limits`.
    pub(crate) aggregates: Vec<Ledger>,
    pub(super) rates: Rates,
}

impl PoolState {
    pub(super) fn new(index: usize, config: &Config) -> Self {
        let pool = &config.pools[index];
        let token_limits = || {
            pool.clients
                .iter()
                .map(|client| &config.clients[client.index()].token_limits)
        };
        // Of one shape for all clients, as the configuration's check has seen to.
        let widest = token_limits().max_by_key(|limits| limits.len());
        let empty = widest.into_iter().flatten().map(|limit| {
            let mut ledger = Ledger::new(limit.rule);
            ledger.set_allowed(0);
            ledger
        });
        Self {
            clients: pool.clients.clone(),
            aggregates: empty.collect(),
            rates: Rates::new(PoolId(index as u32), config),
        }
    }
}
