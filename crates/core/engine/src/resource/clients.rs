//! What the clients of a pool carry together, where some are under limits of their own.
//!
//! By an instant each client will have had as many slots as the scarcest of its limits and its tokens
//! give by then, and the pool as many as its clients together. A limit that several clients name gives
//! its slots once: clients take in the pool's order what those before them have left. (Where clients
//! name several such limits crosswise, another order might give more.) A limit that all of them name is
//! as good as the route's.

use super::search::search;
use crate::Config;
use crate::resources::Resources;
use tollgate_model::{ClientId, Instant, LimitId, PoolId};

/// The clients of a pool, and the limits that bind the calls of each.
#[derive(Debug)]
pub(crate) struct PoolCapacity {
    pub(crate) pool: PoolId,
    /// The limits of some clients and not of all.
    limits: Vec<LimitId>,
    clients: Vec<ClientCapacity>,
}

/// One client of the pool, and the limits that bind its calls.
#[derive(Debug)]
struct ClientCapacity {
    client: ClientId,
    /// Indices into [`PoolCapacity::limits`].
    limits: Vec<usize>,
}

impl PoolCapacity {
    /// The capacity of the pool's clients. None where all clients have the same limits, or nothing bounds the calls
    /// of one of them.
    pub(crate) fn of(pool: PoolId, config: &Config, resources: &Resources) -> Option<Self> {
        let state = &resources.pools.pools[pool.index()];
        if !state.clients_differ {
            return None;
        }
        let mut limits = Vec::new();
        let mut clients = Vec::with_capacity(state.clients.len());
        for &client in &state.clients {
            let named = config.clients[client.index()].limits.iter();
            let own = named.filter(|limit| !config.all_name(pool, **limit));
            let indices: Vec<_> = own.map(|limit| index_of(&mut limits, *limit)).collect();
            let tokens = &resources.pools.clients[client.index()].aggregates;
            if indices.is_empty() && tokens.is_empty() {
                return None;
            }
            clients.push(ClientCapacity {
                client,
                limits: indices,
            });
        }
        Some(Self {
            pool,
            limits,
            clients,
        })
    }

    /// The earliest instant at which the `k`-th slot from now (1 is the next) may be taken.
    pub(super) fn earliest(
        &self,
        config: &Config,
        resources: &mut Resources,
        k: u64,
        now: Instant,
    ) -> Instant {
        search(now, |at| self.slots_by(config, resources, at, now) >= k)
    }

    /// Name of the limit that gives the preferred client the fewest slots until `at`.
    pub(crate) fn first_full<'a>(
        &self,
        resources: &mut Resources,
        at: Instant,
        now: Instant,
        config: &'a Config,
    ) -> &'a str {
        let Some(first) = self.clients.first() else {
            return "";
        };
        let token_limits = &config.clients[first.client.index()].token_limits;
        let of_tokens = resources.pools.clients[first.client.index()]
            .aggregates
            .iter_mut()
            .zip(token_limits);
        let of_tokens = of_tokens.map(|(ledger, limit)| (ledger.slots_by(at, now), limit));
        let own = first.limits.iter().map(|&at_limit| {
            let limit = self.limits[at_limit].index();
            let slots = resources.ledgers[limit].slots_by(at, now);
            (slots, &config.limits[limit])
        });
        let least = own.chain(of_tokens).min_by_key(|(slots, _)| *slots);
        least.map_or("", |(_, limit)| &limit.name)
    }

    /// A limit of some clients whose lease has ended, or ends and is not renewed.
    pub(crate) fn lease_that_ends(&self, resources: &Resources, now: Instant) -> Option<LimitId> {
        let ends = |limit: &&LimitId| {
            let ledger = &resources.ledgers[limit.index()];
            ledger.lease_ends_by(Instant::NEVER, now)
        };
        self.limits.iter().find(ends).copied()
    }

    /// Slots that come free until `at`, those free now included.
    pub(super) fn slots_by(
        &self,
        config: &Config,
        resources: &mut Resources,
        at: Instant,
        now: Instant,
    ) -> u64 {
        let limits = self.limits.iter();
        let mut left: Vec<_> = limits
            .map(|limit| resources.ledgers[limit.index()].slots_by(at, now))
            .collect();
        let mut all = 0_u64;
        for client in &self.clients {
            let own = client.limits.iter().map(|&limit| left[limit]);
            let pools = &mut resources.pools;
            let limits = pools.clients[client.client.index()].aggregates.len();
            let tokens = (0..limits).map(|place| {
                let there =
                    pools.clients[client.client.index()].aggregates[place].slots_by(at, now);
                let of = Some(client.client);
                let left = pools.slots_of_left(self.pool, place, of, at, now);
                let coming = pools.slots_of_coming(self.pool, place, config, of, at);
                there.saturating_sub(left).saturating_add(coming)
            });
            let slots = own.chain(tokens).min().unwrap_or(0);
            client.limits.iter().for_each(|&limit| left[limit] -= slots);
            all = all.saturating_add(slots);
        }
        all
    }
}

/// The limit's index in the list, to which it is added if it is not there.
fn index_of(limits: &mut Vec<LimitId>, limit: LimitId) -> usize {
    let known = limits.iter().position(|&other| other == limit);
    known.unwrap_or_else(|| {
        limits.push(limit);
        limits.len() - 1
    })
}
