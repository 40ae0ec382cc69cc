//! A scenario as the engine's tables and as the provider's settings.

use super::Scenario;
use std::time::Duration;
use tollgate_engine::{Config, Flow, Guarantee, Policy, Pool, Route};
use tollgate_model::{ClientId, Limit, LimitId, PoolId, RouteId, Rule, Scope};
use tollgate_platform::{Config as Platform, Counted};

/// Platform actions: with a token of the pool.
pub(crate) const WITH_TOKEN: RouteId = RouteId(0);
/// Web services.
pub(crate) const WITHOUT_TOKEN: RouteId = RouteId(1);

impl Scenario {
    /// The engine's tables: route 0 takes a token, route 1 does not.
    #[must_use]
    pub fn engine(&self) -> Config {
        let mut limits = Vec::new();
        let mut add = |name: &str, scope, rule: Option<Rule>| {
            limits.push(Limit {
                name: name.to_owned(),
                scope,
                rule: rule?,
            });
            Some(LimitId(limits.len() as u32 - 1))
        };
        let organisation = add(
            "org.app.user.rate.per.minute",
            Scope::Organisation,
            self.rule(self.limits.organisation),
        );
        let executions = add(
            "requests.volume.max",
            Scope::Organisation,
            self.rule(self.limits.executions),
        );
        let at_once = |allowed| Rule::Concurrency { allowed };
        let concurrency = add(
            "actions.concurrent.executions.max",
            Scope::Organisation,
            self.limits.concurrency.map(at_once),
        );
        let clients = self.clients.iter().map(|client| {
            let own = add(
                "client.rate.per.minute",
                Scope::Client,
                self.rule(self.limits.client),
            );
            let token = self.rule(self.limits.token).map(|rule| Limit {
                name: "client.credentials.token.rate.per.minute".to_owned(),
                scope: Scope::Token,
                rule,
            });
            tollgate_engine::Client {
                name: client.name.clone(),
                limits: own.into_iter().collect(),
                token_limits: token.into_iter().collect(),
                max_tokens: client.tokens,
            }
        });
        let clients: Vec<_> = clients.collect();
        let pool = Pool {
            name: "pool".to_owned(),
            clients: (0..clients.len()).map(|at| ClientId(at as u32)).collect(),
        };
        let leave = organisation.into_iter().chain(executions);
        let leave = leave.filter_map(|limit| Some((limit, self.limits.leave?)));
        let leave = leave.collect();
        let shared = [executions, concurrency];
        let flows = self.flows.iter().map(|flow| Flow {
            name: flow.name.clone(),
            priority: flow.priority,
            weight: flow.weight,
            guarantee: organisation
                .zip(flow.guaranteed)
                .map(|(limit, slots)| Guarantee { limit, slots }),
            max_queued: flow.max_queued,
            ..Flow::default()
        });
        let flows = flows.collect();
        Config {
            clients,
            pools: vec![pool],
            routes: vec![
                Route {
                    name: "platform".to_owned(),
                    limits: organisation
                        .into_iter()
                        .chain(shared.into_iter().flatten())
                        .collect(),
                    pool: Some(PoolId(0)),
                    ..Route::default()
                },
                Route {
                    name: "web".to_owned(),
                    limits: shared.into_iter().flatten().collect(),
                    pool: None,
                    ..Route::default()
                },
            ],
            flows,
            leave,
            policy: Policy {
                grace: self.limits.way_in.to + Duration::from_millis(100),
                ..self.policy.clone()
            },
            limits,
            ..Config::default()
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
