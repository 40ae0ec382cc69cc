//! What a running driver can be told: further tables, other credentials, another way out for a route.

use crate::driver::Driver;
use crate::http::{Http, Resolve};
use crate::message::Message;
use crate::{Bounds, ClientCredentials, Secret, SetupError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;
use tollgate_engine::{ConfigError, Event, Places};
use tollgate_model::{ClientId, LimitId, RouteId};

/// What is appended to the engine's tables.
#[derive(Clone, Debug, Default)]
pub struct Extension {
    /// The entries; ids as [`Driver::places`] says.
    pub engine: tollgate_engine::Extension,
    /// Credentials of its clients, in the same order.
    pub clients: Vec<ClientCredentials>,
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
    /// Clients and credentials differ in number.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The engine's task is gone.
    #[error("the engine stopped")]
    Stopped,
}

impl Driver {
    /// The ids that the next entries of the engine's tables get; `None` once it stopped. They hold until
    /// the next [`Driver::extend`], so whoever extends does so one at a time.
    pub async fn places(&self) -> Option<Places> {
        let (reply, places) = oneshot::channel();
        self.tell(Message::Places(reply)).ok()?;
        places.await.ok()
    }

    /// Appends to the engine's tables. Once it returns, the new routes can be called.
    ///
    /// # Errors
    /// [`ExtendError`].
    pub async fn extend(&self, more: Extension) -> Result<(), ExtendError> {
        let (engine, credentials) = (more.engine.clients.len(), more.clients.len());
        if engine != credentials {
            let error = SetupError::Clients {
                engine,
                credentials,
            };
            return Err(error.into());
        }
        let routes = more.engine.routes.len();
        let (reply, done) = oneshot::channel();
        self.tell(Message::Extend(more, reply))
            .map_err(|()| ExtendError::Stopped)?;
        done.await.map_err(|_| ExtendError::Stopped)??;
        self.shared().routes.fetch_add(routes, Ordering::Release);
        Ok(())
    }

    /// Fetches this client's next tokens with other credentials. Tokens it has are used on.
    pub fn set_credentials(&self, client: ClientId, credentials: ClientCredentials) {
        // An error means that the engine is gone, and its clients with it.
        let _ = self.tell(Message::Credentials(client, credentials));
    }

    /// Lets this client hold another number of tokens; with 0 none is fetched. See
    /// [`Event::SetMaxTokens`].
    pub fn set_max_tokens(&self, client: ClientId, max_tokens: u32) {
        self.change(Event::SetMaxTokens { client, max_tokens });
    }

    /// Calls a shared limit otherwise from now on; what was used of it stays.
    pub fn rename_limit(&self, limit: LimitId, name: String) {
        self.change(Event::RenameLimit { limit, name });
    }

    /// The same for a client.
    pub fn rename_client(&self, client: ClientId, name: String) {
        self.change(Event::RenameClient { client, name });
    }

    /// Drops this client's tokens once nothing waits for them; no route of its pool is to be called any
    /// more.
    pub fn retire_client(&self, client: ClientId) {
        self.change(Event::RetireClient(client));
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
        // As above.
        let _ = self.tell(Message::Outlet(route, client, http));
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
