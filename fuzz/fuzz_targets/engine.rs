//! What happens to an engine, two bytes an event: every execution is answered once at the most, nothing is sent for
//! one that is over, and while no number changes no window holds more calls than its limit allows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, FetchFailure, Flow, Guarantee, Lease, LossKind,
    Pool, Route, Submission,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, RouteId, Rule,
    Scope, TokenId,
};

const ALLOWED: u32 = 5;
const PERIOD: Duration = Duration::from_secs(6);

/// An organisation's limit over two clients' tokens, and two flows, the second with a guarantee.
fn config() -> (Config, LimitId, RouteId, [FlowId; 2]) {
    let window = |name: &str, scope, allowed| Limit {
        name: name.to_owned(),
        scope,
        rule: Rule::Window {
            allowed,
            period: PERIOD,
            counted_within: None,
        },
    };
    let mut config = Config::default();
    let organisation = config
        .limits
        .add(window("organisation", Scope::Organisation, ALLOWED));
    let clients = ["a", "b"].map(|name| {
        config.clients.add(Client {
            name: name.to_owned(),
            token_limits: vec![window("token", Scope::Token, 2).into()],
            max_tokens: 2,
            ..Client::default()
        })
    });
    let pool = config.pools.add(Pool {
        name: "pool".to_owned(),
        clients: clients.to_vec(),
    });
    let route = config.routes.add(Route {
        name: "route".to_owned(),
        limits: vec![organisation],
        pool: Some(pool),
        ..Route::default()
    });
    let flows = [0, 1].map(|priority| {
        let guarantee = Guarantee {
            limit: organisation,
            slots: 2,
        };
        config.flows.add(Flow {
            name: format!("flow {priority}"),
            priority,
            guarantee: (priority == 1).then_some(guarantee),
            ..Flow::default()
        })
    });
    (config, organisation, route, flows)
}

#[derive(Default)]
struct World {
    submitted: BTreeSet<ExecutionId>,
    /// Attempts under way, and whether their head has come.
    attempts: BTreeMap<AttemptId, bool>,
    fetches: BTreeSet<TokenId>,
    /// When the attempts were sent that the upstream may have counted.
    sent: BTreeMap<AttemptId, Instant>,
}

impl World {
    fn carry_out(&mut self, engine: &mut Engine, now: Instant) {
        while let Some(command) = engine.poll_command() {
            match command {
                Command::Send {
                    execution, attempt, ..
                } => {
                    assert!(
                        self.submitted.contains(&execution),
                        "sent for one that is over"
                    );
                    self.sent.insert(attempt, now);
                    let since = self.sent.values().filter(|at| now.since(**at) < PERIOD);
                    assert!(since.count() <= ALLOWED as usize, "a window holds too many");
                    self.attempts.insert(attempt, false);
                }
                Command::Abort(attempt) => {
                    self.attempts.remove(&attempt);
                }
                Command::Finish(execution, _) => {
                    assert!(self.submitted.remove(&execution), "answered twice");
                }
                Command::FetchToken(_, token) => {
                    self.fetches.insert(token);
                }
                Command::AskForSlots | Command::DropToken(_) | Command::WouldHave(..) => {}
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let (config, organisation, route, flows) = config();
    assert!(config.check().is_ok());
    let mut now = Instant::from_nanos(1_000_000_000);
    let mut engine = Engine::new(config, 1, now);
    let mut world = World::default();
    let mut number = 0;
    for pair in data.chunks_exact(2) {
        let (kind, value) = (pair[0] % 13, pair[1]);
        let nth = usize::from(value);
        let attempt = world
            .attempts
            .keys()
            .nth(nth % world.attempts.len().max(1))
            .copied();
        let token = world
            .fetches
            .iter()
            .nth(nth % world.fetches.len().max(1))
            .copied();
        let event = match (kind, attempt, token) {
            (0 | 1, ..) => {
                number += 1;
                world.submitted.insert(ExecutionId(number));
                Some(Event::Submit(Submission {
                    execution: ExecutionId(number),
                    flow: flows[nth % 2],
                    route,
                    endpoint: EndpointId(u32::from(value % 4)),
                    deadline: now + Duration::from_millis(u64::from(value) * 100),
                    timeout: Duration::from_millis(u64::from(value) * 50),
                    idempotent: value % 3 == 0,
                }))
            }
            (2, Some(attempt), _) if world.attempts.get(&attempt) == Some(&false) => {
                world.attempts.insert(attempt, true);
                let status = [200, 200, 200, 401, 429, 500, 503, 404][nth % 8];
                if status == 429 {
                    world.sent.remove(&attempt);
                }
                Some(Event::Head {
                    attempt,
                    status,
                    facts: Facts {
                        retry_after: (value % 16 == 12)
                            .then(|| Duration::from_secs(u64::from(value))),
                        ..Facts::default()
                    },
                })
            }
            (3, Some(attempt), _) if world.attempts.get(&attempt) == Some(&true) => {
                world.attempts.remove(&attempt);
                Some(Event::Done(attempt))
            }
            (4, Some(attempt), _) => {
                world.attempts.remove(&attempt);
                let kinds = [
                    LossKind::NeverSent,
                    LossKind::Unprocessed,
                    LossKind::Closed,
                    LossKind::NoAnswer,
                ];
                let kind = kinds[nth % 4];
                if kind == LossKind::NeverSent {
                    world.sent.remove(&attempt);
                }
                Some(Event::Lost(attempt, kind))
            }
            (5, _, Some(token)) => {
                world.fetches.remove(&token);
                let expires_in = Duration::from_secs(u64::from(value) * 10);
                Some(Event::TokenGranted { token, expires_in })
            }
            (6, _, Some(token)) => {
                world.fetches.remove(&token);
                let failures = [
                    FetchFailure::Credentials,
                    FetchFailure::Late,
                    FetchFailure::Other,
                ];
                Some(Event::TokenFailed {
                    token,
                    retry_after: None,
                    failure: failures[nth % 3],
                })
            }
            (7, ..) => {
                let execution = world
                    .submitted
                    .iter()
                    .nth(nth % world.submitted.len().max(1))
                    .copied();
                execution
                    .inspect(|execution| {
                        world.submitted.remove(execution);
                    })
                    .map(Event::Cancel)
            }
            // Of two tokens each; none is a part, too.
            (8, ..) => Some(Event::SetTokenPart {
                client: ClientId(u32::from(value % 2)),
                tokens: u32::from(value / 2 % 4),
            }),
            (9, ..) => Some(Event::SetLease {
                limit: organisation,
                lease: (value > 0).then(|| Lease {
                    slots: u32::from(value) % (ALLOWED + 1),
                    until: now + Duration::from_millis(u64::from(value) * 100),
                    is_renewed: value % 2 == 0,
                }),
                held: Vec::new(),
            }),
            (10, ..) => Some(Event::SetGuarantees {
                limit: organisation,
                slots: [("flow 1".to_owned(), u32::from(value))].into(),
            }),
            _ => None,
        };
        match event {
            Some(event) => engine.handle_event(event, now),
            None => {
                now = now + Duration::from_millis(u64::from(value) * 20);
                engine.handle_timeout(now);
            }
        }
        world.carry_out(&mut engine, now);
    }
});
