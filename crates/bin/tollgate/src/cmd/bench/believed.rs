//! What tollgate believes of an upstream, and the engine's configuration with that.

use std::time::Duration;
use tollgate_engine::{Client, Config, Flow, Pool, Route};
use tollgate_model::{Limit, RouteId, Rule, Scope};
use tollgate_platform::Window;

/// The one route.
pub(super) const ROUTE: RouteId = RouteId(0);

/// What tollgate is configured with.
#[derive(Clone, Debug, Default)]
pub(super) struct Believed {
    /// Tokens held of each client, at the most; with none, calls need no token.
    pub(super) tokens: Vec<u32>,
    /// Each token's window.
    pub(super) token: Option<Window>,
    /// The organisation's or, without tokens, the integration's window.
    pub(super) shared: Option<Window>,
    /// Calls at once.
    pub(super) at_once: Option<u32>,
    /// How long a call is on its way before it counts, at the most, if that is declared.
    pub(super) counted_within: Option<Duration>,
}

impl Believed {
    /// The engine's configuration for these flows.
    pub(super) fn config(&self, flows: impl Iterator<Item = Flow>) -> Config {
        let window = |name: &str, scope, window: Window| Limit {
            name: name.into(),
            scope,
            rule: Rule::Window {
                allowed: window.allowed,
                period: window.period,
                counted_within: self.counted_within,
            },
        };
        let needs_token = !self.tokens.is_empty();
        let scope = if needs_token {
            Scope::Organisation
        } else {
            Scope::Integration
        };
        let shared = self.shared.map(|it| window("shared", scope, it));
        let at_once = self.at_once.map(|allowed| Limit {
            name: "at once".into(),
            scope: Scope::Integration,
            rule: Rule::Concurrency { allowed },
        });
        let client = |(number, max_tokens): (usize, &u32)| {
            let of_token = self.token.map(|it| window("token", Scope::Token, it));
            Client {
                name: format!("client-{number}"),
                limits: Vec::new(),
                token_limits: of_token.into_iter().map(Into::into).collect(),
                max_tokens: *max_tokens,
                shared_as: None,
            }
        };
        let mut config = Config {
            limits: shared.into_iter().chain(at_once).collect(),
            clients: self.tokens.iter().enumerate().map(client).collect(),
            flows: flows.collect(),
            ..Config::default()
        };
        let pool = needs_token.then(|| {
            config.pools.add(Pool {
                name: "pool".into(),
                clients: config.clients.ids().collect(),
            })
        });
        config.routes.add(Route {
            name: "upstream".into(),
            limits: config.limits.ids().collect(),
            pool,
            ..Route::default()
        });
        config
    }
}
