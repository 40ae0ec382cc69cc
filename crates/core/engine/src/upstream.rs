//! Which routes lead to one upstream.
//!
//! Nobody tells the engine. Routes that take tokens of one pool do, and so do those that share a limit of
//! an integration or of a host. A route that shares neither is alone with its upstream.

use crate::Config;
use std::collections::BTreeMap;
use tollgate_model::{LimitId, PoolId, RouteId, Scope};

/// An upstream, by what makes its routes one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Upstream {
    /// The upstream that takes the pool's tokens.
    Pool(PoolId),
    /// The upstream of this route, the first of the routes that share a limit.
    Route(RouteId),
}

/// The upstream of each route, by `RouteId`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upstreams(Vec<Upstream>);

impl Upstreams {
    pub(crate) fn new(config: &Config) -> Self {
        let mut upstreams = Self::default();
        upstreams.extend(config);
        upstreams
    }

    /// Takes further routes over. The upstream of a route that was there stays.
    pub(crate) fn extend(&mut self, config: &Config) {
        let of_upstream = |limit: &&LimitId| {
            let scope = config.limits[limit.index()].scope;
            matches!(scope, Scope::Integration | Scope::Host)
        };
        let mut of_limit: BTreeMap<LimitId, Upstream> = BTreeMap::new();
        for (route, id) in config.routes.iter().zip(0..) {
            let shared = || route.limits.iter().filter(of_upstream);
            let known = self.0.get(id as usize).copied();
            let upstream = known
                .or(route.pool.map(Upstream::Pool))
                .or_else(|| shared().find_map(|limit| of_limit.get(limit).copied()))
                .unwrap_or(Upstream::Route(RouteId(id)));
            if known.is_none() {
                self.0.push(upstream);
            }
            for limit in shared() {
                of_limit.entry(*limit).or_insert(upstream);
            }
        }
    }

    pub(crate) fn of(&self, route: RouteId) -> Upstream {
        self.0
            .get(route.index())
            .copied()
            .unwrap_or(Upstream::Route(route))
    }

    /// Routes of one upstream.
    pub(crate) fn routes(&self, upstream: Upstream) -> impl Iterator<Item = RouteId> {
        let all = self.0.iter().zip(0..);
        all.filter(move |(other, _)| **other == upstream)
            .map(|(_, id)| RouteId(id))
    }

    /// The place was given to a route of this upstream.
    pub(crate) fn set(&mut self, route: RouteId, upstream: Upstream) {
        if let Some(place) = self.0.get_mut(route.index()) {
            *place = upstream;
        }
    }
}
