//! An integration's place in the engine's tables, and its way out.

use super::{Building, Live, Placed, PlacedClient};
use crate::limits::Set;
use crate::numbers::Numbers;
use crate::stored::{Plan, Wanted};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_config::Access;
use tollgate_driver::{Addresses, Extension, Outlet, Resolve};
use tollgate_engine::{Client, Leave, Pool, Route};
use tollgate_guard::Guard;
use tollgate_model::{ClientId, Limit, LimitId, RouteId};
use tollgate_store::{EntityId, Integration};

/// Connections are made to the addresses that a guard has allowed, and to no others.
struct Guarded(Guard);

impl Resolve for Guarded {
    fn resolve(&self, name: String) -> Addresses {
        let guard = self.0.clone();
        Box::pin(async move { guard.resolve_checked(name).await })
    }
}

impl Live {
    /// The way out of calls that are guarded or secured in a way of their own.
    pub fn outlet(
        &self,
        (route, client): (RouteId, Option<ClientId>),
        access: &Access,
        guard: Option<&Guard>,
    ) -> Result<(), String> {
        let roots = self
            .common
            .extra_roots_pem
            .iter()
            .chain(&access.extra_roots_pem);
        let outlet = Outlet {
            resolver: guard.map(|guard| Arc::new(Guarded(guard.clone())) as Arc<dyn Resolve>),
            extra_roots_pem: roots.cloned().collect(),
            identity_pem: access.identity_pem.clone(),
        };
        let set = self
            .driver
            .set_outlet((route, client), &self.common.bounds, &outlet);
        set.map_err(|error| error.to_string())
    }

    /// The integration's route. Its limits and, as long as it is the same OAuth client, its tokens stay
    /// with all that they hold, whatever their numbers and names become; the route is a new one if it
    /// passes others.
    pub(super) async fn place(
        &self,
        building: &mut Building,
        id: &EntityId,
        wanted: &Wanted,
    ) -> Result<(RouteId, Option<ClientId>), String> {
        let plan = &wanted.plan;
        let mut known = Placed {
            plan: plan.clone(),
            route: RouteId(0),
            limits: BTreeMap::new(),
            client: None,
        };
        if let Some(placed) = building.places.get_mut(id.as_str()) {
            self.adjust(placed, plan);
            if placed.fits(wanted) {
                self.renew_secret(placed, wanted);
                return Ok((placed.route, placed.client.as_ref().map(|it| it.id)));
            }
            known.limits.clone_from(&placed.limits);
            known.client = placed.client.clone().filter(|it| it.is(wanted));
        }
        let places = self.driver.places().await.ok_or("the engine stopped")?;
        let mut more = Extension::default();
        let mut added = Vec::new();
        let mut route = Route {
            name: plan.name.clone(),
            limits: self.common.limits.all.clone(),
            pool: None,
            ..Route::default()
        };
        for (what, limit) in plan.limits() {
            let id = *known.limits.entry(what).or_insert_with(|| {
                let nth = u32::try_from(more.engine.limits.len()).unwrap_or(0);
                let id = LimitId(places.limit.0 + nth);
                more.engine.limits.push(limit.clone());
                added.push((limit, id));
                id
            });
            route.limits.push(id);
        }
        if let (Some((max_tokens, per_minute)), Some(credentials)) = (plan.tokens, &wanted.client) {
            route.limits.extend(&self.common.limits.with_token);
            let client = known.client.get_or_insert_with(|| {
                more.engine.clients.push(Client {
                    name: plan.name.clone(),
                    limits: Vec::new(),
                    token_limits: vec![Plan::token_limit(per_minute)],
                    max_tokens,
                });
                more.engine.pools.push(Pool {
                    name: plan.name.clone(),
                    clients: vec![places.client],
                });
                more.clients.push(credentials.clone());
                PlacedClient {
                    id: places.client,
                    pool: places.pool,
                    credentials: credentials.clone(),
                }
            });
            route.pool = Some(client.pool);
        }
        more.engine.routes.push(route);
        self.driver
            .extend(more)
            .await
            .map_err(|error| error.to_string())?;
        for (limit, id) in added {
            let allowed = self.allowed(None, &limit);
            if allowed != limit.rule.allowed() {
                self.driver.set_limit(id, allowed);
            }
            if let Some(leave) = self.leave(&limit) {
                self.driver.set_leave(id, leave);
            }
        }
        if let (Some(client), Some((_, per_minute))) = (&known.client, plan.tokens)
            && client.id == places.client
        {
            let limit = Plan::token_limit(per_minute);
            let allowed = self.allowed(Some(&plan.name), &limit);
            self.driver.set_token_limit(client.id, 0, allowed);
        }
        known.route = places.route;
        self.renew_secret(&mut known, wanted);
        let client = known.client.as_ref().map(|it| it.id);
        let old = building.places.insert(id.to_string(), known);
        if let Some(gone) = old.and_then(|it| it.client)
            && Some(gone.id) != client
        {
            self.driver.retire_client(gone.id);
        }
        Ok((places.route, client))
    }

    /// Tells the engine of other numbers and names. A number that didn't change in the plan stays as an
    /// operator may have set it.
    fn adjust(&self, placed: &mut Placed, plan: &Plan) {
        if placed.plan.name != plan.name
            && let Err(error) = self.numbers().rename(&placed.plan.name, &plan.name)
        {
            tracing::warn!(%error, "limits that were set will not be after a restart");
        }
        let before = placed.plan.limits();
        let now = plan.limits();
        for (what, &id) in &placed.limits {
            if let Some(limit) = now.get(what)
                && before.get(what).map(|it| it.rule) != Some(limit.rule)
            {
                self.driver.set_limit(id, self.allowed(None, limit));
                let leave = self.leave(limit).unwrap_or(Leave::Calls(0));
                self.driver.set_leave(id, leave);
            }
            if placed.plan.name != plan.name {
                self.driver.rename_limit(id, plan.limit_name(what));
            }
        }
        if let (Some(client), Some((max_tokens, per_minute))) = (&placed.client, plan.tokens) {
            let known = placed.plan.tokens;
            if known.map(|it| it.0) != Some(max_tokens) {
                self.driver.set_max_tokens(client.id, max_tokens);
            }
            if known.map(|it| it.1) != Some(per_minute) {
                let limit = Plan::token_limit(per_minute);
                let allowed = self.allowed(Some(&plan.name), &limit);
                self.driver.set_token_limit(client.id, 0, allowed);
            }
            if placed.plan.name != plan.name {
                self.driver.rename_client(client.id, plan.name.clone());
            }
        }
        // What its route passes doesn't change here.
        let passed = |was: Option<u32>, is: Option<u32>| was.map(|was| is.unwrap_or(was));
        placed.plan = Plan {
            per_minute: passed(placed.plan.per_minute, plan.per_minute),
            at_once: passed(placed.plan.at_once, plan.at_once),
            ..plan.clone()
        };
    }

    fn renew_secret(&self, placed: &mut Placed, wanted: &Wanted) {
        if let (Some(known), Some(now)) = (&mut placed.client, &wanted.client)
            && known.credentials.client_secret.expose() != now.client_secret.expose()
        {
            known.credentials = now.clone();
            self.driver.set_credentials(known.id, now.clone());
        }
    }

    /// Fetches no tokens for an integration that can't be called. Those it has keep their use, for it may
    /// be called again.
    pub(super) fn pause(&self, building: &mut Building, id: &EntityId) {
        if let Some(placed) = building.places.get_mut(id.as_str())
            && let (Some(client), Some((max_tokens, _))) = (&placed.client, &mut placed.plan.tokens)
            && std::mem::take(max_tokens) > 0
        {
            self.driver.set_max_tokens(client.id, 0);
        }
    }

    /// Retires the clients of integrations that are gone.
    pub(super) fn forget(&self, building: &mut Building, integrations: &[Integration]) {
        let stays = |id: &str| integrations.iter().any(|it| it.id.as_str() == id);
        building.places.retain(|id, placed| {
            let stays = stays(id);
            if let Some(client) = placed.client.as_ref().filter(|_| !stays) {
                self.driver.retire_client(client.id);
            }
            stays
        });
    }

    /// Numbers that an operator has set.
    pub fn numbers(&self) -> &Numbers {
        &self.common.numbers
    }

    /// What a limit allows: its own number, unless an operator has set another.
    fn allowed(&self, client: Option<&str>, limit: &Limit) -> u32 {
        self.numbers().of(client, &limit.name, limit.rule.allowed())
    }

    /// What an operator wants left free of a limit.
    fn leave(&self, limit: &Limit) -> Option<Leave> {
        self.numbers().leave_of(&limit.name, limit.rule.allowed())
    }

    /// Sets the stored integrations' limits of that name; gives what the integrations say of them.
    pub async fn set_limit(&self, name: &str, set: Set) -> Vec<u32> {
        let building = self.building.lock().await;
        let mut told = Vec::new();
        for placed in building.places.values() {
            for (what, limit) in placed.plan.limits() {
                if limit.name == name
                    && let Some(id) = placed.limits.get(what)
                {
                    set.of(&self.driver, *id);
                    told.push(limit.rule.allowed());
                }
            }
        }
        told
    }

    /// The same of the limit of each token of the integration `client`.
    pub async fn set_token_limit(&self, client: &str, name: &str, allowed: u32) -> Vec<u32> {
        let building = self.building.lock().await;
        let named = building
            .places
            .values()
            .filter(|it| it.plan.name == client && name == Plan::TOKEN_LIMIT);
        let tokens = named.filter_map(|it| Some((it.client.as_ref()?.id, it.plan.tokens?.1)));
        tokens
            .inspect(|(id, _)| self.driver.set_token_limit(*id, 0, allowed))
            .map(|(_, told)| told)
            .collect()
    }
}

impl Placed {
    /// Whether its route passes what the integration wants to pass, with that client.
    fn fits(&self, wanted: &Wanted) -> bool {
        let client = match &self.client {
            Some(client) => client.is(wanted),
            None => wanted.client.is_none(),
        };
        client && self.plan.limits().keys().eq(wanted.plan.limits().keys())
    }
}

impl PlacedClient {
    /// Whether it is the same client of the same token endpoint, whatever its secret.
    fn is(&self, wanted: &Wanted) -> bool {
        wanted.client.as_ref().is_some_and(|it| {
            it.token_url == self.credentials.token_url && it.client_id == self.credentials.client_id
        })
    }
}
