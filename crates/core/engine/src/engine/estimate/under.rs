//! What a call has to get a slot of.

use super::super::kept::Demand;
use super::clients::Together;
use crate::Config;
use crate::resources::Resources;
use tollgate_model::{FlowId, Instant, LimitId, PoolId, RouteId};
use tollgate_quota::Ledger;

/// Standard deviations, were it chance, by which calls under way may take longer than they did of late:
/// of what is taken in, less than one in a thousand is to expire.
const LONGER: f64 = 3.5;

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

    /// The most that one call can have: what is left free for others is none of it.
    pub(super) fn allowed(&self, from: &Resources) -> u32 {
        match self {
            Self::Limit(limit) => from.ledgers[limit.index()].given(),
            Self::Tokens(pool, place) => {
                from.pools.pools[pool.index()].aggregates[*place].allowed()
            }
            Self::Clients(_) => u32::MAX,
        }
    }

    /// When the `k`-th slot from now may be taken.
    pub(super) fn earliest(&self, from: &mut Resources, k: u64, now: Instant) -> Instant {
        let Some(ledger) = self.ledger(from) else {
            let Self::Clients(clients) = self else {
                return now;
            };
            return clients.earliest(from, k, now);
        };
        ledger.earliest_by_chance(k, LONGER, now)
    }

    /// Slots that come free until then, those free now included.
    pub(super) fn slots_by(&self, from: &mut Resources, at: Instant, now: Instant) -> u64 {
        match self {
            Self::Clients(clients) => clients.slots_by(from, at, now),
            _ => self
                .ledger(from)
                .map_or(u64::MAX, |ledger| ledger.slots_by(at, now)),
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
