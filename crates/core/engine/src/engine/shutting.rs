//! Shutting what refusals have closed, and opening it again.
//!
//! What is closed is known by the parts of an upstream ([`crate::closing`]); calls are kept from routes, from tokens and
//! from the fetching of tokens. Here the latter are made to agree with the former, whenever a part is closed, probed or
//! opened, be it by an answer or by an operator.

use super::limits::counts;
use super::machine::Engine;
use crate::closing::Part;
use crate::timer::Timer;
use crate::{Closed, Config};
use std::sync::Arc;
use tollgate_model::{ClientId, EndpointId, Instant, LimitId, RouteId, Scope};

impl Engine {
    /// Opens what is closed under a limit that was set.
    pub(super) fn open_under(&mut self, limit: LimitId, now: Instant) {
        if let Some(ledger) = self.resources.ledgers.get_mut(limit.index()) {
            ledger.open();
        }
        let config = Arc::clone(&self.config);
        let of_client = |client: ClientId| config.clients[client.index()].limits.contains(&limit);
        self.open_all(now, |it, part| match part {
            Part::Upstream(route) | Part::Endpoint(route, _) => {
                config.routes[route.index()].limits.contains(&limit)
            }
            Part::Client(client) => of_client(client),
            Part::Token(token) => {
                let token = it.resources.pools.tokens.get(token);
                token.is_some_and(|token| of_client(token.client))
            }
        });
    }

    /// Opens the client and its tokens, because one of its tokens' limits was set.
    pub(super) fn open_tokens_of(&mut self, client: ClientId, now: Instant) {
        self.open_all(now, |it, part| match part {
            Part::Client(closed) => closed == client,
            Part::Token(token) => {
                let token = it.resources.pools.tokens.get(token);
                token.is_some_and(|token| token.client == client)
            }
            Part::Upstream(_) | Part::Endpoint(..) => false,
        });
    }

    /// Shuts a shared window, as another process was told.
    pub(super) fn close(&mut self, limit: LimitId, until: Instant) {
        if let Some(ledger) = self.resources.ledgers.get_mut(limit.index()) {
            ledger.close(until);
            self.resources.unblock();
            self.recheck_promises();
        }
    }

    /// Takes a closing back, as an operator wants it.
    pub(super) fn open(&mut self, closed: Closed, now: Instant) {
        match closed {
            Closed::Limit(limit) => {
                if let Some(ledger) = self.resources.ledgers.get_mut(limit.index()) {
                    ledger.open();
                }
            }
            Closed::Token(token) => self.open_all(now, |_, part| part == Part::Token(token)),
            Closed::Client(client) => {
                self.open_tokens_of(client, now);
            }
            Closed::Route(route) => {
                let (parent, endpoint) = self.origin_of(route);
                self.open_all(now, |_, part| match part {
                    Part::Upstream(closed) => closed == parent,
                    Part::Endpoint(closed, of) => {
                        closed == parent && endpoint.is_none_or(|endpoint| endpoint == of)
                    }
                    _ => false,
                });
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

    fn open_all(&mut self, now: Instant, wanted: impl Fn(&Self, Part) -> bool) {
        let closed: Vec<Part> = self.closings.closed().collect();
        for part in closed {
            if wanted(self, part) {
                self.closings.forget(part);
                self.enforce(part, now);
            }
        }
        self.resources.unblock();
    }

    /// Shuts the part for as long as its closing says. An endpoint gets a route of its own for that.
    pub(super) fn shut(&mut self, part: Part, now: Instant) {
        let part = match part {
            Part::Endpoint(route, endpoint) if self.split(route, endpoint).is_none() => {
                let wider = Part::Upstream(route);
                self.closings.widen(part, wider);
                wider
            }
            part => part,
        };
        self.timers.set(self.closings.until(part), Timer::Probes);
        self.enforce(part, now);
    }

    /// Makes pools and routes agree with the part's closing, or with its end.
    pub(super) fn enforce(&mut self, part: Part, now: Instant) {
        match part {
            Part::Token(token) => {
                let Some(client) = self.resources.pools.tokens.get(token).map(|it| it.client)
                else {
                    return;
                };
                let until = self.closings.until(part);
                let until = until.max(self.closings.until(Part::Client(client)));
                if self.resources.pools.close_until(token, until, now) {
                    self.timers.set(until, Timer::Open(token));
                }
            }
            Part::Client(client) => {
                let until = self.closings.until(part);
                for token in self.resources.pools.close_client(client, until) {
                    self.enforce(Part::Token(token), now);
                }
                if until > now {
                    self.timers.set(until, Timer::Fetch(client));
                } else {
                    self.may_fetch_again(client, now);
                }
            }
            Part::Endpoint(route, endpoint) => {
                if let Some(own) = self.endpoints.own_route(route, endpoint) {
                    self.close_route(own);
                }
            }
            Part::Upstream(route) => {
                self.close_route(route);
                let own: Vec<RouteId> = self.endpoints.split_from(route).collect();
                for own in own {
                    self.close_route(own);
                }
            }
        }
        self.resources.unblock();
    }

    /// Shuts the route for as long as its endpoint or its upstream is closed.
    fn close_route(&mut self, route: RouteId) {
        let (parent, endpoint) = self.origin_of(route);
        let of_endpoint = endpoint.map(|endpoint| Part::Endpoint(parent, endpoint));
        let parts = of_endpoint.into_iter().chain([Part::Upstream(parent)]);
        let until = parts.map(|part| self.closings.until(part)).max();
        self.resources.close_route(route, until.unwrap_or_default());
    }

    /// The route that calls are submitted on which take this one, and the endpoint that this one is only
    /// for.
    pub(super) fn origin_of(&self, route: RouteId) -> (RouteId, Option<EndpointId>) {
        match self.endpoints.of_route(route) {
            Some((from, endpoint)) => (from, Some(endpoint)),
            None => (route, None),
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
