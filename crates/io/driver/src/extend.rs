//! Further tables for a running driver, and another way out for a route.

use crate::driver::Driver;
use crate::http::Http;
use crate::pump::message::{Message, Work};
use crate::pump::{Extension, Pump};
use crate::{Bounds, ClientCredentials, Outlet, SetupError};
use std::sync::atomic::Ordering;
use tollgate_engine::{Config, ConfigError};
use tollgate_model::{ClientId, RouteId};

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
        let (added, [routes, flows]) = added.ok_or(ExtendError::Stopped)??;
        self.shared().routes.fetch_max(routes, Ordering::Release);
        self.shared().flows.fetch_max(flows, Ordering::Release);
        Ok(added)
    }

    /// The engine's tables as they are, and the credentials of their clients; none once the engine stopped.
    pub async fn tables(&self) -> Option<(Config, Vec<ClientCredentials>)> {
        self.ask(|pump| pump.tables()).await
    }

    /// Grows the engine's tables to what was made of [`Self::tables`]; see [`Extension::grow_to`]. False if they have
    /// grown otherwise meanwhile: nothing has changed then.
    ///
    /// # Errors
    /// [`ExtendError`].
    pub async fn grow_to(
        &self,
        of: &Config,
        grown: Config,
        credentials: Vec<ClientCredentials>,
    ) -> Result<bool, ExtendError> {
        let known = [
            of.limits.len(),
            of.clients.len(),
            of.pools.len(),
            of.routes.len(),
            of.flows.len(),
        ];
        self.extend(move |mut tables| {
            let are_same = tables.lengths() == known;
            if are_same {
                tables.grow_to(&grown, &credentials);
            }
            are_same
        })
        .await
    }

    /// Whether calls could leave by an outlet.
    ///
    /// # Errors
    /// Certificates or a key that can't be used.
    pub fn check_outlet(bounds: &Bounds, outlet: &Outlet) -> Result<(), SetupError> {
        Http::new(bounds, outlet).map(drop)
    }

    /// Sends this route's next calls as all others, if they had an outlet of their own.
    pub fn forget_outlet(&self, route: RouteId) {
        let forget = move |pump: &mut Pump| {
            pump.outlets.remove(&route);
        };
        // An error means that the engine is gone, and its routes with it.
        let _ = self.tell(Message::Ask(Work(Box::new(forget))));
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
