//! Routes of single endpoints.
//!
//! What can start is a matter of the route: a lane of the queue is a flow's calls on one route, and a
//! closed or full route blocks the lane as a whole. So an endpoint with a limit of its own, or one that
//! is closed alone, needs a route of its own. It gets a copy of the route that its calls took so far, at
//! the moment it is needed: an upstream without such endpoints costs nothing. Calls that wait move over;
//! attempts under way keep the passage they took.

use super::upstream::Upstream;
use super::{Engine, State};
use crate::{Config, Route};
use std::collections::BTreeMap;
use tollgate_model::{EndpointId, ExecutionId, LimitId, RouteId};

/// Names of endpoints that are kept; more are called by their number.
const MOST_NAMES: usize = 8_192;

/// Endpoints that have routes or limits of their own.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    names: BTreeMap<EndpointId, String>,
    /// The route of an endpoint's own, by the route that its calls were submitted on.
    routes: BTreeMap<(RouteId, EndpointId), RouteId>,
    /// Limits that were learned of one endpoint.
    pub(super) limits: BTreeMap<(Upstream, EndpointId), Vec<LimitId>>,
}

impl Endpoints {
    pub(super) fn name_it(&mut self, endpoint: EndpointId, name: String) {
        if self.names.len() < MOST_NAMES || self.names.contains_key(&endpoint) {
            self.names.insert(endpoint, name);
        }
    }

    pub(super) fn name(&self, endpoint: EndpointId) -> String {
        let name = self.names.get(&endpoint).cloned();
        name.unwrap_or_else(|| format!("endpoint {}", endpoint.0))
    }

    /// The endpoint of this name.
    pub(super) fn named(&self, name: &str) -> Option<EndpointId> {
        let mut names = self.names.iter();
        names.find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    /// The endpoint that the route is only for, and the route that it was split from.
    pub(super) fn of_route(&self, own: RouteId) -> Option<(RouteId, EndpointId)> {
        let mut routes = self.routes.iter();
        routes.find(|(_, route)| **route == own).map(|(of, _)| *of)
    }

    /// The route of the endpoint's own, of those split from this one.
    pub(super) fn own_route(&self, route: RouteId, endpoint: EndpointId) -> Option<RouteId> {
        self.routes.get(&(route, endpoint)).copied()
    }

    /// Routes that were split from this one.
    pub(super) fn split_from(&self, route: RouteId) -> impl Iterator<Item = RouteId> {
        let routes = self.routes.iter();
        routes
            .filter(move |((from, _), _)| *from == route)
            .map(|(_, own)| *own)
    }

    /// Routes that are only for this endpoint.
    pub(super) fn routes_of(&self, endpoint: EndpointId) -> impl Iterator<Item = RouteId> {
        let routes = self.routes.iter();
        routes
            .filter(move |((_, other), _)| *other == endpoint)
            .map(|(_, own)| *own)
    }
}

impl Engine {
    /// The route that a call for the endpoint takes, where it was submitted on this one.
    pub(super) fn route_for(&mut self, route: RouteId, endpoint: EndpointId) -> RouteId {
        if endpoint == EndpointId::UNKNOWN {
            return route;
        }
        if let Some(own) = self.endpoints.routes.get(&(route, endpoint)) {
            return *own;
        }
        if self.endpoints.limits.is_empty() {
            return route;
        }
        let upstream = self.upstreams.of(route);
        if self.endpoints.limits.contains_key(&(upstream, endpoint)) {
            return self.split(route, endpoint).unwrap_or(route);
        }
        route
    }

    /// Gives the endpoint a route of its own in place of this one; the one it has, if it has. None if the
    /// endpoint isn't known, or there are as many such routes as there may be.
    pub(super) fn split(&mut self, route: RouteId, endpoint: EndpointId) -> Option<RouteId> {
        if endpoint == EndpointId::UNKNOWN {
            return None;
        }
        if let Some(own) = self.endpoints.routes.get(&(route, endpoint)) {
            return Some(*own);
        }
        if let Some((_, of)) = self.endpoints.of_route(route) {
            return (of == endpoint).then_some(route);
        }
        let own = self.own.take_route()?;
        let upstream = self.upstreams.of(route);
        let mut config = Config::clone(&self.config);
        let mut copy = Route {
            name: self.endpoints.name(endpoint),
            ..config.routes[route.index()].clone()
        };
        let limits = self.endpoints.limits.get(&(upstream, endpoint));
        copy.limits.extend(limits.into_iter().flatten());
        config.routes[own.index()] = copy;
        self.upstreams.set(own, upstream);
        self.endpoints.routes.insert((route, endpoint), own);
        self.configure(config);
        self.move_waiting(route, endpoint, own);
        Some(own)
    }

    /// Moves the calls for the endpoint that wait on the one route to the other.
    fn move_waiting(&mut self, from: RouteId, endpoint: EndpointId, to: RouteId) {
        let moves = self.executions.iter_mut().filter(|(_, execution)| {
            let submission = &execution.submission;
            submission.route == from && submission.endpoint == endpoint
        });
        let mut waiting: Vec<ExecutionId> = Vec::new();
        for (id, execution) in moves {
            let (flow, key) = (execution.submission.flow, execution.queue_key());
            match execution.state {
                State::Queued => {
                    self.queue.remove(flow, from, key);
                    waiting.push(*id);
                }
                State::Pausing => {
                    self.queue.end_pause(flow, from, key);
                    self.queue.pause(flow, to, key);
                }
                State::Running(_) => {}
            }
            execution.submission.route = to;
        }
        for id in waiting {
            self.enqueue(id);
        }
    }
}
