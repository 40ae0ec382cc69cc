//! Further tables for a running driver, and another way out for a route.

use crate::driver::Driver;
use crate::http::{Http, Resolve};
use crate::message::{Message, Work};
use crate::pump::Pump;
use crate::{Bounds, ClientCredentials, Secret, SetupError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tollgate_engine::{Client, ConfigError, LimitSpec, Pool, Route};
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

/// How the calls of one route leave, where that differs from the others.
#[derive(Clone, Default)]
pub struct Outlet {
    /// Resolves names; the system does where there is none.
    pub resolver: Option<Arc<dyn Resolve>>,
    /// Certificate authorities trusted beside the public ones, each as PEM text.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Certificate chain and private key of ours, as PEM text.
    pub identity_pem: Option<Secret>,
}

/// Why a driver could not be extended. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// The tables don't fit together.
    #[error(transparent)]
    Tables(#[from] ConfigError),
    /// The engine's task is gone.
    #[error("the engine stopped")]
    Stopped,
}

impl Driver {
    /// Lets `add` append to the engine's tables, and gives what that gives, such as the ids of the new entries.
    /// Once it returns, the new routes can be called. `add` runs in the engine's task, between two calls.
    ///
    /// # Errors
    /// [`ExtendError`].
    pub async fn extend<T: Send + 'static>(
        &self,
        add: impl FnOnce(Extension<'_>) -> T + Send + 'static,
    ) -> Result<T, ExtendError> {
        let added = self.ask(|pump| pump.extend(add)).await;
        let (added, routes) = added.ok_or(ExtendError::Stopped)??;
        self.shared().routes.fetch_max(routes, Ordering::Release);
        Ok(added)
    }

    /// Sends this route's next calls, and its client's next token requests, through an outlet of its own.
    ///
    /// # Errors
    /// Certificates or a key that can't be used.
    pub fn set_outlet(
        &self,
        (route, client): (RouteId, Option<ClientId>),
        bounds: &Bounds,
        outlet: &Outlet,
    ) -> Result<(), SetupError> {
        let http = Http::new(bounds, outlet)?;
        let set = move |pump: &mut Pump| {
            if let Some(client) = client {
                pump.client_outlets.insert(client, http.clone());
            }
            pump.outlets.insert(route, http);
        };
        // An error means that the engine is gone, and its routes with it.
        let _ = self.tell(Message::Ask(Work(Box::new(set))));
        Ok(())
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet")
            .field("resolver", &self.resolver.is_some())
            .field("extra_roots", &self.extra_roots_pem.len())
            .field("identity", &self.identity_pem.is_some())
            .finish()
    }
}
