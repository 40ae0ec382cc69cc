//! Making an integration of what the store says of it.

mod outlet;
pub(super) mod slot;

use super::RefreshError;
use crate::guard;
use crate::stored::{IntegrationPlan, plan};
use crate::{CatalogAction, CatalogIntegration, LimitRegistry, Login, Wiring};
pub use outlet::outlet;
use slot::EngineSlots;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_action::IntegrationType;
use tollgate_config::SharedLimits;
use tollgate_driver::{Bounds, Driver, Proxy};
use tollgate_store::{Credential, EntityId, Integration, Store, StoreError};
use tollgate_workers::Workers;

/// What all integrations share.
pub struct Foundation {
    /// What compiles actions.
    pub workers: Arc<Workers>,
    /// Bounds of the calls upstream.
    pub bounds: Bounds,
    /// Certificate authorities trusted beside the public ones.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// The proxy that calls leave through.
    pub proxy: Option<Proxy>,
    /// Shared limits that stored integrations pass.
    pub limits: SharedLimits,
    /// What every limit allows.
    pub registry: Arc<LimitRegistry>,
}

/// Makes integrations that can be called.
pub(super) struct Builder {
    pub(super) driver: Driver,
    pub(super) foundation: Foundation,
}

impl Builder {
    /// The integration, made anew, of all credentials that are known.
    pub(super) async fn target(
        &self,
        store: &Store,
        slots: &mut EngineSlots,
        integration: &Integration,
        login: Option<Arc<CatalogAction>>,
        known: &BTreeMap<EntityId, Credential>,
    ) -> Result<CatalogIntegration, RefreshError> {
        let (mut revealed, mut credentials) = (BTreeMap::new(), BTreeMap::new());
        let mut unreadable = None;
        for (place, id) in &integration.config.credentials {
            let credential = known.get(id);
            if let Some(credential) = credential {
                credentials.insert(place.clone(), credential.clone());
            }
            match (credential, store.reveal_credential(id).await) {
                (Some(of), Ok(fields)) => {
                    revealed.insert(place.clone(), (of.kind.clone(), fields));
                }
                // One that no key opens is its integration's trouble, not everybody's. One that isn't there
                // was removed after the integration had let go of it, of which the next round is told.
                (_, Err(error @ (StoreError::Unsealable { .. } | StoreError::NotFound { .. }))) => {
                    unreadable = Some(error.to_string());
                }
                (None, Ok(_)) => unreadable = Some(format!("there is no credential {id}")),
                (_, Err(error)) => return Err(error.into()),
            }
        }
        let wanted = match unreadable {
            None => plan(integration, revealed).map_err(|error| error.to_string()),
            Some(why) => Err(why),
        };
        let wiring = match wanted {
            Ok(wanted) => self.wiring(slots, &integration.id, wanted, login).await,
            Err(why) => {
                self.pause(slots, &integration.id).await;
                Err(why)
            }
        };
        Ok(CatalogIntegration {
            id: integration.id.to_string(),
            name: integration.name.clone(),
            kind: IntegrationType::from_name(&integration.type_id),
            stored: Some(integration.clone()),
            credentials,
            wiring,
        })
    }

    async fn wiring(
        &self,
        slots: &mut EngineSlots,
        id: &EntityId,
        wanted: IntegrationPlan,
        auth: Option<Arc<CatalogAction>>,
    ) -> Result<Wiring, String> {
        let login = match (wanted.logs_in, auth) {
            (true, None) => return Err("it has no custom authentication action yet".to_owned()),
            (true, Some(entry)) => {
                let login = Login::new(entry, wanted.credentials.clone());
                Some(Arc::new(login))
            }
            (false, _) => None,
        };
        let written: Vec<_> = wanted.base_url.iter().collect();
        let guard = guard::guard(&wanted.access, &written)?;
        let token_url = wanted.client.iter().map(|client| &client.token_url);
        for url in written.into_iter().chain(token_url) {
            guard::check(&guard, url).map_err(|error| error.to_string())?;
        }
        let slot = self.slot(slots, id, &wanted).await;
        let (route, client) = slot.map_err(|error| error.to_string())?;
        self.set_outlet((route, client), &wanted.access, Some(&guard))?;
        if let Some(client) = client {
            // An error means that the engine is gone, and fetches nothing.
            let _ = self.driver.watch_client(client).await;
        }
        Ok(Wiring {
            routes: route.into(),
            base_url: wanted.base_url,
            credentials: wanted.credentials,
            basic: wanted.basic,
            redactor: wanted.redactor,
            access: wanted.access,
            guard: Some(guard),
            login,
        })
    }
}
