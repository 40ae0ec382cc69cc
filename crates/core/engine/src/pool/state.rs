//! One pool's sums.

use super::coming::Supply;
use super::growth::Rates;
use super::joint::JointSlots;
use crate::Config;
use tollgate_model::{ClientId, Instant, PoolId};
use tollgate_quota::Ledger;

/// A pool's sums over its tokens.
#[derive(Debug)]
pub(crate) struct PoolState {
    pub(crate) clients: Vec<ClientId>,
    /// By the place of the limit in the clients' `token_limits`.
    pub(crate) aggregates: Vec<Ledger>,
    /// What they give together, each token under all its limits.
    pub(super) joint: JointSlots,
    pub(super) rates: Rates,
    /// When it was last looked at whether it falls short.
    pub(crate) looked: Instant,
    /// What the estimate under way expects of it.
    pub(crate) supply: Supply,
    /// Whether some clients are under limits that others are not: then whose tokens have room matters.
    pub(crate) clients_differ: bool,
}

impl PoolState {
    pub(super) fn new(pool: PoolId, config: &Config) -> Self {
        let clients = config.pools[pool.index()].clients.clone();
        let own = |client: &ClientId| {
            let mut limits = config.clients[client.index()].limits.iter();
            limits.any(|limit| !config.all_name(pool, *limit))
        };
        // Of one shape for all clients, as the configuration's check has seen to.
        let token_limits = clients.first().map(|client| {
            let limits = config.clients[client.index()].token_limits.iter();
            let empty = limits.map(|limit| {
                let mut ledger = Ledger::new(limit.rule);
                ledger.set_allowed(0);
                ledger
            });
            empty.collect()
        });
        Self {
            clients_differ: clients.iter().any(own),
            clients,
            aggregates: token_limits.unwrap_or_default(),
            joint: JointSlots::default(),
            rates: Rates::new(pool, config),
            looked: Instant::ZERO,
            supply: Supply::default(),
        }
    }
}
