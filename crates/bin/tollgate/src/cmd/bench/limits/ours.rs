//! The engine as the service configures it for a case, and what it is told.

use super::case::{Case, Party};
use std::time::Duration;
use tollgate_engine::{Client, Config, Engine, Event, Flow, Pool, Route, Submission};
use tollgate_model::{
    ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, RouteId, Rule,
    Scope,
};
use tollgate_platform::Window;

/// How long an answer may take, at the least.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a case's answers may take: never less than the slowest does.
pub(super) fn timeout(case: &Case) -> Duration {
    let slowest = case.hosts.iter().map(|host| host.latency.to).max();
    TIMEOUT.max(slowest.unwrap_or_default() * 2)
}

/// The engine for a case, and each party's endpoint.
pub(super) fn engine(case: &Case, seed: u64, now: Instant) -> (Engine, Vec<EndpointId>) {
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
    let limits: Vec<Limit> = shared.into_iter().chain(at_once).collect();
    let clients = believed.tokens.iter().enumerate();
    let clients: Vec<Client> = clients
        .map(|(number, tokens)| Client {
            name: format!("client-{number}"),
            limits: Vec::new(),
            token_limits: believed
                .token
                .map(|it| window("token", Scope::Token, it))
                .into_iter()
                .collect(),
            max_tokens: *tokens,
        })
        .collect();
    let pools = needs_token.then(|| Pool {
        name: "pool".into(),
        clients: (0..clients.len() as u32).map(ClientId).collect(),
    });
    let flows = case.parties.iter().map(|party| Flow {
        name: party.name.into(),
        priority: party.class,
        ..Flow::default()
    });
    let config = Config {
        routes: vec![Route {
            name: "upstream".into(),
            limits: (0..limits.len() as u32).map(LimitId).collect(),
            pool: pools.as_ref().map(|_| PoolId(0)),
            ..Route::default()
        }],
        pools: pools.into_iter().collect(),
        flows: flows.collect(),
        limits,
        clients,
        ..Config::default()
    };
    (Engine::new(config, seed, now), endpoints(&case.parties))
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

pub(super) fn submit(
    call: usize,
    (case, party): (&Case, usize),
    endpoint: EndpointId,
    deadline: Instant,
) -> Event {
    Event::Submit(Submission {
        execution: ExecutionId(call as u64),
        flow: FlowId(party as u32),
        route: RouteId(0),
        endpoint,
        deadline,
        timeout: timeout(case),
        idempotent: true,
    })
}
