//! Which tokens are counted on before they are there, and until when those that are.
//!
//! A start is promised by what the pool will have: tokens under way when their fetches are expected to end,
//! and those that the pool will fetch if it has to, as many at once as its endpoints bear, up to what the
//! wider limits let be used. Nothing is known of the time that the first fetch takes, so it is taken to be
//! none.
//!
//! *After a failed fetch* nothing is expected of a client, beside tokens of others, until a fetch succeeds; or
//! until the instant that its endpoint has named, if it named one for the first time in a row: then one
//! token. Its tokens are expected to have no successor: they give slots for as long as they live. Only where
//! the pool has no other token, and calls are to wait for one, the next fetch is expected to succeed.

use super::Pools;
use super::growth::Rate;
use crate::Config;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, PoolId, Rule, TokenId, nanos};

/// Rounds of fetches that are looked ahead at the most.
const MOST_ROUNDS: u32 = 64;

/// Tokens that are expected at an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedTokens {
    pub(crate) client: ClientId,
    pub(crate) at: Instant,
    pub(crate) tokens: u32,
}

/// What is expected of a pool's supply.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supply {
    pub(crate) coming: Vec<ExpectedTokens>,
    /// Open tokens that end without a successor, and when.
    pub(crate) leaving: Vec<(ClientId, TokenId, Instant)>,
}

impl Pools {
    /// Finds out what is expected of the pool's supply until `by`.
    pub(crate) fn forecast(&mut self, pool: PoolId, config: &Config, now: Instant, by: Instant) {
        let mut supply = std::mem::take(&mut self.pools[pool.index()].supply);
        supply.coming.clear();
        supply.leaving.clear();
        self.each_coming(pool, config, (now, by), |coming| {
            supply.coming.push(coming);
            true
        });
        for &client in &self.pools[pool.index()].clients {
            let state = &self.clients[client.index()];
            if !state.endpoint.fails() {
                continue;
            }
            let ends = state.ends.iter().take_while(|(end, _)| *end <= by);
            let open = ends.filter(|(_, token)| state.is_open(*token));
            supply
                .leaving
                .extend(open.map(|&(end, token)| (client, token, end)));
        }
        self.pools[pool.index()].supply = supply;
    }

    /// When the first token can be expected, where there is none.
    pub(crate) fn first_token(
        &self,
        pool: PoolId,
        config: &Config,
        now: Instant,
    ) -> Option<Instant> {
        if !self.is_empty(pool) {
            return None;
        }
        let clients = self.pools[pool.index()].clients.iter();
        let clients = clients.filter(|client| config.clients[client.index()].max_tokens > 0);
        let first = clients.flat_map(|client| {
            let state = &self.clients[client.index()];
            let next = state.fetches_from().max(now) + state.endpoint.takes(Duration::ZERO);
            let next = state.may_fetch_more().then_some(next);
            let fetching = state.fetching.values();
            fetching
                .map(|since| state.endpoint.ends(*since, now))
                .chain(next)
        });
        first.min()
    }

    /// Gives all tokens that are expected until `by`, for as long as `take` wants more: a client's, then the
    /// next one's.
    pub(super) fn each_coming(
        &self,
        pool: PoolId,
        config: &Config,
        (now, by): (Instant, Instant),
        mut take: impl FnMut(ExpectedTokens) -> bool,
    ) {
        let state = &self.pools[pool.index()];
        let rates = || state.clients.iter().zip(&state.rates.clients);
        let carries = rates().map(|(client, rates)| {
            let held = &self.clients[client.index()];
            rates.with(held.open())
        });
        let mut carried = carries.fold(0, Rate::saturating_add);
        let is_dry = self.all_closed(pool);
        for (&client, rates) in rates() {
            let held = &self.clients[client.index()];
            let fails = held.endpoint.fails();
            let foretold = fails && held.endpoint.foretells();
            let hopes = is_dry && held.closed_is_empty() && !held.endpoint.is_hopeless();
            if fails && !foretold && !hopes {
                continue;
            }
            let most = self.most_tokens(client, config);
            let mut tokens = held.open();
            let mut left = most.saturating_sub(held.used());
            if fails {
                left = left.min(1);
            }
            let mut add = |at: Instant, mut more: usize, all: bool| {
                let mut added = 0;
                while more > 0 && (all || state.rates.exceeds(carried)) {
                    let gain = rates.with(tokens + 1) - rates.with(tokens);
                    if gain == 0 {
                        break;
                    }
                    carried = Rate::saturating_add(carried, gain);
                    tokens += 1;
                    added += 1;
                    more -= 1;
                }
                let coming = ExpectedTokens {
                    client,
                    at,
                    tokens: added,
                };
                (added, added == 0 || at > by || take(coming))
            };
            // What is under way comes, wanted or not.
            for since in held.fetching.values() {
                let at = held.endpoint.ends(*since, now);
                let (added, goes_on) = add(at, left.min(1), true);
                left -= added as usize;
                if !goes_on {
                    return;
                }
            }
            let takes = held.endpoint.takes(Duration::ZERO);
            let begin = held.fetches_from().max(now);
            let at_once = held.endpoint.at_once();
            // Who has a fetch under way makes the next when that has ended.
            let mut free = if takes.is_zero() {
                left
            } else {
                at_once.saturating_sub(held.fetching.len())
            };
            let mut at = begin + takes;
            for _ in 0..MOST_ROUNDS {
                if at > by || left == 0 {
                    break;
                }
                let (added, goes_on) = add(at, left.min(free), false);
                left -= added as usize;
                if !goes_on {
                    return;
                }
                if free > 0 && added == 0 {
                    break;
                }
                free = at_once;
                at = at + takes;
            }
        }
    }

    /// Slots that the pool's coming tokens give under the limit at `place` until `at`, and of one client's
    /// where one is named.
    pub(crate) fn slots_of_coming(
        &self,
        pool: PoolId,
        place: usize,
        config: &Config,
        of: Option<ClientId>,
        at: Instant,
    ) -> u64 {
        let coming = self.pools[pool.index()].supply.coming.iter();
        let there = coming
            .filter(|coming| coming.at <= at && of.is_none_or(|client| client == coming.client));
        let slots = there.map(|coming| {
            let limits = &config.clients[coming.client.index()].token_limits;
            let Some(limit) = limits.get(place) else {
                return 0;
            };
            let rounds = match limit.rule {
                Rule::Window { period, .. } => nanos(at.since(coming.at)) / nanos(period).max(1),
                Rule::Concurrency { .. } => 0,
            };
            let rounds = rounds.saturating_add(1);
            let allowed = u64::from(limit.rule.allowed()) * u64::from(coming.tokens);
            allowed.saturating_mul(rounds)
        });
        slots.fold(0, u64::saturating_add)
    }

    /// Slots that the pool's leaving tokens would give under the limit at `place` between their ends and
    /// `at`, and of one client's where one is named.
    pub(crate) fn slots_of_left(
        &mut self,
        pool: PoolId,
        place: usize,
        of: Option<ClientId>,
        at: Instant,
        now: Instant,
    ) -> u64 {
        let mut slots = 0_u64;
        for &(client, token, end) in &self.pools[pool.index()].supply.leaving {
            if end > at || of.is_some_and(|it| it != client) {
                continue;
            }
            let held = self.tokens.get_mut(token);
            if let Some(ledger) = held.and_then(|held| held.ledgers.get_mut(place)) {
                let until_end = ledger.slots_by(end.max(now), now);
                slots += ledger.slots_by(at, now).saturating_sub(until_end);
            }
        }
        slots
    }
}
