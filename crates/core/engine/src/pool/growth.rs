//! When a pool grows, and how far.
//!
//! It grows when calls wait for tokens, or when less than a quarter of one token's slots is left, up to
//! each client's bound, and to the rate that the wider limits allow: a further token is fetched only
//! for a client whose own limits could use it, and only while all tokens together carry less than the
//! routes' limits. While calls wait, tokens that answered 429, and clients whose own limits have no
//! room, are not reckoned with: others stand in for them.
//!
//! A call that waits has each client fetch one. Further ones at the same time are fetched for as many calls
//! as wait and will have come before a fetch that is begun later could end, beyond what the tokens that are
//! there and on their way will have carried by then: of a fetch that takes seconds the queue can't wait for
//! one after the other.

use super::Pools;
use crate::Config;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, LimitId, PoolId, Rule};

/// Calls in a billion hours, in which rounding is lost.
pub(super) type Rate = u128;
/// What rounding may come to, over all of a pool's tokens.
const ROUNDING: Rate = 1_000;

/// How fast a pool's calls may go.
#[derive(Debug)]
pub(crate) struct Rates {
    /// Under the limits of its routes, and those that all its clients name.
    wider: Rate,
    /// By the place in the pool's clients.
    pub(super) clients: Vec<ClientRates>,
}

#[derive(Debug)]
pub(super) struct ClientRates {
    /// With one token.
    token: Rate,
    /// Under the client's own limits.
    own: Rate,
}

impl ClientRates {
    /// With so many tokens.
    pub(super) fn with(&self, tokens: usize) -> Rate {
        self.token.saturating_mul(tokens as Rate).min(self.own)
    }
}

impl Rates {
    pub(super) fn new(pool: PoolId, config: &Config) -> Self {
        let rate = |limit: &LimitId| rate(config.limits[limit.index()].rule);
        let clients = &config.pools[pool.index()].clients;
        let clients: Vec<_> = clients
            .iter()
            .map(|client| &config.clients[client.index()])
            .collect();
        let of_all = |limit: &LimitId| config.all_name(pool, *limit);
        let shared = clients.first().into_iter().flat_map(|it| &it.limits);
        let shared = shared.filter(|limit| of_all(limit)).map(rate).min();
        Self {
            wider: of_routes(pool, config).min(shared.unwrap_or(Rate::MAX)),
            clients: clients
                .iter()
                .map(|client| {
                    let token = client
                        .token_limits
                        .iter()
                        .map(|limit| self::rate(limit.rule));
                    let own = client
                        .limits
                        .iter()
                        .filter(|limit| !of_all(limit))
                        .map(rate);
                    ClientRates {
                        token: token.min().unwrap_or(Rate::MAX),
                        own: own.min().unwrap_or(Rate::MAX),
                    }
                })
                .collect(),
        }
    }

    /// Whether the wider limits allow more than is carried.
    pub(super) fn exceeds(&self, carried: Rate) -> bool {
        carried.saturating_add(ROUNDING) < self.wider
    }
}

/// The rates of each route's scarcest limit, each limit once.
fn of_routes(pool: PoolId, config: &Config) -> Rate {
    let mut scarcest = BTreeMap::new();
    let routes = config.routes.iter();
    for route in routes.filter(|route| route.pool == Some(pool)) {
        let rates = route.limits.iter();
        let rates = rates.map(|limit| (rate(config.limits[limit.index()].rule), *limit));
        match rates.min() {
            Some((rate, limit)) => scarcest.insert(limit, rate),
            None => return Rate::MAX,
        };
    }
    scarcest.into_values().fold(0, Rate::saturating_add)
}

/// A concurrency limit has no rate.
fn rate(rule: Rule) -> Rate {
    const SPAN: Rate = Duration::from_secs(3_600).as_nanos() * 1_000_000_000;
    match rule {
        Rule::Window {
            allowed, period, ..
        } => Rate::from(allowed) * SPAN / period.as_nanos().max(1),
        Rule::Concurrency { .. } => Rate::MAX,
    }
}

impl Pools {
    /// The client that is to fetch a token now, if the pool may grow. `open` tells whether a client's
    /// own limits are reckoned to have room, `beside` whether a client is to fetch more tokens than one at
    /// once.
    pub(crate) fn grower(
        &self,
        pool: PoolId,
        config: &Config,
        now: Instant,
        beside: bool,
        mut open: impl FnMut(ClientId) -> bool,
    ) -> Option<ClientId> {
        let state = &self.pools[pool.index()];
        let (mut carried, mut grower) = (0, None);
        for (&client, rates) in state.clients.iter().zip(&state.rates.clients) {
            if !open(client) {
                continue;
            }
            let held = &self.clients[client.index()];
            let coming = held.open() + held.fetching.len();
            let carries = rates.with(coming);
            carried = Rate::saturating_add(carried, carries);
            let from = self.may_fetch_from(client, config);
            let may_fetch = from.is_some_and(|from| from <= now);
            let may_fetch = may_fetch && (beside || held.fetching.is_empty());
            if grower.is_none() && may_fetch && rates.with(coming + 1) > carries {
                grower = Some(client);
            }
        }
        grower.filter(|_| state.rates.exceeds(carried))
    }

    /// From when on a further token may be fetched for the client; none while as many are as may be at
    /// once, or while it has as many as it may hold.
    pub(crate) fn may_fetch_from(&self, client: ClientId, config: &Config) -> Option<Instant> {
        let held = &self.clients[client.index()];
        let most = self.most_tokens(client, config);
        let may_fetch = held.may_fetch_more() && held.may_hold_more(most);
        may_fetch.then(|| held.fetches_from())
    }

    /// Whether less than a quarter of one token's slots is left.
    pub(crate) fn runs_short(&self, pool: PoolId, now: Instant) -> bool {
        let state = &self.pools[pool.index()];
        let tokens: usize = state
            .clients
            .iter()
            .map(|client| self.clients[client.index()].open())
            .sum();
        let Some(tokens) = u32::try_from(tokens).ok().filter(|&tokens| tokens > 0) else {
            return true;
        };
        state.aggregates.iter().any(|ledger| {
            let left = ledger.allowed().saturating_sub(ledger.held(now));
            left < ledger.allowed() / tokens / 4
        })
    }

    /// For how long the longest fetch of the pool's clients has been under way.
    pub(crate) fn longest_fetch(&self, pool: PoolId, now: Instant) -> Duration {
        let clients = self.pools[pool.index()].clients.iter();
        let first = clients.flat_map(|client| self.clients[client.index()].fetching.values());
        first
            .min()
            .map_or(Duration::ZERO, |since| now.since(*since))
    }

    /// How long a fetch takes for the slowest of the pool's clients.
    pub(crate) fn fetch_takes(&self, pool: PoolId, now: Instant) -> Duration {
        let taken = self.longest_fetch(pool, now);
        let clients = self.pools[pool.index()].clients.iter();
        let takes = clients.map(|client| self.clients[client.index()].endpoint.takes(taken));
        takes.max().unwrap_or(taken)
    }

    /// Slots that the pool's tokens, those on their way included, give until `at` under the scarcest of their
    /// limits. None where they have none.
    pub(crate) fn carried_by(
        &mut self,
        pool: PoolId,
        config: &Config,
        at: Instant,
        now: Instant,
    ) -> Option<u64> {
        let coming = |place: usize| {
            let clients = self.pools[pool.index()].clients.iter();
            let slots = clients.map(|client| {
                let limit = &config.clients[client.index()].token_limits[place];
                let fetches = self.clients[client.index()].fetching.len();
                u64::from(limit.rule.allowed()).saturating_mul(fetches as u64)
            });
            slots.fold(0, u64::saturating_add)
        };
        let limits = self.pools[pool.index()].aggregates.len();
        let coming: Vec<u64> = (0..limits).map(coming).collect();
        let there = self.pools[pool.index()].aggregates.iter_mut();
        let slots = there.map(|ledger| ledger.slots_by(at, now));
        let slots = slots.zip(coming);
        slots
            .map(|(there, coming)| there.saturating_add(coming))
            .min()
    }

    /// Whether the pool may come to hold more tokens by then.
    pub(crate) fn may_grow(
        &self,
        pool: PoolId,
        config: &Config,
        now: Instant,
        by: Instant,
    ) -> bool {
        let mut any = false;
        self.each_coming(pool, config, (now, by), |_| {
            any = true;
            false
        });
        any
    }
}
