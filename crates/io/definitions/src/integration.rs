//! One integration of the catalogue, and what its calls need.

use crate::{Login, LookupError};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_action::{Credentials, IntegrationType};
use tollgate_config::{Access, IntegrationRoutes};
use tollgate_driver::{Redactor, Secret, Url};
use tollgate_guard::Guard;
use tollgate_store::Credential;

/// An integration.
#[derive(Debug)]
pub struct CatalogIntegration {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type; of one that isn't served, `wiring` says why.
    pub kind: IntegrationType,
    /// As stored; none if it is the file's.
    pub stored: Option<tollgate_store::Integration>,
    /// What may be read of the stored credentials in its places.
    pub credentials: BTreeMap<String, Credential>,
    /// What its calls need, or why there can't be any.
    pub wiring: Result<Wiring, String>,
}

/// What the calls of an integration need.
pub struct Wiring {
    /// The engine's routes for its calls.
    pub routes: IntegrationRoutes,
    /// Host and path that the actions' paths are appended to.
    pub base_url: Option<Url>,
    /// What its templates may read.
    pub credentials: Credentials,
    /// `Authorization` of calls that have none of their own.
    pub basic: Option<Secret>,
    /// Strikes what no answer may show.
    pub redactor: Redactor,
    /// Where its calls may go, and with which certificates.
    pub access: Access,
    /// Checks its calls; none where the operator wrote the address himself.
    pub guard: Option<Guard>,
    /// Its own login, where it has one.
    pub login: Option<Arc<Login>>,
}

impl CatalogIntegration {
    /// What its calls need.
    ///
    /// # Errors
    /// There can't be any.
    pub fn wiring(&self) -> Result<&Wiring, LookupError> {
        self.wiring.as_ref().map_err(|why| LookupError::Inactive {
            integration: self.name.clone(),
            why: why.clone(),
        })
    }
}

impl std::fmt::Debug for Wiring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wiring")
            .field("route", &self.routes.route)
            .finish_non_exhaustive()
    }
}
