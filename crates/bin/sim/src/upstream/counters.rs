//! Further limits of the service that a scenario is about: those of some integrations and those of an action.
//!
//! Who owns them isn't known to a configuration, so each is a counter of its own, before all that is the
//! platform's: a web service's, say. A flow's limits are the service's alone; no upstream knows of flows.

use crate::scenario::Scenario;
use tollgate_model::{Instant, LimitId, RouteId, Rule};
use tollgate_platform::{Limited, Platform, TokenNumber, Verdict, Window};

/// All of them.
#[derive(Debug)]
pub(super) struct Counters(Vec<Counter>);

/// One limit.
#[derive(Debug)]
struct Counter {
    /// The routes whose calls it counts.
    routes: Vec<RouteId>,
    platform: Platform,
    caller: Option<TokenNumber>,
}

impl Counters {
    /// Where the scenario lists what the upstream really has, that is all.
    pub(super) fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut real = scenario.upstream.iter().flat_map(|it| &it.laws);
        let service = scenario.service.iter().filter(|_| real.next().is_none());
        let further = service.flat_map(|service| {
            let limits = service.further_limits();
            limits.map(|(id, limit)| (id, limit.rule, &service.engine.routes))
        });
        let counters = further.map(|(id, rule, routes)| {
            let passed = routes.with_ids();
            let passed = passed.filter(|(_, route)| route.limits.contains(&id));
            let routes = passed.map(|(route, _)| route).collect();
            Counter::new(scenario, (id, rule), routes, seed)
        });
        let counted = counters.filter(|counter| !counter.routes.is_empty());
        Self(counted.collect())
    }

    /// Counts a call on this route, or says what turns it away.
    pub(super) fn enter(&mut self, route: Option<RouteId>, now: Instant) -> Result<(), Limited> {
        for at in 0..self.0.len() {
            let counter = &mut self.0[at];
            if !counter.counts(route) {
                continue;
            }
            if let Verdict::Limited(limited) = counter.platform.arrive(counter.caller, now) {
                leave(&mut self.0[..at], route);
                return Err(limited);
            }
        }
        Ok(())
    }

    /// A call on this route is over, or turned away by another limit.
    pub(super) fn leave(&mut self, route: Option<RouteId>) {
        leave(&mut self.0, route);
    }
}

fn leave(counters: &mut [Counter], route: Option<RouteId>) {
    for counter in counters.iter_mut().filter(|it| it.counts(route)) {
        counter.platform.leave();
    }
}

impl Counter {
    fn new(
        scenario: &Scenario,
        (id, rule): (LimitId, Rule),
        routes: Vec<RouteId>,
        seed: u64,
    ) -> Self {
        let (window, at_once) = match rule {
            Rule::Window {
                allowed, period, ..
            } => (Some(Window { allowed, period }), None),
            Rule::Concurrency { allowed } => (None, Some(allowed)),
        };
        let config = scenario.counter(window, at_once);
        // The API and the action service have the seeds before.
        let mut platform = Platform::new(config, seed ^ (2 + u64::from(id.0)));
        let grant = platform.grant("executions", "", Instant::ZERO);
        Self {
            routes,
            platform,
            caller: grant.map(|grant| grant.number),
        }
    }

    fn counts(&self, route: Option<RouteId>) -> bool {
        route.is_some_and(|route| self.routes.contains(&route))
    }
}
