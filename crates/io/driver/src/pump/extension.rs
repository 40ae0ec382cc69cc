//! What may be added to the tables of a running engine, and changed in them.

use super::Pump;
use crate::ClientCredentials;
use std::sync::Arc;
use tollgate_engine::{Client, Config, ConfigError, Event, LimitSpec, NoSuchEntry, Pool, Route};
use tollgate_model::{ClientId, LimitId, PoolId, RouteId};

/// The ends of the running engine's tables, and of the clients' credentials. Each entry that is added gets its
/// id; none can be changed.
pub struct Extension<'a> {
    tables: tollgate_engine::Extension<'a>,
    credentials: &'a mut Vec<ClientCredentials>,
}

impl<'a> Extension<'a> {
    pub(crate) fn new(
        tables: tollgate_engine::Extension<'a>,
        credentials: &'a mut Vec<ClientCredentials>,
    ) -> Self {
        Self {
            tables,
            credentials,
        }
    }

    /// How many entries the tables have; see [`tollgate_engine::Extension::lengths`].
    #[must_use]
    pub fn lengths(&self) -> [usize; 5] {
        self.tables.lengths()
    }

    /// Adds a shared limit.
    pub fn add_limit(&mut self, limit: impl Into<LimitSpec>) -> LimitId {
        self.tables.add_limit(limit)
    }

    /// Adds an OAuth client.
    pub fn add_client(&mut self, client: Client, credentials: ClientCredentials) -> ClientId {
        self.credentials.push(credentials);
        self.tables.add_client(client)
    }

    /// Adds a token pool.
    pub fn add_pool(&mut self, pool: Pool) -> PoolId {
        self.tables.add_pool(pool)
    }

    /// Adds a route.
    pub fn add_route(&mut self, route: Route) -> RouteId {
        self.tables.add_route(route)
    }

    /// Appends what these tables, with these credentials of their clients, have more at their ends, and takes over what
    /// their flows and the clients of their pools are; see [`tollgate_engine::Extension::grow_to`].
    pub fn grow_to(&mut self, tables: &Config, credentials: &[ClientCredentials]) {
        let known = self.tables.clients();
        self.credentials
            .extend(credentials.iter().skip(known).cloned());
        self.tables.grow_to(tables);
    }
}

impl Pump {
    /// The engine's tables as they are, and the credentials of their clients.
    pub(crate) fn tables(&self) -> (Config, Vec<ClientCredentials>) {
        let credentials = self.clients.iter().map(|it| ClientCredentials::clone(it));
        (self.engine.config().clone(), credentials.collect())
    }

    /// Lets `add` append to the tables. Gives what that gives, and how many routes and flows there are now.
    pub(crate) fn extend<T>(
        &mut self,
        add: impl FnOnce(Extension<'_>) -> T,
    ) -> Result<(T, [usize; 2]), ConfigError> {
        let mut credentials = Vec::new();
        let add =
            |tables: tollgate_engine::Extension<'_>| add(Extension::new(tables, &mut credentials));
        let added = self.engine.extend(add, self.clock.now())?;
        self.clients.extend(credentials.into_iter().map(Arc::new));
        self.checkpoint();
        let config = self.engine.config();
        Ok((added, [config.routes.len(), config.flows.len()]))
    }

    pub(crate) fn set_credentials(
        &mut self,
        client: ClientId,
        credentials: ClientCredentials,
    ) -> Result<(), NoSuchEntry> {
        let known = self.clients.get_mut(client.index()).ok_or(NoSuchEntry)?;
        let are_others = !credentials.are_those_of(known);
        *known = Arc::new(credentials);
        if are_others {
            self.tell(Event::RenewCredentials(client));
        }
        Ok(())
    }
}
