//! Further tables for a running driver, and another way out for a route.

use crate::driver::Driver;
use crate::http::Http;
use crate::pump::message::{Message, Work};
use crate::pump::{Extension, Pump};
use crate::{Bounds, Outlet, SetupError};
use std::sync::atomic::Ordering;
use tollgate_engine::ConfigError;
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
