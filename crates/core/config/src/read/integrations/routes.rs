//! Routes of their own: of actions and of endpoints with limits, and the shared limits that routes pass.

use super::Tables;
use crate::EndpointRoutes;
use crate::read::limits::{self, CountedRoutes};
use crate::read::{resolve, unique_name};
use tollgate_engine::LimitSpec;
use tollgate_model::{LimitId, RouteId, Scope};
use tollgate_settings::Section;
use tollgate_upstream::Endpoint;

/// An action with limits of its own, or a cost of its own.
pub(super) struct ActionRoute {
    integration: usize,
    action: String,
    limits: Vec<LimitSpec>,
    cost: u32,
}

/// Gives each of them a route of its own, which passes all that its integration's does.
pub(super) fn route_actions(tables: &mut Tables, actions: Vec<ActionRoute>) {
    for own in actions {
        let mut route = tables.engine.routes[own.integration].clone();
        let owner = format!("integration {} action {}", route.name, own.action);
        let limits = tables.add_limits(&owner, own.limits);
        route.name = format!("{}/{}", route.name, own.action);
        route.limits.extend(limits);
        route.cost = own.cost;
        let route = tables.engine.routes.add(route);
        let integration = &mut tables.integrations[own.integration];
        integration.routes.by_action.insert(own.action, route);
    }
}

/// Requests with limits by their method and path.
pub(super) struct EndpointLimits {
    integration: usize,
    endpoint: Endpoint,
    limits: Vec<LimitSpec>,
}

/// What has routes of its own beside its integration's.
#[derive(Default)]
pub(super) struct OwnRoutes {
    pub(super) actions: Vec<ActionRoute>,
    pub(super) endpoints: Vec<EndpointLimits>,
}

/// Gives each endpoint a route of its own, and one for each action that has one: they pass all that the
/// integration's and the action's do.
pub(super) fn route_endpoints(tables: &mut Tables, endpoints: Vec<EndpointLimits>) {
    for own in endpoints {
        let of = &tables.integrations[own.integration].name;
        let owner = format!("integration {of} endpoint {}", own.endpoint);
        let limits = tables.add_limits(&owner, own.limits);
        let routes = &tables.integrations[own.integration].routes;
        let (of_all, by_action) = (routes.route, routes.by_action.clone());
        let mut add = |passed: RouteId| {
            let mut route = tables.engine.routes[passed.index()].clone();
            route.name = format!("{} {}", route.name, own.endpoint);
            route.limits.extend(&limits);
            tables.engine.routes.add(route)
        };
        let route = add(of_all);
        let by_action = by_action.into_iter().map(|(name, it)| (name, add(it)));
        let by_action = by_action.collect();
        let routes = &mut tables.integrations[own.integration].routes;
        routes.endpoints.push(EndpointRoutes {
            endpoint: own.endpoint,
            route,
            by_action,
        });
    }
}

/// `[[integration.endpoint]]`.
pub(super) fn read_endpoints(integration: &Section<'_, '_>, index: usize) -> Vec<EndpointLimits> {
    let mut endpoints: Vec<EndpointLimits> = Vec::new();
    for section in integration.sections("endpoint") {
        let limits = limits::read_own(&section, "limit", &[Scope::Host]);
        if let Some(text) = section.needed("request", "\"PUT /api/v2/architect/ivrs/{id}\"")
            && let Some(endpoint) = section.read::<Endpoint>(&text)
        {
            let mut others = endpoints.iter().map(|it| &it.endpoint);
            if let Some(other) = others.find(|other| other.overlaps(&endpoint)) {
                let message = format!(
                    "a request may be of {endpoint} and of {other}; which of them counts it must be clear"
                );
                section.reject(&text, message);
            }
            if limits.is_empty() {
                section.missing(
                    "limit",
                    "[[integration.endpoint.limit]]: without one it does nothing",
                );
            }
            endpoints.push(EndpointLimits {
                integration: index,
                endpoint,
                limits,
            });
        }
        section.finish();
    }
    endpoints
}

/// `[[integration.action]]`.
pub(super) fn read_action_routes(integration: &Section<'_, '_>, index: usize) -> Vec<ActionRoute> {
    let mut names = Vec::new();
    let mut action_routes = Vec::new();
    for section in integration.sections("action") {
        action_routes.push(ActionRoute {
            integration: index,
            action: unique_name(&section, "name", &mut names),
            limits: limits::read_own(&section, "limit", &[Scope::Action, Scope::Host]),
            cost: section.count("cost", 1).unwrap_or(1),
        });
        section.finish();
    }
    action_routes
}

/// Puts a shared limit on the routes whose calls it counts.
pub(super) fn pass(
    root: &Section<'_, '_>,
    tables: &mut Tables,
    limit: LimitId,
    counts: &CountedRoutes,
    names: &[String],
) {
    let routes = &mut tables.engine.routes;
    match counts {
        CountedRoutes::All => {
            tables.shared.all.push(limit);
            routes.iter_mut().for_each(|route| route.limits.push(limit));
        }
        CountedRoutes::WithToken => {
            tables.shared.with_token.push(limit);
            routes
                .iter_mut()
                .filter(|route| route.pool.is_some())
                .for_each(|route| route.limits.push(limit));
        }
        CountedRoutes::Named(wanted) => {
            for name in wanted {
                let found = resolve(root, name, "integration", names);
                if let Some(route) = found.and_then(|index| routes.get_mut(index as usize)) {
                    route.limits.push(limit);
                }
            }
        }
    }
}
