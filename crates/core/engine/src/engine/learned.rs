//! Limits that nobody has configured, held as one limit more.
//!
//! A learned limit stands in the engine's tables like any other, in a place that is set aside for it
//! ([`super::own`]): routes, clients or tokens name it, calls take slots of it, starts are foretold and
//! classes kept apart by it, and refusals name it. Nothing else in the engine knows that it was learned.
//!
//! Where its evidence is in the calls' own send times, its slots are held from the send for one period
//! (`counted_within` zero); where refusals have named it, until a period after the answer, as those of what is
//! configured (none). It begins with the slots of the calls of late, and with those under way.

use super::machine::Engine;
use crate::Config;
use crate::attempt::Attempt;
use crate::learned_limit::{Group, RecentCall, TableEntry, UNBOUND, is_learned, named};
use crate::own_entries::unused_limit;
use crate::upstream::Upstream;
use tollgate_model::{ClientId, EndpointId, LimitId, PoolId, RouteId, Rule, Scope};
use tollgate_quota::Ledger;

/// Limits that the tokens of one pool can have learned at the same time.
const MOST_OF_TOKENS: usize = 6;

impl Engine {
    /// Holds one limit more. None if there is no place for it.
    pub(super) fn hold_learned(
        &mut self,
        group: Group,
        rule: Rule,
        recent: &[RecentCall],
    ) -> Option<TableEntry> {
        let place = match group {
            Group::Token(pool, client) => self.hold_of_tokens(pool, client, rule, recent)?,
            _ => TableEntry::Shared(self.hold_shared(group, rule, recent)?),
        };
        self.forget_foretold();
        Some(place)
    }

    /// Changes the number or the period of a learned limit.
    pub(super) fn adjust_learned(
        &mut self,
        place: TableEntry,
        group: Group,
        rule: Rule,
        recent: &[RecentCall],
    ) {
        let mut config = Config::clone(&self.config);
        match (place, group) {
            (TableEntry::Shared(limit), _) => {
                let learned = &mut config.limits[limit.index()];
                *learned = named(learned.scope, rule, &self.whose(group)).into();
                self.configure(config);
                self.fill(limit, recent);
            }
            (TableEntry::Tokens(pool, place), Group::Token(_, client)) => {
                self.put_token_limit(config, (pool, client), place, rule, recent);
            }
            _ => {}
        }
        self.forget_foretold();
    }

    /// Holds the limit no more.
    pub(super) fn release_learned(&mut self, place: TableEntry) {
        let mut config = Config::clone(&self.config);
        match place {
            TableEntry::Shared(limit) => {
                let of_routes = config.routes.iter_mut().map(|route| &mut route.limits);
                let of_clients = config.clients.iter_mut().map(|client| &mut client.limits);
                for limits in of_routes.chain(of_clients) {
                    limits.retain(|other| *other != limit);
                }
                for limits in self.endpoints.limits.values_mut() {
                    limits.retain(|other| *other != limit);
                }
                self.endpoints.limits.retain(|_, limits| !limits.is_empty());
                config.limits[limit.index()] = unused_limit().into();
                self.configure(config);
                self.resources.ledgers[limit.index()] = Ledger::new(unused_limit().rule);
                self.own.give_back_limit(limit);
            }
            TableEntry::Tokens(pool, place) => {
                for client in &config.pools[pool.index()].clients {
                    self.resources
                        .pools
                        .each_token(*client, place, |ledger| ledger.configure(UNBOUND));
                    let limits = &mut config.clients[client.index()].token_limits;
                    limits[place].rule.set_allowed(UNBOUND);
                    limits[place].name.clear();
                }
                self.configure(config);
            }
        }
        self.forget_foretold();
    }

    fn hold_shared(&mut self, group: Group, rule: Rule, recent: &[RecentCall]) -> Option<LimitId> {
        let limit = self.own.take_limit()?;
        let mut config = Config::clone(&self.config);
        let whose = self.whose(group);
        let scope = match group {
            Group::Upstream(Upstream::Pool(_)) => Scope::Organisation,
            Group::Upstream(Upstream::Route(_)) => Scope::Integration,
            Group::Client(_) => Scope::Client,
            Group::Endpoint(..) | Group::Token(..) => Scope::Action,
        };
        config.limits[limit.index()] = named(scope, rule, &whose).into();
        match group {
            Group::Upstream(upstream) => {
                for route in self.upstreams.routes(upstream) {
                    config.routes[route.index()].limits.push(limit);
                }
            }
            Group::Client(client) => config.clients[client.index()].limits.push(limit),
            Group::Endpoint(upstream, endpoint) => {
                let routes = self.endpoints.routes_of(endpoint);
                for route in routes.filter(|route| self.upstreams.of(*route) == upstream) {
                    config.routes[route.index()].limits.push(limit);
                }
                let limits = self.endpoints.limits.entry((upstream, endpoint));
                limits.or_default().push(limit);
            }
            Group::Token(..) => {}
        }
        self.configure(config);
        if let Group::Endpoint(upstream, endpoint) = group {
            self.split_waiting(upstream, endpoint);
        }
        self.fill(limit, recent);
        Some(limit)
    }

    /// Gives the endpoint its own routes in place of those on which calls for it wait.
    fn split_waiting(&mut self, upstream: Upstream, endpoint: EndpointId) {
        let waiting = self.executions.values().filter(|execution| {
            let submission = &execution.submission;
            submission.endpoint == endpoint && self.upstreams.of(submission.route) == upstream
        });
        let routes: std::collections::BTreeSet<RouteId> = waiting
            .map(|execution| execution.submission.route)
            .collect();
        for route in routes {
            self.split(route, endpoint);
        }
    }

    /// Fills the ledger of the shared limit with what calls of late hold of it.
    fn fill(&mut self, limit: LimitId, recent: &[RecentCall]) {
        let rule = self.config.limits[limit.index()].rule;
        let mut ledger = Ledger::new(rule);
        match rule {
            Rule::Window { .. } => {
                for call in recent {
                    ledger.hold(call.cost, call.until);
                }
            }
            Rule::Concurrency { .. } => {}
        }
        let is_open = |attempt: &&Attempt| match rule {
            Rule::Window { counted_within, .. } => {
                counted_within.is_none() && attempt.head.is_none()
            }
            Rule::Concurrency { .. } => true,
        };
        for attempt in self.attempts.values().filter(is_open) {
            let mut limits = self.resources.limits_of(&attempt.passage);
            if limits.any(|other| other == limit) {
                ledger.take(attempt.sent, attempt.passage.cost);
            }
        }
        self.resources.ledgers[limit.index()] = ledger;
        self.resources.unblock();
    }

    fn hold_of_tokens(
        &mut self,
        pool: PoolId,
        client: Option<ClientId>,
        rule: Rule,
        recent: &[RecentCall],
    ) -> Option<TableEntry> {
        let Rule::Window { .. } = rule else {
            return None;
        };
        let config = Config::clone(&self.config);
        let first = config.pools[pool.index()].clients.first()?;
        let limits = &config.clients[first.index()].token_limits;
        // A place that a limit has left; its name is empty then.
        let left = limits.iter().position(|limit| limit.name.is_empty());
        let learned = limits.iter().filter(|limit| is_learned(limit)).count();
        if left.is_none() && learned >= MOST_OF_TOKENS {
            return None;
        }
        let place = left.unwrap_or(limits.len());
        self.put_token_limit(config, (pool, client), place, rule, recent);
        Some(TableEntry::Tokens(pool, place))
    }

    fn put_token_limit(
        &mut self,
        mut config: Config,
        (pool, of): (PoolId, Option<ClientId>),
        place: usize,
        rule: Rule,
        recent: &[RecentCall],
    ) {
        let whose = self.whose(Group::Token(pool, of));
        for client in config.pools[pool.index()].clients.clone() {
            let mut limit = named(Scope::Token, rule, &whose);
            if of.is_some_and(|of| of != client) {
                limit.rule.set_allowed(UNBOUND);
            }
            let limits = &mut config.clients[client.index()].token_limits;
            match limits.get_mut(place) {
                Some(there) => *there = limit.into(),
                None => limits.push(limit.into()),
            }
        }
        self.resources
            .pools
            .put_limit(pool, place, &config, |token| {
                let calls = recent.iter().filter(|call| call.token == Some(token));
                let ends =
                    calls.flat_map(|call| std::iter::repeat_n(call.until, call.cost as usize));
                ends.collect()
            });
        self.configure(config);
    }

    /// Name of whose calls count together.
    pub(super) fn whose(&self, group: Group) -> String {
        let client = |client: ClientId| &self.config.clients[client.index()].name;
        match group {
            Group::Upstream(Upstream::Pool(pool)) => self.config.pools[pool.index()].name.clone(),
            Group::Upstream(Upstream::Route(route)) => {
                self.config.routes[route.index()].name.clone()
            }
            Group::Client(id) => client(id).clone(),
            Group::Endpoint(_, endpoint) => self.endpoints.name(endpoint),
            Group::Token(_, Some(id)) => format!("each token of {}", client(id)),
            Group::Token(pool, None) => {
                format!("each token of {}", self.config.pools[pool.index()].name)
            }
        }
    }

    /// Limits are others than those by which starts were foretold.
    pub(super) fn forget_foretold(&mut self) {
        self.reservations.forget();
        self.resources.unblock();
    }
}

#[cfg(test)]
mod tests;
