//! What a pool's tokens give together: those that are there for as long as they are, and those to come.

use super::search::search;
use crate::Config;
use crate::resources::Resources;
use tollgate_model::{Instant, PoolId};

/// Standard deviations, were it chance, by which calls under way may take longer than recent ones did before a
/// start that was foretold to a newcomer comes too late. Of what is taken in, less than one in a thousand is to
/// expire.
pub(super) const OVERRUN: f64 = 3.5;

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
    let there = aggregate.earliest_by_chance(k, OVERRUN, now);
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
