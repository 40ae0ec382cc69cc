//! What may be added to the tables of a running engine.

use crate::ClientCredentials;
use tollgate_engine::{Client, LimitSpec, Pool, Route};
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
}
