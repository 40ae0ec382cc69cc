//! An integration's place in the engine's tables, and its way out.

use super::{Building, Live, Placed};
use crate::catalog::{Plan, Wanted};
use std::sync::Arc;
use tollgate_config::Access;
use tollgate_driver::dns::Resolve;
use tollgate_driver::{ClientCredentials, Extension, Outlet};
use tollgate_engine::{Client, Pool, Route};
use tollgate_guard::Guard;
use tollgate_model::{ClientId, LimitId, RouteId};
use tollgate_store::EntityId;

impl Live {
    /// The way out of calls that are guarded or secured in a way of their own.
    pub(crate) fn outlet(
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
            resolver: guard.map(|guard| Arc::new(guard.clone()) as Arc<dyn Resolve>),
            extra_roots_pem: roots.cloned().collect(),
            identity_pem: access.identity_pem.clone(),
        };
        let set = self
            .driver
            .set_outlet((route, client), &self.common.bounds, &outlet);
        set.map_err(|error| error.to_string())
    }

    /// The integration's route; a new one if its plan isn't what it was.
    pub(super) async fn place(
        &self,
        building: &mut Building,
        id: &EntityId,
        wanted: &Wanted,
    ) -> Result<(RouteId, Option<ClientId>), String> {
        if let Some(placed) = building.places.get_mut(id.as_str())
            && placed.plan == wanted.plan
        {
            if let (Some((client, known)), Some(now)) = (&mut placed.client, &wanted.client)
                && !same(known, now)
            {
                *known = now.clone();
                self.driver.set_credentials(*client, now.clone());
            }
            return Ok((placed.route, placed.client.as_ref().map(|(id, _)| *id)));
        }
        let places = self.driver.places().await.ok_or("the engine stopped")?;
        let plan = &wanted.plan;
        let mut more = Extension::default();
        let mut route = Route {
            name: plan.name.clone(),
            limits: self.common.limits.all.clone(),
            pool: None,
            ..Route::default()
        };
        more.engine.limits = plan.limits();
        let first = places.limit.0;
        let own = more.engine.limits.len();
        let own = u32::try_from(own).unwrap_or(0);
        route.limits.extend((first..first + own).map(LimitId));
        if let (Some((max_tokens, per_minute)), Some(client)) = (plan.tokens, &wanted.client) {
            route.limits.extend(&self.common.limits.with_token);
            route.pool = Some(places.pool);
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
            more.clients.push(client.clone());
        }
        more.engine.routes.push(route);
        self.driver
            .extend(more)
            .await
            .map_err(|error| error.to_string())?;
        let client = wanted.client.clone().map(|it| (places.client, it));
        let id_of_client = client.as_ref().map(|(id, _)| *id);
        let placed = Placed {
            plan: plan.clone(),
            route: places.route,
            client,
        };
        building.places.insert(id.to_string(), placed);
        Ok((places.route, id_of_client))
    }
}

fn same(one: &ClientCredentials, other: &ClientCredentials) -> bool {
    one.token_url == other.token_url
        && one.client_id == other.client_id
        && one.client_secret.expose() == other.client_secret.expose()
}
