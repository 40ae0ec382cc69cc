//! A scenario as the engine's tables.

use super::Scenario;
use crate::action::Action;
use std::sync::Arc;
use std::time::Duration;
use tollgate_engine::{
    Client, Config, Flow, Guarantee, Leave, LimitSpec, Mode, Policy, Pool, Route,
};
use tollgate_model::{Limit, LimitId, RouteId, Rule, Scope};

/// A scenario as the engine's tables, and the routes that calls take.
pub struct Tables {
    /// The engine's tables, with the scenario's flows in its order.
    pub config: Config,
    /// The route of each action, in the scenario's order.
    pub routes: Vec<RouteId>,
}

impl Scenario {
    /// The engine's tables: those of the service that the scenario is about, with the scenario's flows and
    /// numbers, or those of a service with the scenario's limits alone.
    #[must_use]
    pub fn tables(&self) -> Tables {
        let mut config = match &self.service {
            Some(service) => service.engine.clone().enforced(),
            None => bare(),
        };
        config.policy = Policy {
            grace: self.limits.way_in.to + Duration::from_millis(100),
            ..self.policy.clone()
        };
        let organisation = self.set_shared(&mut config);
        match &self.service {
            Some(_) => self.set_clients(&mut config),
            None => self.add_clients(&mut config),
        }
        let flows = self.flows.iter().map(|flow| {
            let share = self
                .shared_out_to(flow)
                .or(organisation)
                .zip(flow.guaranteed);
            Flow {
                name: flow.name.clone(),
                priority: flow.priority,
                weight: flow.weight,
                guarantee: share.map(|(limit, slots)| Guarantee { limit, slots }),
                max_queued: flow.max_queued,
                limits: self.limits_of(flow).to_vec(),
                mode: Mode::Enforce,
            }
        });
        config.flows = flows.collect();
        let routes = self.actions.iter().map(|action| {
            let is_alike = |route: &Route| route.pool.is_some() == action.token;
            let mut alike = config.routes.with_ids().filter(|(_, it)| is_alike(it));
            let found = action.route.or(alike.next().map(|(id, _)| id));
            found.expect("actions of a service have a route, and other scenarios one of each kind")
        });
        Tables {
            routes: routes.collect(),
            config,
        }
    }

    /// Sets the numbers of the limits that many routes pass; gives the organisation's window.
    fn set_shared(&self, config: &mut Config) -> Option<LimitId> {
        let (limits, known) = (&self.limits, self.service.as_ref().map(|it| it.varied));
        let known = known.unwrap_or_default();
        let at_once = |allowed| Rule::Concurrency { allowed };
        let mut set =
            |id: Option<LimitId>, name: &str, rule: Option<Rule>, leave, with_token: bool| {
                let passing = |route: &&mut Route| !with_token || route.pool.is_some();
                match (id, rule) {
                    (Some(id), Some(rule)) => {
                        config.limits[id.index()].rule.set_allowed(rule.allowed());
                    }
                    (Some(id), None) => {
                        let routes = config.routes.iter_mut();
                        routes.for_each(|route| route.limits.retain(|it| *it != id));
                    }
                    (None, Some(rule)) => {
                        let (name, scope) = (name.to_owned(), Scope::Organisation);
                        let limit = Limit { name, scope, rule };
                        let id = config.limits.add(LimitSpec {
                            leave,
                            ..limit.into()
                        });
                        let routes = config.routes.iter_mut().filter(passing);
                        routes.for_each(|route| route.limits.push(id));
                        return Some(id);
                    }
                    (None, None) => {}
                }
                id
            };
        let organisation = set(
            known.organisation,
            "org.app.user.rate.per.minute",
            self.rule(limits.organisation),
            limits.leave,
            true,
        );
        set(
            known.executions,
            "requests.volume.max",
            self.rule(limits.executions),
            limits.leave,
            false,
        );
        set(
            known.concurrency,
            "actions.concurrent.executions.max",
            limits.concurrency.map(at_once),
            None,
            false,
        );
        organisation
    }

    /// The scenario's clients, whose tokens are all in one pool.
    fn add_clients(&self, config: &mut Config) {
        for client in &self.clients {
            let of = |name: &str, scope, rule| Limit {
                name: name.to_owned(),
                scope,
                rule,
            };
            let own = self.rule(self.limits.client).map(|rule| {
                let limit = of("client.rate.per.minute", Scope::Client, rule);
                config.limits.add(limit)
            });
            let token = self.rule(self.limits.token).map(|rule| {
                of(
                    "client.credentials.token.rate.per.minute",
                    Scope::Token,
                    rule,
                )
            });
            let id = config.clients.add(Client {
                name: client.name.clone(),
                limits: own.into_iter().collect(),
                token_limits: token.into_iter().map(Into::into).collect(),
                max_tokens: client.tokens,
                shared_as: None,
            });
            let pools = config.pools.iter_mut();
            pools.for_each(|pool| pool.clients.push(id));
        }
    }

    /// The service's clients, with the scenario's numbers. One that the scenario doesn't have gets no token.
    fn set_clients(&self, config: &mut Config) {
        let (limits, period) = (&self.limits, Some(self.limits.period));
        let set = |limit: &mut LimitSpec, allowed: Option<u32>| {
            if let Some(allowed) = allowed.filter(|_| limit.rule.period() == period) {
                limit.rule.set_allowed(allowed);
            }
        };
        for client in &mut config.clients {
            let known = self.clients.iter().find(|it| it.name == client.name);
            client.max_tokens = known.map_or(0, |it| it.tokens);
            for limit in &mut client.token_limits {
                set(limit, limits.token);
            }
            for id in &client.limits {
                set(&mut config.limits[id.index()], limits.client);
            }
        }
    }

    /// The service's route of an action, where the scenario is about a service.
    pub(crate) fn route_of(&self, action: &Action) -> Option<&Route> {
        let service = self.service.as_ref()?;
        service.engine.routes.get(action.route?.index())
    }

    /// The service's limits of a flow.
    pub(crate) fn limits_of(&self, flow: &super::Flow) -> &[LimitId] {
        let service = self.service.as_ref().zip(flow.of_service);
        let flow = service.map(|(service, id)| &service.engine.flows[id.index()]);
        flow.map_or(&[], |flow| &flow.limits)
    }

    /// The service's limit of which the flow has a guaranteed share.
    fn shared_out_to(&self, flow: &super::Flow) -> Option<LimitId> {
        let flow = &self.service.as_ref()?.engine.flows[flow.of_service?.index()];
        Some(flow.guarantee?.limit)
    }

    /// Calls that are left free of the organisation's window and of the executions by configuration.
    pub(crate) fn left_free(&self) -> [f64; 2] {
        let limits = &self.limits;
        let of_service = self.service.as_ref().map(|service| service.leave());
        let [organisation, executions] = of_service.unwrap_or([limits.leave; 2]);
        let calls = |leave: Option<Leave>, allowed: Option<u32>| {
            let leave = leave.zip(allowed);
            leave.map_or(0.0, |(leave, allowed)| leave.of(allowed).into())
        };
        [
            calls(organisation, limits.organisation),
            calls(executions, limits.executions),
        ]
    }

    /// Leaves out what limits calls at once.
    pub(crate) fn forget_at_once(&mut self) {
        self.limits.concurrency = None;
        if let Some(service) = &mut self.service {
            Arc::make_mut(service).forget_at_once();
        }
    }

    fn rule(&self, allowed: Option<u32>) -> Option<Rule> {
        allowed.map(|allowed| Rule::Window {
            allowed,
            period: self.limits.period,
            counted_within: self.limits.counted_within,
        })
    }
}

/// A service without limits: a route of platform actions, with a token of the pool, and one of web services.
fn bare() -> Config {
    let mut config = Config::default();
    let pool = config.pools.add(Pool {
        name: "pool".to_owned(),
        clients: Vec::new(),
    });
    for (name, pool) in [("platform", Some(pool)), ("web", None)] {
        config.routes.add(Route {
            name: name.to_owned(),
            pool,
            ..Route::default()
        });
    }
    config
}
