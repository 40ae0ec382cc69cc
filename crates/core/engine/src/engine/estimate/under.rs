//! What a call has to get a slot of.

use super::super::kept::Demand;
use super::clients::Together;
use super::tokens;
use crate::Config;
use crate::queue::Who;
use crate::resources::Resources;
use tollgate_model::{FlowId, Instant, LimitId, PoolId, RouteId};
use tollgate_quota::Ledger;

/// Standard deviations, were it chance, by which calls under way may take longer than they did of late:
/// of what is taken in, less than one in a thousand is to expire.
pub(super) const LONGER: f64 = 3.5;

/// One thing that gives slots.
#[derive(Debug)]
pub(in crate::engine) enum Under {
    Limit(LimitId),
    /// The pool's tokens together, by the place of their limit.
    Tokens(PoolId, usize),
    /// The pool's clients together.
    Clients(Together),
}

/// A name for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::engine) enum Key {
    Limit(LimitId),
    Tokens(PoolId, usize),
}

impl From<Key> for Under {
    fn from(key: Key) -> Self {
        match key {
            Key::Limit(limit) => Self::Limit(limit),
            Key::Tokens(pool, place) => Self::Tokens(pool, place),
        }
    }
}

impl Under {
    /// Slots that a call of the flow's on the route takes of it.
    pub(super) fn cost(&self, config: &Config, flow: FlowId, route: RouteId) -> u32 {
        match self {
            Self::Limit(limit) => config.cost_under(*limit, flow, route),
            Self::Tokens(pool, _) | Self::Clients(Together { pool, .. }) => {
                config.cost_in(*pool, route)
            }
        }
    }

    /// Slots a second that are asked for of it.
    pub(in crate::engine) fn demand(&self, demand: &Demand) -> f64 {
        match self {
            Self::Limit(limit) => demand.under(*limit),
            Self::Tokens(pool, _) | Self::Clients(Together { pool, .. }) => demand.of_tokens(*pool),
        }
    }

    /// Whether it is expected to come to give more.
    pub(super) fn grows(&self, from: &Resources) -> bool {
        match self {
            Self::Tokens(pool, _) => !from.pools.pools[pool.index()].supply.coming.is_empty(),
            Self::Limit(_) | Self::Clients(_) => false,
        }
    }

    /// The most that one call can have: what is left free for others is none of it.
    pub(super) fn allowed(&self, config: &Config, from: &Resources) -> u32 {
        match self {
            Self::Limit(limit) => from.ledgers[limit.index()].given(),
            Self::Tokens(pool, place) => {
                let coming =
                    from.pools
                        .slots_of_coming(*pool, *place, config, None, Instant::NEVER);
                let there = from.pools.pools[pool.index()].aggregates[*place].allowed();
                there.saturating_add(u32::try_from(coming).unwrap_or(u32::MAX))
            }
            Self::Clients(_) => u32::MAX,
        }
    }

    /// When the `k`-th slot from now may be taken, by whom.
    pub(super) fn earliest(
        &self,
        config: &Config,
        from: &mut Resources,
        k: u64,
        who: Who,
        now: Instant,
    ) -> Instant {
        let longer = match who {
            Who::Comes => LONGER,
            Who::Waits => 0.0,
        };
        match self {
            Self::Clients(clients) => clients.earliest(config, from, k, now),
            Self::Tokens(pool, place) => tokens::earliest(*pool, *place, config, from, k, now),
            Self::Limit(limit) => from.ledgers[limit.index()].earliest_by_chance(k, longer, now),
        }
    }

    /// Slots that come free until then, those free now included.
    pub(super) fn slots_by(
        &self,
        config: &Config,
        from: &mut Resources,
        at: Instant,
        now: Instant,
    ) -> u64 {
        match self {
            Self::Clients(clients) => clients.slots_by(config, from, at, now),
            Self::Tokens(pool, place) => tokens::slots_by(*pool, *place, config, from, at, now),
            Self::Limit(limit) => from.ledgers[limit.index()].slots_by(at, now),
        }
    }

    /// Its name, by which it is known again.
    pub(in crate::engine) fn key(&self) -> Key {
        match self {
            Self::Limit(limit) => Key::Limit(*limit),
            Self::Tokens(pool, place) => Key::Tokens(*pool, *place),
            Self::Clients(clients) => Key::Tokens(clients.pool, usize::MAX),
        }
    }

    pub(in crate::engine) fn ledger<'a>(&self, from: &'a mut Resources) -> Option<&'a mut Ledger> {
        match self {
            Self::Limit(limit) => from.ledgers.get_mut(limit.index()),
            Self::Tokens(pool, place) => from.pools.pools[pool.index()].aggregates.get_mut(*place),
            Self::Clients(_) => None,
        }
    }
}
