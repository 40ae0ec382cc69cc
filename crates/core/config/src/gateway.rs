//! What passes requests through, and the engine's routes for requests by method and path.

use crate::ListenerTls;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tollgate_model::RouteId;
use tollgate_upstream::{Endpoint, RequestPath};

/// A door through which requests pass to an integration's upstream as they are.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Name of the integration whose upstream, tokens and limits it has.
    pub integration: String,
    /// Which requests come to it.
    pub entrance: Entrance,
    /// How TLS is spoken at its own listener, where that is not as at the service's.
    pub tls: Option<ListenerTls>,
    /// How long one attempt may take, bodies included.
    pub timeout: Duration,
    /// The latest useful start of requests that name none, from their arrival.
    pub deadline: Duration,
    /// Longest request body taken, in bytes.
    pub max_body_bytes: u64,
    /// Longest request body that is held until its answer has come, in bytes, so that it can be sent again. A
    /// longer one is passed on while it comes, and is sent once.
    pub replay_bytes: usize,
}

impl Gateway {
    /// The address of its own listener, if it has one.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self.entrance {
            Entrance::Listener(address) => Some(address),
            Entrance::Host(_) | Entrance::Prefix(_) | Entrance::UnknownPaths => None,
        }
    }
}

/// Which requests come to a gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entrance {
    /// All of a listener of its own.
    Listener(SocketAddr),
    /// Those at the service's listener whose `Host` is this name, in lower case and without a port.
    Host(String),
    /// Those at the service's listener whose path begins with these segments, which are taken off: a path that
    /// begins with a slash and ends without one.
    Prefix(String),
    /// Those at the service's listener for paths of the platform's API that the service itself doesn't have.
    UnknownPaths,
}

/// The engine's routes for the calls of one integration.
#[derive(Clone, Debug)]
pub struct IntegrationRoutes {
    /// The route of all calls but those of `by_action` and `endpoints`.
    pub route: RouteId,
    /// Routes of actions that have limits or a cost of their own, by name.
    pub by_action: BTreeMap<String, RouteId>,
    /// Routes of requests that have limits by method and path. No request is of two of them.
    pub endpoints: Vec<EndpointRoutes>,
}

/// The engine's routes for the requests of one endpoint.
#[derive(Clone, Debug)]
pub struct EndpointRoutes {
    /// Which requests these are.
    pub endpoint: Endpoint,
    /// The route of all of them but those of `by_action`.
    pub route: RouteId,
    /// Routes of actions that have limits or a cost of their own, by name.
    pub by_action: BTreeMap<String, RouteId>,
}

impl IntegrationRoutes {
    /// The route of a request of this method and path: of the action of this name, or of none.
    #[must_use]
    pub fn of(&self, action: Option<&str>, method: &str, path: RequestPath<'_>) -> RouteId {
        let mut endpoints = self.endpoints.iter();
        let (route, by_action) = match endpoints.find(|it| it.endpoint.counts(method, path)) {
            Some(limited) => (limited.route, &limited.by_action),
            None => (self.route, &self.by_action),
        };
        let own = action.and_then(|name| by_action.get(name));
        own.copied().unwrap_or(route)
    }

    /// The route of an action's requests, as far as they are of none of the endpoints.
    #[must_use]
    pub fn of_action(&self, action: &str) -> RouteId {
        let own = self.by_action.get(action);
        own.copied().unwrap_or(self.route)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = RouteId> {
        let endpoints = self.endpoints.iter();
        let endpoints = endpoints.flat_map(|it| it.by_action.values().chain([&it.route]));
        let own = self.by_action.values().chain([&self.route]);
        own.chain(endpoints).copied()
    }
}

impl From<RouteId> for IntegrationRoutes {
    /// One route for all calls.
    fn from(route: RouteId) -> Self {
        Self {
            route,
            by_action: BTreeMap::new(),
            endpoints: Vec::new(),
        }
    }
}
