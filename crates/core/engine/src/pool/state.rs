//! One pool's sums, and how large it may come to be.

use crate::Config;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClientId, LimitId, PoolId, Rule};
use tollgate_quota::Ledger;

/// A pool's sums over its tokens.
#[derive(Debug)]
pub(crate) struct PoolState {
    pub(crate) clients: Vec<ClientId>,
    /// By the place of the limit in the clients' `token_limits`.
    pub(crate) aggregates: Vec<Ledger>,
    /// More tokens than this the wider limits could not use.
    pub(crate) ceiling: usize,
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
            ceiling: ceiling(PoolId(index as u32), config),
        }
    }

    /// Counts on a token's slots.
    pub(super) fn add(&mut self, ledgers: &[Ledger]) {
        for (aggregate, ledger) in self.aggregates.iter_mut().zip(ledgers) {
            aggregate.merge(ledger);
        }
    }

    /// Counts on them no longer.
    pub(super) fn take_off(&mut self, ledgers: &[Ledger]) {
        for (aggregate, ledger) in self.aggregates.iter_mut().zip(ledgers) {
            aggregate.unmerge(ledger);
        }
    }
}

/// Tokens that the wider limits of the pool's routes could use: the rates of each route's scarcest
/// limit, each limit once, over the rate of the pool's slowest token.
pub(super) fn ceiling(pool: PoolId, config: &Config) -> usize {
    let clients = config.pools[pool.index()].clients.iter();
    let token_rates = clients.map(|client| {
        let limits = config.clients[client.index()].token_limits.iter();
        limits.filter_map(|limit| per_hour(limit.rule)).min()
    });
    // A token without a limit of its own carries everything.
    let Some(Some(slowest)) = token_rates.min() else {
        return 1;
    };
    let mut scarcest = BTreeMap::new();
    for route in config
        .routes
        .iter()
        .filter(|route| route.pool == Some(pool))
    {
        let rate = |limit: &LimitId| Some((per_hour(config.limits[limit.index()].rule)?, *limit));
        match route.limits.iter().filter_map(rate).min() {
            Some((rate, limit)) => scarcest.insert(limit, rate),
            None => return usize::MAX,
        };
    }
    let tokens = scarcest.values().sum::<u128>().div_ceil(slowest.max(1));
    usize::try_from(tokens.max(1)).unwrap_or(usize::MAX)
}

/// Calls an hour that a window allows; none for a concurrency limit.
fn per_hour(rule: Rule) -> Option<u128> {
    const HOUR: Duration = Duration::from_secs(3_600);
    match rule {
        Rule::Window {
            allowed, period, ..
        } => Some(u128::from(allowed) * HOUR.as_nanos() / period.as_nanos().max(1)),
        Rule::Concurrency { .. } => None,
    }
}
