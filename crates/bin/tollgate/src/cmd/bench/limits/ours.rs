//! The engine as the service configures it for a case, and what it is told.

use super::case::{Case, Party};
use std::time::Duration;
use tollgate_engine::{Client, Config, Engine, Event, Flow, Pool, Route, Submission};
use tollgate_model::{EndpointId, ExecutionId, FlowId, Instant, Limit, RouteId, Rule, Scope};
use tollgate_platform::Window;

/// How long an answer may take, at the least.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a case's answers may take: never less than the slowest does.
pub(super) fn timeout(case: &Case) -> Duration {
    let slowest = case.hosts.iter().map(|host| host.latency.to).max();
    TIMEOUT.max(slowest.unwrap_or_default() * 2)
}

/// How the engine is told of a party's calls.
#[derive(Clone, Copy)]
pub(super) struct Names {
    flow: FlowId,
    route: RouteId,
    endpoint: EndpointId,
}

/// The engine for a case, and how it is told of each party's calls.
pub(super) fn engine(case: &Case, seed: u64, now: Instant) -> (Engine, Vec<Names>) {
    let believed = &case.believed;
    let window = |name: &str, scope, window: Window| Limit {
        name: name.into(),
        scope,
        rule: Rule::Window {
            allowed: window.allowed,
            period: window.period,
            counted_within: None,
        },
    };
    let needs_token = !believed.tokens.is_empty();
    let scope = if needs_token {
        Scope::Organisation
    } else {
        Scope::Integration
    };
    let shared = believed.shared.map(|it| window("shared", scope, it));
    let at_once = believed.at_once.map(|allowed| Limit {
        name: "at once".into(),
        scope: Scope::Integration,
        rule: Rule::Concurrency { allowed },
    });
    let mut config = Config {
        limits: shared.into_iter().chain(at_once).collect(),
        ..Config::default()
    };
    for (number, tokens) in believed.tokens.iter().enumerate() {
        let of_token = believed.token.map(|it| window("token", Scope::Token, it));
        config.clients.add(Client {
            name: format!("client-{number}"),
            limits: Vec::new(),
            token_limits: of_token.into_iter().map(Into::into).collect(),
            max_tokens: *tokens,
        });
    }
    let pool = needs_token.then(|| {
        config.pools.add(Pool {
            name: "pool".into(),
            clients: config.clients.ids().collect(),
        })
    });
    let route = config.routes.add(Route {
        name: "upstream".into(),
        limits: config.limits.ids().collect(),
        pool,
        ..Route::default()
    });
    let names = case.parties.iter().zip(endpoints(&case.parties));
    let names = names.map(|(party, endpoint)| Names {
        flow: config.flows.add(Flow {
            name: party.name.into(),
            priority: party.class,
            ..Flow::default()
        }),
        route,
        endpoint,
    });
    let names = names.collect();
    (Engine::new(config, seed, now), names)
}

/// Parties that ask the same host for the same path have one endpoint.
fn endpoints(parties: &[Party]) -> Vec<EndpointId> {
    let mut known: Vec<(usize, &str)> = Vec::new();
    parties
        .iter()
        .map(|party| {
            let asked = (party.host, party.path.as_str());
            let place = known.iter().position(|it| *it == asked);
            let place = place.unwrap_or_else(|| {
                known.push(asked);
                known.len() - 1
            });
            EndpointId(place as u32 + 1)
        })
        .collect()
}

pub(super) fn submit(call: usize, case: &Case, names: Names, deadline: Instant) -> Event {
    Event::Submit(Submission {
        execution: ExecutionId(call as u64),
        flow: names.flow,
        route: names.route,
        endpoint: names.endpoint,
        deadline,
        timeout: timeout(case),
        idempotent: true,
    })
}
