//! When a pool's tokens give slots, where each token is under several windows, or not all under the same.
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
//! slot of one token's minute is of no use in another token's second. Nor has the sum of windows of different
//! lengths, as some tokens' headers tell another period than others', a length of its own.
//!
//! **As time passes.** What has started since was the first that was foretold, and has made the rest no earlier
//! or later; so the forecast of a moment ago is read from there on. It is made anew when the tokens change, and
//! after a small part of the shortest period, within which an answer is late or a header tells of a window's end.
//!
//! **Cost.** No forecast has more than [`MOST`] instants. Of more than [`TOKENS`] tokens every n-th stands
//! for those next to it, for tokens are used in their order. A forecast is used for as long as to take a small part
//! of the time.

use super::{Pools, Token};
use std::time::Duration;
use tollgate_model::{ClientId, Instant, PoolId, TokenId, tally};
use tollgate_quota::Ledger;

/// Instants in one forecast.
const MOST: usize = 1 << 14;
/// Tokens that are looked at for one.
const TOKENS: usize = 64;
/// What was found is used for this part of the shortest period, and for this long per instant that was found.
const FRESH: (u32, Duration) = (64, Duration::from_micros(2));

/// When a pool's tokens give slots.
#[derive(Debug, Default)]
pub(super) struct JointSlots {
    /// Ascending; each stands for so many.
    starts: Vec<Instant>,
    each: u64,
    /// Starts until then were asked for.
    by: Instant,
    /// All that comes until then is among them; zero where the sums do.
    until: Instant,
    fresh_until: Instant,
    /// Slots taken since it was made.
    taken: u64,
    /// Those of one token, kept for its memory.
    one: Vec<Instant>,
}

impl JointSlots {
    pub(super) fn take(&mut self, slots: u32) {
        self.taken += u64::from(slots);
    }

    /// The tokens have changed.
    pub(super) fn forget(&mut self) {
        self.fresh_until = Instant::ZERO;
    }

    /// When the `k`-th slot from now is there. None without a forecast, and beyond it.
    fn earliest(&self, k: u64, now: Instant) -> Option<Instant> {
        let place = (self.taken + k - 1) / self.each.max(1);
        let at = self.starts.get(usize::try_from(place).ok()?)?;
        (*at <= self.until).then_some(now.max(*at))
    }
}

impl Pools {
    /// Makes the forecast for starts until `by`, if the pool's tokens are under several windows, or not all under
    /// the same, and there is no recent one.
    pub(crate) fn join(&mut self, pool: PoolId, now: Instant, by: Instant) {
        let state = &mut self.pools[pool.index()];
        if now < state.joint.fresh_until && by <= state.joint.by {
            return;
        }
        let mut joint = std::mem::take(&mut state.joint);
        let clients = &self.pools[pool.index()].clients;
        let live = || {
            clients
                .iter()
                .flat_map(|it| self.clients[it.index()].used_tokens())
        };
        let each = live().count().div_ceil(TOKENS).max(1);
        let some: Vec<TokenId> = live().skip(each / 2).step_by(each).collect();
        joint.starts.clear();
        (joint.each, joint.taken, joint.until) = (each as u64, 0, Instant::ZERO);
        let Some(shortest) = self.shortest_of_several(&some) else {
            (joint.by, joint.fresh_until) = (Instant::NEVER, Instant::NEVER);
            self.pools[pool.index()].joint = joint;
            return;
        };
        // Deadlines grow with time.
        joint.by = by + by.since(now) / 4;
        joint.until = joint.by;
        let most = MOST / some.len();
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
                if let Some(last) = joint.one.get(most - 1) {
                    joint.until = joint.until.min(*last);
                }
            }
        }
        joint.starts.sort_unstable();
        let pause = FRESH.1 * tally(joint.starts.len());
        joint.fresh_until = now + (shortest / FRESH.0).max(pause);
        self.pools[pool.index()].joint = joint;
    }

    /// The client's tokens are others, or what they have is.
    pub(super) fn forget_joint(&mut self, client: ClientId) {
        if let Some(pool) = self.clients[client.index()].pool {
            self.pools[pool.index()].joint.forget();
        }
    }

    /// The shortest of the tokens' windows. None if they are all under one of the same length.
    fn shortest_of_several(&self, tokens: &[TokenId]) -> Option<Duration> {
        let held = tokens.iter().filter_map(|token| self.tokens.get(*token));
        let periods = |it: &Token| it.ledgers.iter().filter_map(Ledger::period).count();
        let has_several = held.clone().any(|it| periods(it) > 1);
        let all = held.flat_map(|it| it.ledgers.iter().filter_map(Ledger::period));
        let (shortest, longest) = (all.clone().min()?, all.max()?);
        (has_several || shortest < longest).then_some(shortest)
    }

    /// When the tokens have their `k`-th slot from now under all their windows, where that is not what their sums
    /// say; else an instant that it comes after.
    pub(crate) fn earliest_joint(
        &self,
        pool: PoolId,
        k: u64,
        now: Instant,
    ) -> Result<Instant, Instant> {
        let joint = &self.pools[pool.index()].joint;
        joint.earliest(k, now).ok_or(joint.until)
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
