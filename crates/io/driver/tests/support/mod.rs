//! Tables, set-ups and calls that tests and benchmarks of the driver share.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test takes a part")]

use std::time::Duration;
use tollgate_driver::{Bounds, Call, ClientCredentials, Request, Setup};
use tollgate_engine::{Client, Config, Flow, Pool, Route};
use tollgate_model::{FlowId, Limit, LimitId, RouteId, Rule, Scope};

/// Calls in a period.
pub(crate) fn window(name: &str, scope: Scope, allowed: u32, period: Duration) -> Limit {
    let rule = Rule::Window {
        allowed,
        period,
        counted_within: None,
    };
    limit(name, scope, rule)
}

/// Calls of all callers at once.
pub(crate) fn at_once(allowed: u32) -> Limit {
    limit(
        "at once",
        Scope::Organisation,
        Rule::Concurrency { allowed },
    )
}

fn limit(name: &str, scope: Scope, rule: Rule) -> Limit {
    Limit {
        name: name.into(),
        scope,
        rule,
    }
}

/// One route that passes this limit, if any, and takes no token; one flow.
pub(crate) fn tables(limit: Option<Limit>) -> Config {
    Config {
        routes: vec![Route {
            name: "upstream".into(),
            limits: limit.iter().map(|_| LimitId(0)).collect(),
            ..Route::default()
        }]
        .into(),
        limits: limit.into_iter().collect::<Vec<_>>().into(),
        flows: vec![Flow {
            name: "voice".into(),
            ..Flow::default()
        }]
        .into(),
        ..Config::default()
    }
}

/// The same, with so many tokens of one client that the route takes; each has this limit, if any.
pub(crate) fn with_tokens(mut tables: Config, max_tokens: u32, of_token: Option<Limit>) -> Config {
    let client = tables.clients.add(Client {
        name: "one".into(),
        token_limits: of_token.into_iter().map(Into::into).collect(),
        max_tokens,
        ..Client::default()
    });
    tables.routes[0].pool = Some(tables.pools.add(Pool {
        name: "pool".into(),
        clients: vec![client],
    }));
    tables
}

/// What the client of [`with_tokens`] gets its tokens with.
pub(crate) fn credentials(token_url: &str) -> ClientCredentials {
    ClientCredentials {
        token_url: token_url.parse().unwrap(),
        client_id: "one".into(),
        client_secret: String::from("emulated").into(),
    }
}

pub(crate) fn setup(engine: Config, clients: Vec<ClientCredentials>, bounds: Bounds) -> Setup {
    Setup {
        engine,
        clients,
        seed: 1,
        bounds,
        extra_roots_pem: vec![],
        proxy: None,
    }
}

/// A call of the one route, without headers and body.
pub(crate) fn call(method: http::Method, url: &str, deadline: Duration, timeout: Duration) -> Call {
    Call {
        route: RouteId(0),
        flow: FlowId(0),
        deadline,
        timeout,
        path_template: None,
        idempotent: method != http::Method::POST,
        request: Request::new(
            method,
            url.parse().unwrap(),
            http::HeaderMap::new(),
            bytes::Bytes::new(),
        ),
    }
}

/// The emulated platform's configuration: it grants tokens to the client of [`credentials`].
pub(crate) fn platform() -> tollgate_platform::Config {
    tollgate_platform::Config {
        clients: vec![tollgate_platform::Client {
            id: "one".into(),
            secret: "emulated".into(),
        }],
        ..tollgate_platform::Config::default()
    }
}
