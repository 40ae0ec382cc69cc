//! Small engines, and what they are told.

#![allow(dead_code, reason = "no test uses all of it")]

use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, Pool, Route, Submission,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, RouteId,
    Rule, Scope, TokenId,
};

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn window(scope: Scope, allowed: u32) -> Limit {
    Limit {
        name: scope.as_str().into(),
        scope,
        rule: Rule::Window {
            allowed,
            period: Duration::from_secs(60),
            counted_within: None,
        },
    }
}

/// One route under one limit.
pub(crate) fn plain() -> Engine {
    let config = Config {
        limits: vec![window(Scope::Organisation, 10)].into(),
        routes: vec![Route {
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow::default()].into(),
        ..Config::default()
    };
    Engine::new(config, 1, at(0))
}

/// One route over the tokens of so many clients.
pub(crate) fn pooled(clients: u32, token_allows: u32) -> Engine {
    let client = Client {
        token_limits: vec![window(Scope::Token, token_allows).into()],
        max_tokens: 1,
        ..Client::default()
    };
    let config = Config {
        clients: vec![client; clients as usize].into(),
        pools: vec![Pool {
            clients: (0..clients).map(ClientId).collect(),
            ..Pool::default()
        }]
        .into(),
        routes: vec![Route {
            pool: Some(PoolId(0)),
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow::default()].into(),
        ..Config::default()
    };
    Engine::new(config, 1, at(0))
}

pub(crate) fn commands(engine: &mut Engine) -> Vec<Command> {
    std::iter::from_fn(|| engine.poll_command()).collect()
}

/// An execution that may start for a minute.
pub(crate) fn submit(engine: &mut Engine, timeout: u64) -> Vec<Command> {
    let submission = Submission {
        execution: ExecutionId(0),
        flow: FlowId(0),
        route: RouteId(0),
        endpoint: EndpointId::UNKNOWN,
        deadline: at(60_000),
        timeout: Duration::from_millis(timeout),
        idempotent: true,
    };
    engine.handle_event(Event::Submit(submission), at(0));
    commands(engine)
}

pub(crate) fn answer(engine: &mut Engine, status: u16, retry_after: Option<u64>) -> Vec<Command> {
    answer_next(engine, 0, status, retry_after, 100)
}

/// The answer to a later attempt.
pub(crate) fn answer_next(
    engine: &mut Engine,
    attempt: u64,
    status: u16,
    retry_after: Option<u64>,
    now: u64,
) -> Vec<Command> {
    let attempt = AttemptId(attempt);
    let facts = Facts {
        refused: false,
        retry_after: retry_after.map(Duration::from_secs),
        window: None,
    };
    let head = Event::Head {
        attempt,
        status,
        facts,
    };
    engine.handle_event(head, at(now));
    engine.handle_event(Event::Done(attempt), at(now));
    commands(engine)
}

pub(crate) fn fetched(commands: &[Command]) -> Option<TokenId> {
    commands.iter().find_map(|command| match command {
        Command::FetchToken(_, token) => Some(*token),
        _ => None,
    })
}
