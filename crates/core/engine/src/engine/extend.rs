//! Tables that grow while the engine runs.
//!
//! What an engine was told once stays: ids keep their places, nothing is removed, and no ledger is
//! touched. New entries are appended; they may refer to old ones and to each other, so a route that
//! takes another's place goes on with its limits, its pool and all that they hold. A route that is no
//! longer wanted just gets no submissions; its client is retired ([`crate::Event::RetireClient`]).

use super::machine::Engine;
use crate::{Client, Config, ConfigError, Event, LimitSpec, Pool, Route};
use std::sync::Arc;
use tollgate_model::{ClientId, Instant, LimitId, PoolId, RouteId};

/// The ends of a running engine's tables. Entries can be added, each of which gets its id; none can be
/// changed.
#[derive(Debug)]
pub struct Extension<'a>(&'a mut Config);

impl Extension<'_> {
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
        self.forget_foretold();
        self.tell_learners();
        self.restore_beyond(&known, now);
        // Further routes may be what a pool's next token is for.
        self.settle_down(now);
        Ok(added)
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
