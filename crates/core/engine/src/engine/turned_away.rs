//! What follows from a 429.
//!
//! **Which limit a 429 is about.** The windows whose header says that they are full, if it allows as
//! many as they do: those are closed, be they the token's or shared. Otherwise, and where a token's
//! window and a shared one allow as many, nobody knows, and as little is closed as keeps the same from
//! being asked again:
//!
//! - *Sent with a token*: the token. Another has headroom of its own, so the call may go on with it. If
//!   a second token of the client is answered 429 while the first is closed, it is not the token, and
//!   the whole client is closed: nothing is sent with its tokens, and none is fetched. So where
//!   somebody else has used up what all tokens share, two calls for each client are sent in vain, and
//!   those that were under way.
//! - *Sent without*: the route, and those of its windows that only calls to the same upstream pass, an
//!   action's, an integration's and a host's.
//!
//! A limit that calls to other upstreams pass as well (the organisation's, the client's, a flow's) is
//! closed by a header that names it only, and a concurrency limit never: one upstream's trouble is not
//! another's. Each is closed for as long as the upstream asks, or for `closed_for`.

use super::Engine;
use super::attempt::Attempt;
use super::limits::counts;
use crate::timer::Timer;
use crate::{Closed, Config, Facts, WindowFact};
use std::sync::Arc;
use tollgate_model::{ClientId, Instant, Limit, LimitId, RouteId, Scope, TokenId};

impl Engine {
    /// Shuts what answered 429.
    pub(super) fn close(&mut self, it: &Attempt, facts: Facts, now: Instant) {
        self.limited += 1;
        let policy = &self.config.policy;
        // The end of a window that is not full says nothing of when the call may come again.
        let full = facts.window.filter(|window| window.count >= window.allowed);
        let asked = facts.retry_after.or(full.map(|window| window.reset));
        // A limit that asks for no pause at all would be asked again at once.
        let until = now + asked.unwrap_or(policy.closed_for).max(policy.retry_pause);
        let (of_token, shared) = self.full(it, facts.window);
        match (it.passage.token, it.passage.client) {
            _ if !of_token && !shared.is_empty() => {
                for limit in shared {
                    self.resources.ledgers[limit.index()].close(until);
                }
            }
            (Some(token), Some(client)) => {
                self.close_token(token, until);
                let pools = &mut self.resources.pools;
                if !(of_token && shared.is_empty()) && pools.turned_away(client, token, until, now)
                {
                    self.close_client(client, until);
                }
            }
            _ => self.close_route(it.passage.route, until),
        }
        self.resources.unblock();
    }

    /// The windows that the call passes and the header says to be full: whether one is its token's,
    /// and which it shares with others.
    fn full(&self, it: &Attempt, fact: Option<WindowFact>) -> (bool, Vec<LimitId>) {
        let Some(fact) = fact.filter(|fact| fact.count >= fact.allowed) else {
            return (false, Vec::new());
        };
        // A flow's limits are ours, no upstream knows them.
        let fits = |limit: &Limit| {
            counts(limit) && limit.scope != Scope::Flow && limit.rule.allowed() == fact.allowed
        };
        let of_token = it.passage.client.is_some_and(|client| {
            let limits = &self.config.clients[client.index()].token_limits;
            limits.iter().any(fits)
        });
        let shared = self.resources.limits_of(&it.passage);
        let shared = shared.filter(|limit| fits(&self.config.limits[limit.index()]));
        (of_token, shared.collect())
    }

    /// Sends nothing with the token until then.
    pub(super) fn close_token(&mut self, token: TokenId, until: Instant) {
        if self.resources.pools.close(token, until) {
            self.timers.set(until, Timer::Open(token));
        }
    }

    pub(super) fn close_client(&mut self, client: ClientId, until: Instant) {
        if self.resources.pools.closed_until(client) >= until {
            return;
        }
        for token in self.resources.pools.close_client(client, until) {
            self.close_token(token, until);
        }
        self.timers.set(until, Timer::Fetch(client));
    }

    /// Takes a closing back, as an operator wants it.
    pub(super) fn open(&mut self, closed: Closed, now: Instant) {
        match closed {
            Closed::Limit(limit) => {
                if let Some(ledger) = self.resources.ledgers.get_mut(limit.index()) {
                    ledger.open();
                }
            }
            Closed::Token(token) => self.resources.pools.reopen(token, now),
            Closed::Client(client) => {
                for token in self.resources.pools.reopen_client(client) {
                    self.resources.pools.reopen(token, now);
                }
            }
            Closed::Route(route) => {
                self.resources.open_route(route);
                let config = Arc::clone(&self.config);
                let route = config.routes.get(route.index());
                let limits = route.into_iter().flat_map(|route| &route.limits);
                for limit in limits.filter(|limit| is_of_one_upstream(&config, **limit)) {
                    self.resources.ledgers[limit.index()].open();
                }
            }
        }
        self.resources.unblock();
    }

    fn close_route(&mut self, route: RouteId, until: Instant) {
        self.resources.close_route(route, until);
        let limits = &self.config.routes[route.index()].limits;
        for limit in limits {
            if is_of_one_upstream(&self.config, *limit) {
                self.resources.ledgers[limit.index()].close(until);
            }
        }
    }
}

/// Whether the limit is a window that only calls to the same upstream pass.
fn is_of_one_upstream(config: &Config, limit: LimitId) -> bool {
    let limit = &config.limits[limit.index()];
    counts(limit)
        && matches!(
            limit.scope,
            Scope::Action | Scope::Integration | Scope::Host
        )
}
