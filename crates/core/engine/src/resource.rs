//! One thing that a call takes slots of, and when it has some.
//!
//! A call passes shared limits, and takes a token of a pool. Each shared limit is a [`Resource`]; so are a pool's
//! tokens under one of the limits that each of them has, taken together, and a pool's clients together, where some of
//! them have limits of their own. A start is foretold, and slots are reserved, resource by resource.

mod clients;
mod search;
mod tokens;

use crate::Config;
use crate::queue::Standing;
use crate::resources::Resources;
pub(crate) use clients::PoolCapacity;
use tokens::OVERRUN;
use tollgate_model::{FlowId, Instant, LimitId, PoolId, RouteId, tally};
use tollgate_quota::Ledger;

/// Something that gives slots to calls.
#[derive(Debug)]
pub(crate) enum Resource {
    /// A limit that calls share.
    Limit(LimitId),
    /// The tokens of a pool together, under the limit at this index of each client's `token_limits`.
    Tokens(PoolId, usize),
    /// The clients of a pool together.
    Clients(PoolCapacity),
}

/// What a resource is known again by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ResourceKey {
    /// Of [`Resource::Limit`].
    Limit(LimitId),
    /// Of [`Resource::Tokens`]; with the index `usize::MAX`, of [`Resource::Clients`].
    Tokens(PoolId, usize),
}

impl From<ResourceKey> for Resource {
    fn from(key: ResourceKey) -> Self {
        match key {
            ResourceKey::Limit(limit) => Self::Limit(limit),
            ResourceKey::Tokens(pool, index) => Self::Tokens(pool, index),
        }
    }
}

impl Resource {
    /// The key that the resource is known again by.
    pub(crate) fn key(&self) -> ResourceKey {
        match self {
            Self::Limit(limit) => ResourceKey::Limit(*limit),
            Self::Tokens(pool, index) => ResourceKey::Tokens(*pool, *index),
            Self::Clients(clients) => ResourceKey::Tokens(clients.pool, usize::MAX),
        }
    }

    /// The ledger that holds the resource's slots; none of a pool's clients together.
    pub(crate) fn ledger<'a>(&self, resources: &'a mut Resources) -> Option<&'a mut Ledger> {
        let pools = &mut resources.pools.pools;
        match self {
            Self::Limit(limit) => resources.ledgers.get_mut(limit.index()),
            Self::Tokens(pool, index) => pools[pool.index()].aggregates.get_mut(*index),
            Self::Clients(_) => None,
        }
    }

    /// Slots that a call of the flow on the route takes of the resource.
    pub(crate) fn cost(&self, config: &Config, flow: FlowId, route: RouteId) -> u32 {
        match self {
            Self::Limit(limit) => config.cost_under(*limit, flow, route),
            Self::Tokens(pool, _) | Self::Clients(PoolCapacity { pool, .. }) => {
                config.cost_in(*pool, route)
            }
        }
    }

    /// Whether the resource is expected to give more slots later than it does now: its pool fetches tokens.
    pub(crate) fn grows(&self, resources: &Resources) -> bool {
        match self {
            Self::Tokens(pool, _) => {
                let supply = &resources.pools.pools[pool.index()].supply;
                !supply.coming.is_empty()
            }
            Self::Limit(_) | Self::Clients(_) => false,
        }
    }

    /// The most slots that one call can have. Slots that are left free for other applications are not among them.
    pub(crate) fn allowed(&self, config: &Config, resources: &Resources) -> u32 {
        match self {
            Self::Limit(limit) => resources.ledgers[limit.index()].given(),
            Self::Tokens(pool, index) => {
                let pools = &resources.pools;
                let coming = pools.slots_of_coming(*pool, *index, config, None, Instant::NEVER);
                let there = pools.pools[pool.index()].aggregates[*index].allowed();
                there.saturating_add(tally(coming))
            }
            Self::Clients(_) => u32::MAX,
        }
    }

    /// When the `k`-th slot from now (1 is the next) may be taken. What a newcomer is told allows for calls under
    /// way that take longer than recent ones.
    pub(crate) fn earliest(
        &self,
        config: &Config,
        resources: &mut Resources,
        k: u64,
        standing: Standing,
        now: Instant,
    ) -> Instant {
        let overrun = match standing {
            Standing::Newcomer => OVERRUN,
            Standing::Admitted => 0.0,
        };
        match self {
            Self::Clients(clients) => clients.earliest(config, resources, k, now),
            Self::Tokens(pool, index) => tokens::earliest(*pool, *index, config, resources, k, now),
            Self::Limit(limit) => {
                resources.ledgers[limit.index()].earliest_by_chance(k, overrun, now)
            }
        }
    }

    /// Slots that come free until `at`, those free now included.
    pub(crate) fn slots_by(
        &self,
        config: &Config,
        resources: &mut Resources,
        at: Instant,
        now: Instant,
    ) -> u64 {
        match self {
            Self::Clients(clients) => clients.slots_by(config, resources, at, now),
            Self::Tokens(pool, index) => {
                tokens::slots_by(*pool, *index, config, resources, at, now)
            }
            Self::Limit(limit) => resources.ledgers[limit.index()].slots_by(at, now),
        }
    }
}
