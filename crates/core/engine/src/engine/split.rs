//! Routes of single endpoints.
//!
//! What can start is a matter of the route: a lane of the queue is a flow's calls on one route, and a
//! closed or full route blocks the lane as a whole. So an endpoint with a limit of its own, or one that
//! is closed alone, needs a route of its own. It gets a copy of the route that its calls took so far, at
//! the moment it is needed: an upstream without such endpoints costs nothing. Calls that wait move over;
//! attempts under way keep the passage they took.

use super::machine::Engine;
use crate::execution::State;
use crate::{Config, Route};
use tollgate_model::{EndpointId, ExecutionId, RouteId};

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
        self.resources.copy_route(route, own);
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
