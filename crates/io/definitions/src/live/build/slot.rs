//! What a stored integration has in the engine's tables: a route, limits and an OAuth client of its own.
//!
//! Its limits and, as long as it is the same OAuth client, its tokens stay with all that they hold, whatever their
//! numbers and names become. The route is a new one if it passes other limits, or takes another client's tokens.
//! What the limits allow is the registry's to know ([`crate::LimitRegistry`]).

use super::Builder;
use crate::limits::Held;
use crate::operator::Of;
use crate::stored::{IntegrationPlan, IntegrationSpec};
use std::collections::BTreeMap;
use tollgate_config::SharedLimits;
use tollgate_driver::{ChangeError, ClientCredentials, ExtendError, Extension};
use tollgate_engine::{Client, Pool, Route};
use tollgate_model::{ClientId, LimitId, PoolId, RouteId};
use tollgate_store::{EntityId, Integration};

/// The entries of all stored integrations, by their ids.
pub(in crate::live) type EngineSlots = BTreeMap<String, EngineSlot>;

/// The entries of one integration.
pub(in crate::live) struct EngineSlot {
    name: String,
    route: RouteId,
    /// The shared limits that the route was given.
    shared: SharedLimits,
    /// What the limits of its own limit that the route passes.
    passes: Vec<&'static str>,
    limits: OwnLimits,
    client: Option<EngineClient>,
}

/// The limits that an integration has alone, by what they limit; those that its route passes no more included.
type OwnLimits = BTreeMap<&'static str, LimitId>;

/// The OAuth client of one integration.
#[derive(Clone)]
struct EngineClient {
    id: ClientId,
    pool: PoolId,
    credentials: ClientCredentials,
    max_tokens: u32,
}

/// Why an integration has no route.
#[derive(Debug, thiserror::Error)]
pub(super) enum SlotError {
    #[error(transparent)]
    Extend(#[from] ExtendError),
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl Builder {
    /// The integration's route and client, as it wants them.
    pub(super) async fn slot(
        &self,
        slots: &mut EngineSlots,
        id: &EntityId,
        wanted: &IntegrationPlan,
    ) -> Result<(RouteId, Option<ClientId>), SlotError> {
        let mut known = slots.get_mut(id.as_str());
        if let Some(slot) = &mut known {
            self.redefine(slot, wanted).await?;
            if slot.fits(wanted, &self.foundation.limits) {
                return Ok(slot.address());
            }
        }
        let slot = self.extend(known.as_deref(), wanted).await?;
        let address = slot.address();
        let old = slots.insert(id.to_string(), slot);
        if let Some(gone) = old.and_then(|old| old.client)
            && Some(gone.id) != address.1
        {
            self.retire(gone.id).await;
        }
        Ok(address)
    }

    /// Gives the integration a route, and what it hasn't got yet of limits and clients.
    async fn extend(
        &self,
        known: Option<&EngineSlot>,
        wanted: &IntegrationPlan,
    ) -> Result<EngineSlot, SlotError> {
        let limits = known.map(|slot| slot.limits.clone());
        let client = known.and_then(|slot| slot.client.clone());
        let client = client.filter(|client| client.is_that_of(wanted));
        let (spec, credentials) = (wanted.spec.clone(), wanted.client.clone());
        let shared = self.foundation.limits.clone();
        let add = move |tables: Extension<'_>| {
            let known = (limits.unwrap_or_default(), client);
            EngineSlot::add(tables, &spec, credentials, &shared, known)
        };
        let slot = self.driver.extend(add).await?;
        self.define(&slot, &wanted.spec).await?;
        Ok(slot)
    }

    /// Tells the registry what the slot's limits are to be.
    async fn define(&self, slot: &EngineSlot, spec: &IntegrationSpec) -> Result<(), ChangeError> {
        let registry = &self.foundation.registry;
        let mut defined = spec.limits();
        for (what, id) in &slot.limits {
            match defined.remove(what) {
                Some(limit) => {
                    let of = Of::stored(&spec.id, what);
                    registry.define(Held::Shared(*id), of, None, limit).await?;
                }
                None => registry.rename_limit(*id, spec.limit_name(what)).await?,
            }
        }
        if let (Some(client), Some((_, per_minute))) = (&slot.client, spec.tokens) {
            let of_token = IntegrationSpec::token_limit(per_minute);
            let (held, name) = (Held::ByToken(client.id, 0), spec.name.clone());
            let of = Of::stored(&spec.id, IntegrationSpec::TOKEN_LIMIT);
            registry.define(held, of, Some(name), of_token).await?;
        }
        Ok(())
    }

    /// Follows the integration's names and numbers, and its client's secret.
    async fn redefine(
        &self,
        slot: &mut EngineSlot,
        wanted: &IntegrationPlan,
    ) -> Result<(), ChangeError> {
        let spec = &wanted.spec;
        let is_renamed = slot.name != spec.name;
        slot.name.clone_from(&spec.name);
        self.define(slot, spec).await?;
        let (Some(client), Some((max_tokens, _))) = (&mut slot.client, spec.tokens) else {
            return Ok(());
        };
        if client.max_tokens != max_tokens {
            self.driver.set_max_tokens(client.id, max_tokens).await?;
            client.max_tokens = max_tokens;
        }
        if is_renamed {
            let name = spec.name.clone();
            self.driver.rename_client(client.id, name).await?;
        }
        if let Some(now) = wanted.client.as_ref().filter(|_| client.is_that_of(wanted))
            && client.credentials.client_secret.expose() != now.client_secret.expose()
        {
            self.driver.set_credentials(client.id, now.clone()).await?;
            client.credentials = now.clone();
        }
        Ok(())
    }

    /// Fetches no tokens for an integration that can't be called. Those it has keep their use, for it may
    /// be called again.
    pub(super) async fn pause(&self, slots: &mut EngineSlots, id: &EntityId) {
        if let Some(slot) = slots.get_mut(id.as_str())
            && let Some(client) = &mut slot.client
            && std::mem::take(&mut client.max_tokens) > 0
        {
            // An error means that the engine is gone, and fetches nothing.
            let _ = self.driver.set_max_tokens(client.id, 0).await;
        }
    }

    /// Forgets the limits of integrations that are gone, and retires their clients.
    pub(in crate::live) async fn forget(
        &self,
        slots: &mut EngineSlots,
        integrations: &BTreeMap<String, Integration>,
    ) {
        let is_gone = |id: &String, _: &mut EngineSlot| !integrations.contains_key(id);
        for (_, slot) in slots.extract_if(.., is_gone) {
            for id in slot.limits.into_values() {
                self.foundation.registry.forget(Held::Shared(id)).await;
            }
            if let Some(client) = slot.client {
                self.retire(client.id).await;
            }
        }
    }

    async fn retire(&self, client: ClientId) {
        self.foundation
            .registry
            .forget(Held::ByToken(client, 0))
            .await;
        // An error means that the engine is gone, and its clients with it.
        let _ = self.driver.retire_client(client).await;
    }
}

impl EngineSlot {
    /// Adds a route to the tables, and those limits and that client that aren't known.
    fn add(
        mut tables: Extension<'_>,
        spec: &IntegrationSpec,
        credentials: Option<ClientCredentials>,
        shared: &SharedLimits,
        (mut limits, client): (OwnLimits, Option<EngineClient>),
    ) -> Self {
        let mut route = Route {
            name: spec.name.clone(),
            limits: shared.all.clone(),
            ..Route::default()
        };
        let mut passes = Vec::new();
        for (what, limit) in spec.limits() {
            let id = *limits
                .entry(what)
                .or_insert_with(|| tables.add_limit(limit));
            route.limits.push(id);
            passes.push(what);
        }
        let client = spec.tokens.zip(credentials).map(|(tokens, credentials)| {
            route.limits.extend(&shared.with_token);
            client.unwrap_or_else(|| EngineClient::add(&mut tables, spec, tokens, credentials))
        });
        route.pool = client.as_ref().map(|client| client.pool);
        Self {
            name: spec.name.clone(),
            route: tables.add_route(route),
            shared: shared.clone(),
            passes,
            limits,
            client,
        }
    }

    fn address(&self) -> (RouteId, Option<ClientId>) {
        (self.route, self.client.as_ref().map(|client| client.id))
    }

    /// Whether its route passes what the integration wants to pass, with that client, beside these shared limits.
    fn fits(&self, wanted: &IntegrationPlan, shared: &SharedLimits) -> bool {
        if *shared != self.shared {
            return false;
        }
        let client = match &self.client {
            Some(client) => client.is_that_of(wanted),
            None => wanted.client.is_none(),
        };
        client && self.passes.iter().eq(wanted.spec.limits().keys())
    }
}

impl EngineClient {
    fn add(
        tables: &mut Extension<'_>,
        spec: &IntegrationSpec,
        (max_tokens, per_minute): (u32, u32),
        credentials: ClientCredentials,
    ) -> Self {
        let client = Client {
            name: spec.name.clone(),
            limits: Vec::new(),
            token_limits: vec![IntegrationSpec::token_limit(per_minute)],
            max_tokens,
            shared_as: Some(format!("stored:{}", spec.id)),
        };
        let id = tables.add_client(client, credentials.clone());
        let pool = tables.add_pool(Pool {
            name: spec.name.clone(),
            clients: vec![id],
        });
        Self {
            id,
            pool,
            credentials,
            max_tokens,
        }
    }

    /// Whether the integration wants this client of this token endpoint, whatever its secret.
    fn is_that_of(&self, wanted: &IntegrationPlan) -> bool {
        wanted.client.as_ref().is_some_and(|client| {
            client.token_url == self.credentials.token_url
                && client.client_id == self.credentials.client_id
        })
    }
}
