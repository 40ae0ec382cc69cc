//! Tables that grow while the engine runs.
//!
//! What an engine was told once stays: ids keep their places, nothing is removed, and no ledger is
//! touched. New entries are appended; they may refer to old ones and to each other, so a route that
//! takes another's place goes on with its limits, its pool and all that they hold. A route that is no
//! longer wanted just gets no submissions; its client is retired ([`crate::Event::RetireClient`]).
//!
//! Two things are changed in place, since calls that wait are to have the change too: what a flow is (class, weight,
//! guarantee, bound), and which clients are in a pool ([`Extension::grow_to`]).

use super::machine::Engine;
use crate::execution::FlowCount;
use crate::{Client, Config, ConfigError, Event, Flow, LimitSpec, Mode, Pool, Route};
use std::sync::Arc;
use tollgate_model::{ClientId, Id, Instant, LimitId, PoolId, RouteId, Table};

/// The ends of a running engine's tables. Entries can be added, each of which gets its id; of those that are there,
/// flows and the clients of pools can be changed.
#[derive(Debug)]
pub struct Extension<'a>(&'a mut Config);

impl Extension<'_> {
    /// How many clients there are so far.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.0.clients.len()
    }

    /// How many entries the tables have: limits, clients, pools, routes and flows.
    #[must_use]
    pub fn lengths(&self) -> [usize; 5] {
        lengths(self.0)
    }

    /// Adds a shared limit.
    pub fn add_limit(&mut self, limit: impl Into<LimitSpec>) -> LimitId {
        self.0.limits.add(limit)
    }

    /// Adds an OAuth client.
    pub fn add_client(&mut self, client: Client) -> ClientId {
        self.0.clients.add(client)
    }

    /// Adds a token pool.
    pub fn add_pool(&mut self, pool: Pool) -> PoolId {
        self.0.pools.add(pool)
    }

    /// Adds a route.
    pub fn add_route(&mut self, route: Route) -> RouteId {
        self.0.routes.add(route)
    }

    /// Appends what these tables have more at their ends, and takes over what their flows and the clients of their pools
    /// are. A client that a pool gets has what was learned of the tokens of the pool's others.
    pub fn grow_to(&mut self, wanted: &Config) {
        let known = &mut *self.0;
        append(&mut known.limits, &wanted.limits);
        append(&mut known.clients, &wanted.clients);
        append(&mut known.pools, &wanted.pools);
        append(&mut known.routes, &wanted.routes);
        append(&mut known.flows, &wanted.flows);
        for (pool, wanted) in known.pools.iter_mut().zip(&wanted.pools) {
            pool.clients.clone_from(&wanted.clients);
        }
        for (flow, wanted) in known.flows.iter_mut().zip(&wanted.flows) {
            // Which limits a call passes stays for as long as the call does.
            let limits = std::mem::take(&mut flow.limits);
            *flow = Flow {
                limits,
                ..wanted.clone()
            };
        }
        for pool in &known.pools {
            let limits_of =
                |client: &ClientId| Some(&known.clients.get(client.index())?.token_limits);
            let Some(most) = pool
                .clients
                .iter()
                .filter_map(limits_of)
                .max_by_key(|it| it.len())
            else {
                continue;
            };
            let most = most.clone();
            for client in &pool.clients {
                if let Some(client) = known.clients.get_mut(client.index()) {
                    let further = most.iter().skip(client.token_limits.len());
                    client.token_limits.extend(further.cloned());
                }
            }
        }
    }
}

/// How many entries tables have: limits, clients, pools, routes and flows.
fn lengths(tables: &Config) -> [usize; 5] {
    [
        tables.limits.len(),
        tables.clients.len(),
        tables.pools.len(),
        tables.routes.len(),
        tables.flows.len(),
    ]
}

/// Appends to a table what another has beyond its end.
fn append<I: Id, T: Clone>(known: &mut Table<I, T>, wanted: &Table<I, T>) {
    for entry in wanted.iter().skip(known.len()) {
        known.add(entry.clone());
    }
}

/// The engine's tables have no entry that an event names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoSuchEntry;

impl std::fmt::Display for NoSuchEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the engine knows no such limit or client")
    }
}

impl std::error::Error for NoSuchEntry {}

impl Engine {
    /// The tables with what was lowered meanwhile raised to what the old routes take: an operator may
    /// close a limit, and that makes no table wrong.
    fn as_told(&self, config: &Config) -> Config {
        let dearest = self.config.routes.iter().map(|route| route.cost).max();
        let (limits, clients) = (self.config.limits.len(), self.config.clients.len());
        let mut told = config.clone();
        for (limit, rule) in &self.configured.limits {
            told.limits[limit.index()].rule = *rule;
        }
        for ((client, place), rule) in &self.configured.tokens {
            told.clients[client.index()].token_limits[*place].rule = *rule;
        }
        let of_clients = told.clients.iter_mut().take(clients);
        let of_tokens = of_clients.flat_map(|client| &mut client.token_limits);
        for limit in told.limits.iter_mut().take(limits).chain(of_tokens) {
            let allowed = limit.rule.allowed().max(dearest.unwrap_or(1));
            limit.rule.set_allowed(allowed);
        }
        // What is left free of old limits was checked when it was told.
        for limit in told.limits.iter_mut().take(limits) {
            limit.leave = None;
        }
        told
    }

    /// Lets `add` append to the tables and gives what that gives, such as the ids of the new entries. A limit
    /// that an earlier process knew has what that used of it; a checkpoint is due afterwards, for records only
    /// tell of limits that the last one has.
    ///
    /// # Errors
    /// What [`Config::check`] says of the whole; nothing has changed then.
    pub fn extend<T>(
        &mut self,
        add: impl FnOnce(Extension<'_>) -> T,
        now: Instant,
    ) -> Result<T, ConfigError> {
        let known = Arc::clone(&self.config);
        let mut config = Config::clone(&known);
        let added = add(Extension(&mut config));
        self.as_told(&config).check()?;
        self.extend_shadow(&config, now);
        let mut counted = self.resources.counted().clone();
        counted.take_out(&mut config);
        self.upstreams.extend(&config);
        self.pass_learned(&mut config, known.routes.len());
        self.config = Arc::new(config);
        self.resources.extend(Arc::clone(&self.config), counted);
        self.extend_flows();
        self.forget_foretold();
        self.tell_learners();
        self.restore_beyond(&known, now);
        // Further routes may be what a pool's next token is for.
        self.settle_down(now);
        Ok(added)
    }

    /// Takes over what flows there are, and what they are.
    fn extend_flows(&mut self) {
        let flows = &self.config.flows;
        self.flows.resize_with(flows.len(), FlowCount::default);
        self.any_flow_in_shadow = flows.iter().any(|it| it.mode == Mode::Shadow);
        if self.queue.follow(&self.config) {
            self.reservations.follow(&self.config);
            // Who waits may start earlier or later than was promised.
            self.recheck_promises();
        }
        self.share_guarantees();
    }

    /// The tables as they are now, with all that was added and changed.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the tables have what an operator's event changes; true of all other events.
    ///
    /// # Errors
    /// There is no such entry, and the event would change nothing.
    pub fn find(&self, event: &Event) -> Result<(), NoSuchEntry> {
        let has_limit = |limit: LimitId| limit.index() < self.config.limits.len();
        let client = |client: ClientId| self.config.clients.get(client.index());
        let found = match *event {
            Event::SetLimit { limit, .. }
            | Event::LiftLimit(limit)
            | Event::SetLeave { limit, .. }
            | Event::SetLease { limit, .. }
            | Event::Inherit { limit }
            | Event::SetGuarantees { limit, .. }
            | Event::Close { limit, .. }
            | Event::RenameLimit { limit, .. } => has_limit(limit),
            Event::SetTokenLimit {
                client: of, place, ..
            } => client(of).is_some_and(|it| place < it.token_limits.len()),
            Event::SetMaxTokens { client: of, .. }
            | Event::SetTokenPart { client: of, .. }
            | Event::RenameClient { client: of, .. }
            | Event::WatchClient(of)
            | Event::RetireClient(of) => client(of).is_some(),
            _ => true,
        };
        if found { Ok(()) } else { Err(NoSuchEntry) }
    }

    pub(super) fn rename_limit(&mut self, limit: LimitId, name: String) {
        if let Some(it) = Arc::make_mut(&mut self.config)
            .limits
            .get_mut(limit.index())
        {
            it.name = name;
        }
    }

    pub(super) fn rename_client(&mut self, client: ClientId, name: String) {
        if let Some(it) = Arc::make_mut(&mut self.config)
            .clients
            .get_mut(client.index())
        {
            it.name = name;
        }
    }
}
