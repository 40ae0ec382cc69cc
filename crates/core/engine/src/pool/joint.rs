//! When a pool's tokens give slots, where each token is under several windows.
//!
//! **One token.** Let its windows allow `cᵢ` calls in `pᵢ`, and let `eᵢ(k)` be when window `i` by itself has its
//! `k`-th slot free, for `k ≤ cᵢ`: the slots held now come free in the order of their ends, each once before
//! the first that is taken from now on does. Calls that start as soon as they may start at
//!
//! ```text
//! t(k) = max over i of  eᵢ(k)            where k ≤ cᵢ
//!                       t(k − cᵢ) + pᵢ    otherwise
//! ```
//!
//! for slots come back in the order in which they were taken: the `k`-th call takes what is held now, and, once
//! that is used up, the slot of the call `cᵢ` before it. No schedule starts its `k`-th call earlier (by induction:
//! each term only grows with the starts before), and this one keeps every window. The latest of the windows' own
//! forecasts is earlier than that: with 240 slots that all come free in 20 s beside 6 a second it is 20 s for all
//! of the 240, of which the last starts in 59 s.
//!
//! **The pool.** Tokens don't bind each other, so the pool's `k`-th call starts at the `k`-th of all their
//! instants together. What the tokens' windows give when each window is summed up over the tokens is more: a
//! slot of one token's minute is of no use in another token's second.
//!
//! **As time passes.** What has started since was the first that was foretold, and has made the rest no earlier
//! or later; so the forecast of a moment ago is read from there on. It is made anew when the tokens change, and
//! after a small part of the shortest period, within which an answer is late or a header tells of a window's end.
//!
//! **Cost.** No forecast has more than [`MOST`] instants. Of more than [`TOKENS`] tokens every so-manieth stands
//! for those next to it, for tokens are used in their order. What is foretold for later than the forecast reaches
//! is at least its last instant. A forecast is used for as long as to take a small part of the time.

use super::Pools;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, PoolId, TokenId};
use tollgate_quota::Ledger;

/// Instants in one forecast.
const MOST: usize = 1 << 14;
/// Tokens that are looked at for one.
const TOKENS: usize = 64;
/// It is used for this part of the shortest period, and for so long per instant.
const FRESH: (u32, Duration) = (64, Duration::from_micros(2));

/// When a pool's tokens give slots.
#[derive(Debug, Default)]
pub(super) struct Joint {
    /// Ascending; each stands for so many.
    starts: Vec<Instant>,
    each: u64,
    /// What comes until then is among them, unless they are [`MOST`].
    by: Instant,
    fresh_until: Instant,
    /// Slots taken since it was made.
    taken: u64,
    /// Those of one token, kept for its memory.
    one: Vec<Instant>,
}

impl Joint {
    pub(super) fn take(&mut self, slots: u32) {
        self.taken += u64::from(slots);
    }

    /// The tokens have changed.
    pub(super) fn forget(&mut self) {
        self.fresh_until = Instant::ZERO;
    }

    /// When the `k`-th slot from now is there, at the soonest.
    pub(super) fn earliest(&self, k: u64, now: Instant) -> Instant {
        let place = (self.taken + k - 1) / self.each.max(1);
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let known = self.starts.get(place).or(self.starts.last());
        known.map_or(now, |at| now.max(*at))
    }
}

impl Pools {
    /// Makes the forecast for starts until `by`, if the pool's tokens are under several windows and there is no
    /// recent one.
    pub(crate) fn join(&mut self, pool: PoolId, now: Instant, by: Instant) {
        let state = &mut self.pools[pool.index()];
        let windows = state.aggregates.iter().filter_map(Ledger::period);
        let shortest = windows.clone().min();
        let Some(shortest) = shortest.filter(|_| windows.count() > 1) else {
            return;
        };
        if now < state.joint.fresh_until && by <= state.joint.by {
            return;
        }
        let mut joint = std::mem::take(&mut state.joint);
        let clients = &self.pools[pool.index()].clients;
        let live = || {
            clients
                .iter()
                .flat_map(|it| self.clients[it.index()].live.iter())
        };
        let each = live().count().div_ceil(TOKENS).max(1);
        let some: Vec<TokenId> = live().skip(each / 2).step_by(each).collect();
        joint.starts.clear();
        (joint.each, joint.taken) = (each as u64, 0);
        // Deadlines grow with time.
        joint.by = by + by.since(now) / 4;
        let most = MOST / some.len().max(1);
        for token in some {
            if let Some(held) = self.tokens.get_mut(token) {
                let from = held.closed_until.max(now);
                schedule(
                    &mut held.ledgers,
                    from,
                    (now, joint.by),
                    most,
                    &mut joint.one,
                );
                joint.starts.extend_from_slice(&joint.one);
            }
        }
        joint.starts.sort_unstable();
        let pause = FRESH.1 * joint.starts.len() as u32;
        joint.fresh_until = now + (shortest / FRESH.0).max(pause);
        self.pools[pool.index()].joint = joint;
    }

    /// The client's tokens are others, or what they have is.
    pub(super) fn forget_joint(&mut self, client: ClientId) {
        if let Some(pool) = self.clients[client.index()].pool {
            self.pools[pool.index()].joint.forget();
        }
    }

    /// When the tokens have their `k`-th slot from now under all their windows together. At once where they are
    /// under one alone.
    pub(crate) fn earliest_joint(&self, pool: PoolId, k: u64, now: Instant) -> Instant {
        self.pools[pool.index()].joint.earliest(k, now)
    }
}

/// Fills `into` with the instants at which calls start that start as soon as they may, until `by` and no more
/// than so many.
fn schedule(
    ledgers: &mut [Ledger],
    from: Instant,
    (now, by): (Instant, Instant),
    most: usize,
    into: &mut Vec<Instant>,
) {
    into.clear();
    while into.len() < most {
        let mut at = from;
        for ledger in ledgers.iter_mut() {
            let Some(cycle) = ledger.cycle() else {
                continue;
            };
            let own = match into.len().checked_sub(ledger.given() as usize) {
                None => ledger.earliest(into.len() as u64 + 1, now),
                // It allows nothing.
                Some(_) if ledger.given() == 0 => return,
                Some(before) => into[before] + cycle,
            };
            at = at.max(own);
        }
        if at > by {
            return;
        }
        into.push(at);
    }
}
