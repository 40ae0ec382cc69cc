//! The engine as the service drives it: tokens fetched as needed, headers read.

use super::Scale;
use super::load::{Arrival, Load};
use super::world::{Act, Peer};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, Pool, Route, Submission, Verdict,
};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, RouteId, Rule, Scope, TokenId,
};

/// The jitter on the way in, declared as the bound that it is.
const COUNTED_WITHIN: Duration = Duration::from_millis(15);
const TIMEOUT: Duration = Duration::from_secs(60);
const TOKEN_LIFE: Duration = Duration::from_secs(86_400);

pub(super) struct Ours {
    engine: Engine,
    route: RouteId,
    /// By caller.
    flows: Vec<FlowId>,
    arrivals: Vec<Arrival>,
}

impl Ours {
    pub(super) fn new(scale: Scale, load: &Load) -> Self {
        let limit = |name: &str, scope, allowed| Limit {
            name: name.into(),
            scope,
            rule: Rule::Window {
                allowed,
                period: scale.period,
                counted_within: Some(COUNTED_WITHIN),
            },
        };
        let of_token = scale.allowed / scale.tokens;
        let mut config = Config::default();
        let organisation = limit("organisation", Scope::Organisation, scale.allowed);
        let organisation = config.limits.add(organisation);
        let client = config.clients.add(Client {
            name: "one".into(),
            limits: vec![],
            token_limits: vec![limit("token", Scope::Token, of_token).into()],
            max_tokens: scale.tokens,
        });
        let pool = config.pools.add(Pool {
            name: "pool".into(),
            clients: vec![client],
        });
        let route = config.routes.add(Route {
            name: "platform".into(),
            limits: vec![organisation],
            pool: Some(pool),
            ..Route::default()
        });
        let flows = load.callers.iter().map(|caller| {
            config.flows.add(Flow {
                name: caller.name.into(),
                priority: caller.priority,
                weight: caller.weight,
                max_queued: 100_000,
                ..Flow::default()
            })
        });
        Self {
            route,
            flows: flows.collect(),
            engine: Engine::new(config, 1, Instant::ZERO),
            arrivals: load.arrivals.clone(),
        }
    }
}

impl Peer for Ours {
    fn tokens(&self) -> u32 {
        0
    }

    fn arrive(&mut self, call: usize, now: Instant) {
        let arrival = self.arrivals[call];
        let submission = Submission {
            execution: ExecutionId(call as u64),
            flow: self.flows[arrival.flow],
            route: self.route,
            endpoint: EndpointId::UNKNOWN,
            deadline: arrival.deadline,
            timeout: TIMEOUT,
            idempotent: true,
        };
        self.engine.handle_event(Event::Submit(submission), now);
    }

    fn answered(&mut self, _: usize, attempt: u64, status: u16, facts: Facts, now: Instant) {
        let attempt = AttemptId(attempt);
        let head = Event::Head {
            attempt,
            status,
            facts,
        };
        self.engine.handle_event(head, now);
        self.engine.handle_event(Event::Done(attempt), now);
    }

    fn granted(&mut self, token: u32, now: Instant) {
        let event = Event::TokenGranted {
            token: TokenId(token),
            expires_in: TOKEN_LIFE,
        };
        self.engine.handle_event(event, now);
    }

    fn wake(&mut self, now: Instant) {
        self.engine.handle_timeout(now);
    }

    fn next_wake(&self) -> Option<Instant> {
        self.engine.poll_timeout()
    }

    fn poll(&mut self) -> Option<Act> {
        loop {
            match self.engine.poll_command()? {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    ..
                } => {
                    return Some(Act::Send {
                        call: execution.index(),
                        attempt: attempt.0,
                        token: token.map_or(0, |token| token.0),
                    });
                }
                Command::FetchToken(_, token) => return Some(Act::Fetch(token.0)),
                Command::Finish(execution, Verdict::Refused(_)) => {
                    return Some(Act::Drop(execution.index()));
                }
                Command::Finish(..) | Command::Abort(_) | Command::DropToken(_) => {}
            }
        }
    }
}
