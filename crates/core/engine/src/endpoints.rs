//! Endpoints that have routes or limits of their own.

use crate::upstream::Upstream;
use std::collections::BTreeMap;
use tollgate_model::{EndpointId, LimitId, RouteId};

/// Names of endpoints that are kept; more are called by their number.
const MOST_NAMES: usize = 8_192;

/// Endpoints that have routes or limits of their own.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    pub(crate) names: BTreeMap<EndpointId, String>,
    /// The route of an endpoint's own, by the route that its calls were submitted on.
    pub(crate) routes: BTreeMap<(RouteId, EndpointId), RouteId>,
    /// Limits that were learned of one endpoint.
    pub(crate) limits: BTreeMap<(Upstream, EndpointId), Vec<LimitId>>,
}

impl Endpoints {
    pub(crate) fn name_it(&mut self, endpoint: EndpointId, name: String) {
        if self.names.len() < MOST_NAMES || self.names.contains_key(&endpoint) {
            self.names.insert(endpoint, name);
        }
    }

    pub(crate) fn name(&self, endpoint: EndpointId) -> String {
        let name = self.names.get(&endpoint).cloned();
        name.unwrap_or_else(|| format!("endpoint {}", endpoint.0))
    }

    /// The endpoint of this name.
    pub(crate) fn named(&self, name: &str) -> Option<EndpointId> {
        let mut names = self.names.iter();
        names.find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    /// The endpoint that the route is only for, and the route that it was split from.
    pub(crate) fn of_route(&self, own: RouteId) -> Option<(RouteId, EndpointId)> {
        let mut routes = self.routes.iter();
        routes.find(|(_, route)| **route == own).map(|(of, _)| *of)
    }

    /// The route of the endpoint's own, of those split from this one.
    pub(crate) fn own_route(&self, route: RouteId, endpoint: EndpointId) -> Option<RouteId> {
        self.routes.get(&(route, endpoint)).copied()
    }

    /// Routes that were split from this one.
    pub(crate) fn split_from(&self, route: RouteId) -> impl Iterator<Item = RouteId> {
        let routes = self.routes.iter();
        routes
            .filter(move |((from, _), _)| *from == route)
            .map(|(_, own)| *own)
    }

    /// Routes that are only for this endpoint.
    pub(crate) fn routes_of(&self, endpoint: EndpointId) -> impl Iterator<Item = RouteId> {
        let routes = self.routes.iter();
        routes
            .filter(move |((_, other), _)| *other == endpoint)
            .map(|(_, own)| *own)
    }
}
