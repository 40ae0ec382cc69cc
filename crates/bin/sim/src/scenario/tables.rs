//! A scenario as the engine's tables and as the provider's settings.

use super::Scenario;
use std::time::Duration;
use tollgate_engine::{Client, Config, Flow, Guarantee, LimitSpec, Policy, Pool, Route};
use tollgate_model::{Limit, RouteId, Rule, Scope};
use tollgate_platform::{Config as Platform, Counted};

/// A scenario as the engine's tables, and the routes that calls take.
pub struct Tables {
    /// The engine's tables, with the scenario's clients and flows in its order.
    pub config: Config,
    /// Of platform actions: with a token of the pool.
    pub with_token: RouteId,
    /// Of web services.
    pub without_token: RouteId,
}

impl Scenario {
    /// The engine's tables.
    #[must_use]
    pub fn tables(&self) -> Tables {
        let mut config = Config {
            policy: Policy {
                grace: self.limits.way_in.to + Duration::from_millis(100),
                ..self.policy.clone()
            },
            ..Config::default()
        };
        let mut add = |name: &str, scope, rule: Option<Rule>, leave| {
            let limit = Limit {
                name: name.to_owned(),
                scope,
                rule: rule?,
            };
            Some(config.limits.add(LimitSpec {
                leave,
                ..limit.into()
            }))
        };
        let organisation = add(
            "org.app.user.rate.per.minute",
            Scope::Organisation,
            self.rule(self.limits.organisation),
            self.limits.leave,
        );
        let executions = add(
            "requests.volume.max",
            Scope::Organisation,
            self.rule(self.limits.executions),
            self.limits.leave,
        );
        let at_once = |allowed| Rule::Concurrency { allowed };
        let concurrency = add(
            "actions.concurrent.executions.max",
            Scope::Organisation,
            self.limits.concurrency.map(at_once),
            None,
        );
        for client in &self.clients {
            let own = add(
                "client.rate.per.minute",
                Scope::Client,
                self.rule(self.limits.client),
                None,
            );
            let token = self.rule(self.limits.token).map(|rule| Limit {
                name: "client.credentials.token.rate.per.minute".to_owned(),
                scope: Scope::Token,
                rule,
            });
            config.clients.add(Client {
                name: client.name.clone(),
                limits: own.into_iter().collect(),
                token_limits: token.into_iter().map(Into::into).collect(),
                max_tokens: client.tokens,
            });
        }
        let pool = config.pools.add(Pool {
            name: "pool".to_owned(),
            clients: config.clients.ids().collect(),
        });
        for flow in &self.flows {
            let share = organisation.zip(flow.guaranteed);
            config.flows.add(Flow {
                name: flow.name.clone(),
                priority: flow.priority,
                weight: flow.weight,
                guarantee: share.map(|(limit, slots)| Guarantee { limit, slots }),
                max_queued: flow.max_queued,
                ..Flow::default()
            });
        }
        let shared = [executions, concurrency].into_iter().flatten();
        let with_token = config.routes.add(Route {
            name: "platform".to_owned(),
            limits: organisation.into_iter().chain(shared.clone()).collect(),
            pool: Some(pool),
            ..Route::default()
        });
        let without_token = config.routes.add(Route {
            name: "web".to_owned(),
            limits: shared.collect(),
            ..Route::default()
        });
        Tables {
            config,
            with_token,
            without_token,
        }
    }

    /// Whether that service has limits. An upstream whose limits the scenario lists has no others.
    pub(crate) fn has_action_service(&self) -> bool {
        let listed = self.upstream.as_ref().is_some_and(|it| !it.laws.is_empty());
        let limits = &self.limits;
        !listed && limits.executions.or(limits.concurrency).is_some()
    }

    /// Whether a call is on its way for any time before it counts.
    pub(crate) fn has_way_in(&self) -> bool {
        let api = self.platform();
        api.way_in.to > Duration::ZERO || api.counted == Counted::AtAnswer
    }

    fn rule(&self, allowed: Option<u32>) -> Option<Rule> {
        allowed.map(|allowed| Rule::Window {
            allowed,
            period: self.limits.period,
            counted_within: self.limits.counted_within,
        })
    }

    /// The provider's API: tokens, clients and the organisation's window, or what the scenario says that it
    /// really is.
    #[must_use]
    pub fn platform(&self) -> Platform {
        let believed = self.believed();
        let Some(real) = &self.upstream else {
            return believed;
        };
        if !real.laws.is_empty() {
            return Platform {
                clients: believed.clients,
                ..real.clone()
            };
        }
        Platform {
            clients: believed.clients,
            token: believed.token,
            client: believed.client,
            organisation: believed.organisation,
            ..real.clone()
        }
    }

    /// The API as tollgate is told that it is.
    pub(super) fn believed(&self) -> Platform {
        let limits = &self.limits;
        let clients = self.clients.iter().map(|client| tollgate_platform::Client {
            id: client.name.clone(),
            secret: String::new(),
        });
        Platform {
            clients: clients.collect(),
            token: limits.window(limits.token),
            client: limits.window(limits.client),
            organisation: limits.window(limits.organisation),
            concurrency: None,
            alignment: limits.alignment,
            expires_in: limits.token_life,
            way_in: limits.way_in,
            ..Platform::default()
        }
    }

    /// The provider's data-action service in front of it: executions and concurrency. A provider of
    /// the same rules with one caller of its own, so that counting is written once.
    #[must_use]
    pub(crate) fn action_service(&self) -> Platform {
        let limits = &self.limits;
        let (executions, concurrency) = if self.has_action_service() {
            (limits.executions, limits.concurrency)
        } else {
            (None, None)
        };
        Platform {
            clients: vec![tollgate_platform::Client {
                id: "executions".to_owned(),
                secret: String::new(),
            }],
            token: None,
            organisation: limits.window(executions),
            concurrency,
            alignment: limits.alignment,
            expires_in: Duration::from_secs(u64::from(u32::MAX)),
            ..Platform::default()
        }
    }
}
