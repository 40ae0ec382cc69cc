//! How many tokens a client may have, and which part of them, where several processes share the client.
//!
//! How many tokens a client may have in all is whoever runs the processes' choice and no limit of the upstream's, so a part
//! has no end: a process that hears nothing of the others goes on with the one it had ([`crate::Event::SetTokenPart`]).

use super::machine::Engine;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ClassDemand, ClientId, Instant, LimitUse, PoolId, TokensUse, count, tally};

/// What is asked for of a client's tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenDemand {
    /// Whose tokens.
    pub client: ClientId,
    /// What processes that share them call them: it stays when the client is renamed.
    pub key: String,
    /// The client's name.
    pub name: String,
    /// Tokens that all processes together may use.
    pub max_tokens: u32,
    /// What is asked and used of them. Where a call may go by one of several clients, each is asked for its part.
    pub tokens: TokensUse,
}

impl Engine {
    pub(super) fn set_max_tokens(&mut self, client: ClientId, max_tokens: u32) {
        let mut config = (*self.config).clone();
        if let Some(client) = config.clients.get_mut(client.index()) {
            client.max_tokens = max_tokens;
            self.configure(config);
        }
    }

    pub(super) fn set_token_part(&mut self, client: ClientId, tokens: u32, now: Instant) {
        if !self.resources.pools.set_part(client, tokens) {
            return;
        }
        self.resources.pools.park_beyond(client, now);
        self.use_parked(client, now);
        // Calls may have been promised what the client had.
        self.recheck_promises();
        self.resources.unblock();
    }

    /// Uses parked tokens as far as the part allows.
    pub(super) fn use_parked(&mut self, client: ClientId, now: Instant) {
        while let Some(token) = self.resources.pools.unpark(client, &self.config, now) {
            let held = self.resources.pools.tokens.get(token);
            // Its time came while it was parked.
            if held.is_some_and(|held| held.renewing) {
                self.renew(token, now);
            }
            self.resources.unblock();
        }
    }

    /// Tokens of the client that are used: that calls may be sent with, now or when they are open.
    #[must_use]
    pub fn tokens_used(&self, client: ClientId) -> usize {
        let state = self.resources.pools.clients.get(client.index());
        state.map_or(0, |state| state.used())
    }

    /// What is asked for of each client's tokens, in the order of the table, and what of it will stay held for longer than
    /// `soon`. None of clients that nothing new asks for.
    #[must_use]
    pub fn token_demand(&self, soon: Duration, now: Instant) -> Vec<TokenDemand> {
        let clients = self.config.clients.with_ids();
        let demands = clients.filter_map(|(id, client)| {
            let state = &self.resources.pools.clients[id.index()];
            let pool = state.pool.filter(|_| !state.retired)?;
            let mut tokens = TokensUse {
                asked: self.asked_of_tokens(pool),
                of_token: u32::MAX,
                wider: u32::MAX,
                ..TokensUse::default()
            };
            if let Some((place, allowed, period)) = self.scarcest_of_tokens(id) {
                tokens.of_token = allowed;
                tokens.used = self.used_of_tokens(id, place, soon, now);
                tokens.used.period = Some(period);
                tokens.wider = self.wider_than_tokens(pool, period);
            }
            Some(TokenDemand {
                client: id,
                key: format!(
                    "tokens:{}",
                    client.shared_as.as_ref().unwrap_or(&client.name)
                ),
                name: client.name.clone(),
                max_tokens: client.max_tokens,
                tokens,
            })
        });
        demands.collect()
    }

    /// The window of tokens under which one token may send the least: its place, number and period.
    fn scarcest_of_tokens(&self, client: ClientId) -> Option<(usize, u32, Duration)> {
        let limits = self.config.clients[client.index()].token_limits.iter();
        let windows = limits.enumerate().filter_map(|(place, limit)| {
            let period = limit.rule.period()?;
            Some((place, limit.rule.allowed(), period))
        });
        windows.min_by(|(_, a, of_a), (_, b, of_b)| {
            let rate = |allowed: u32, period: Duration| f64::from(allowed) / period.as_secs_f64();
            rate(*a, *of_a).total_cmp(&rate(*b, *of_b))
        })
    }

    fn asked_of_tokens(&self, pool: PoolId) -> ClassDemand {
        let parts = self.config.pools[pool.index()].clients.len() as u64;
        let mut asked = ClassDemand {
            weight: 1,
            ..ClassDemand::default()
        };
        for lane in self.queue.all_lanes() {
            let route = &self.config.routes[lane.route.index()];
            if route.pool == Some(pool) {
                let cost = u64::from(route.cost);
                asked.asked += lane.asked * cost;
                asked.waiting += lane.all_waiting() as u64 * cost;
            }
        }
        asked.asked /= parts;
        asked.waiting = asked.waiting.div_ceil(parts);
        asked
    }

    fn used_of_tokens(
        &self,
        client: ClientId,
        place: usize,
        soon: Duration,
        now: Instant,
    ) -> LimitUse {
        let pools = &self.resources.pools;
        let tokens = pools.clients[client.index()].live.iter();
        let ledgers = tokens.filter_map(|token| pools.tokens.get(token)?.ledgers.get(place));
        let used = ledgers.map(|it| (u64::from(it.ours(now)), u64::from(it.ours(now + soon))));
        let (held, stay) = used.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1.min(it.0)));
        LimitUse {
            period: None,
            held: tally(held),
            stay: tally(stay),
        }
    }

    /// Slots that the scarcest of each route's wider limits lets be used in such a period, each limit once.
    fn wider_than_tokens(&self, pool: PoolId, period: Duration) -> u32 {
        let mut scarcest = BTreeMap::new();
        for route in self.config.routes.iter().filter(|it| it.pool == Some(pool)) {
            let windows = route.limits.iter().filter_map(|limit| {
                let ledger = &self.resources.ledgers[limit.index()];
                let rate = f64::from(ledger.leased()) / ledger.period()?.as_secs_f64();
                Some((*limit, rate))
            });
            match windows.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
                Some((limit, rate)) => scarcest.insert(limit, rate),
                None => return u32::MAX,
            };
        }
        let rate: f64 = scarcest.values().sum();
        tally(count(rate * period.as_secs_f64()))
    }
}
