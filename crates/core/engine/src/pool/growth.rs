//! When a pool grows, and how far.
//!
//! It grows when calls wait for tokens, or when less than a quarter of one token's slots is left, up to
//! each client's bound, and to the rate that the wider limits allow: a further token is fetched only
//! for a client whose own limits could use it, and only while all tokens together carry less than the
//! routes' limits. While calls wait, tokens that answered 429, and clients whose own limits have no
//! room, are not reckoned with: others stand in for them.

use super::Pools;
use crate::Config;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, LimitId, PoolId, Rule};

/// Calls in a billion hours, in which rounding is lost.
type Rate = u128;
/// What rounding may come to, over all of a pool's tokens.
const ROUNDING: Rate = 1_000;

/// How fast a pool's calls may go.
#[derive(Debug)]
pub(crate) struct Rates {
    /// Under the limits of its routes, and those that all its clients name.
    wider: Rate,
    /// By the place in the pool's clients.
    clients: Vec<ClientRates>,
}

#[derive(Debug)]
struct ClientRates {
    /// With one token.
    token: Rate,
    /// Under the client's own limits.
    own: Rate,
}

impl ClientRates {
    /// With so many tokens.
    fn with(&self, tokens: usize) -> Rate {
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
    fn exceeds(&self, carried: Rate) -> bool {
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
    /// own limits are reckoned to have room.
    pub(crate) fn grower(
        &self,
        pool: PoolId,
        config: &Config,
        now: Instant,
        mut open: impl FnMut(ClientId) -> bool,
    ) -> Option<ClientId> {
        let state = &self.pools[pool.index()];
        let (mut carried, mut grower) = (0, None);
        for (&client, rates) in state.clients.iter().zip(&state.rates.clients) {
            if !open(client) {
                continue;
            }
            let held = &self.clients[client.index()];
            let coming = held.open() + usize::from(held.fetching.is_some());
            let carries = rates.with(coming);
            carried = Rate::saturating_add(carried, carries);
            let from = self.may_fetch_from(client, config);
            let may_fetch = from.is_some_and(|from| from <= now);
            if grower.is_none() && may_fetch && rates.with(coming + 1) > carries {
                grower = Some(client);
            }
        }
        grower.filter(|_| state.rates.exceeds(carried))
    }

    /// From when on a further token may be fetched for the client; none while one is, or while it has as
    /// many as it may hold.
    pub(crate) fn may_fetch_from(&self, client: ClientId, config: &Config) -> Option<Instant> {
        let held = &self.clients[client.index()];
        let most = config.clients[client.index()].max_tokens as usize;
        let may_fetch = held.fetching.is_none() && held.live.len() < most;
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

    /// Whether the pool may come to hold more tokens by then.
    pub(crate) fn may_grow(&self, pool: PoolId, config: &Config, by: Instant) -> bool {
        let state = &self.pools[pool.index()];
        let (mut carried, mut grows) = (0, false);
        for (client, rates) in state.clients.iter().zip(&state.rates.clients) {
            let held = &self.clients[client.index()];
            let carries = rates.with(held.open());
            carried = Rate::saturating_add(carried, carries);
            grows |= held.live.len() < config.clients[client.index()].max_tokens as usize
                && (held.fetching.is_some() || held.fetches_from() <= by)
                && rates.with(held.open() + 1) > carries;
        }
        grows && state.rates.exceeds(carried)
    }

    /// When the first token can be fetched, where there is none and none on its way.
    pub(crate) fn first_token(&self, pool: PoolId, now: Instant) -> Option<Instant> {
        let clients = &self.pools[pool.index()].clients;
        let clients = clients.iter().map(|client| &self.clients[client.index()]);
        if clients
            .clone()
            .any(|client| !client.live.is_empty() || client.fetching.is_some())
        {
            return None;
        }
        clients
            .map(super::ClientState::fetches_from)
            .min()
            .filter(|&at| at > now)
    }
}
