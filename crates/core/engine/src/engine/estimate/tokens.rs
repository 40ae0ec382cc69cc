//! What a pool's tokens give together: those that are there for as long as they are, and those to come.

use super::under::LONGER;
use crate::Config;
use crate::resources::Resources;
use std::time::Duration;
use tollgate_model::{Instant, PoolId};

/// How exactly an instant is found. It is never told too late.
pub(super) const EXACT: Duration = Duration::from_millis(1);
/// How far ahead is looked.
pub(super) const FURTHEST: Duration = Duration::from_secs(7 * 86_400);

/// When the `k`-th slot from now may be taken under the limit at `place`.
pub(super) fn earliest(
    pool: PoolId,
    place: usize,
    config: &Config,
    from: &mut Resources,
    k: u64,
    now: Instant,
) -> Instant {
    let state = &from.pools.pools[pool.index()];
    let changes = !state.supply.coming.is_empty() || !state.supply.leaving.is_empty();
    let is_window = state.aggregates[place].period().is_some();
    let mut after = now;
    if is_window && !changes {
        match from.pools.earliest_joint(pool, k, now) {
            Ok(at) => return at,
            Err(at) => after = at,
        }
    }
    let aggregate = &mut from.pools.pools[pool.index()].aggregates[place];
    let there = aggregate.earliest_by_chance(k, LONGER, now);
    if !changes || there <= now {
        return there.max(after);
    }
    search(now, |at| slots_by(pool, place, config, from, at, now) >= k)
}

/// Slots that come free until then, those free now included.
pub(super) fn slots_by(
    pool: PoolId,
    place: usize,
    config: &Config,
    from: &mut Resources,
    at: Instant,
    now: Instant,
) -> u64 {
    let pools = &mut from.pools;
    let there = pools.pools[pool.index()].aggregates[place].slots_by(at, now);
    let left = pools.slots_of_left(pool, place, None, at, now);
    let coming = pools.slots_of_coming(pool, place, config, None, at);
    there.saturating_sub(left).saturating_add(coming)
}

/// The first instant from now on at which there is enough.
pub(super) fn search(now: Instant, mut enough: impl FnMut(Instant) -> bool) -> Instant {
    if enough(now) {
        return now;
    }
    let (mut few, mut many) = (Duration::ZERO, EXACT);
    while !enough(now + many) {
        if many > FURTHEST {
            return Instant::NEVER;
        }
        (few, many) = (many, many * 2);
    }
    while many - few > EXACT {
        let middle = (few + many) / 2;
        if enough(now + middle) {
            many = middle;
        } else {
            few = middle;
        }
    }
    now + few
}
