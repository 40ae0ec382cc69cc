//! Calls of a flow in shadow where something is in the way: no token, connections that close, limits that are full.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, FetchFailure, Flow, LimitSpec, LossKind, Mode, Pool,
    Route, Submission, Verdict,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, Reason,
    RouteId, Rule, Scope, TokenId,
};

const TIMEOUT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(100);
const LIFE: Duration = Duration::from_secs(86_400);

fn after(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// One call in ten seconds, with a client's tokens; the flow is in shadow, and two of its calls may wait.
fn config() -> Config {
    let limit = Limit {
        name: "one".to_owned(),
        scope: Scope::Organisation,
        rule: Rule::Window {
            allowed: 1,
            period: Duration::from_secs(10),
            counted_within: None,
        },
    };
    Config {
        limits: vec![LimitSpec::from(limit)].into(),
        clients: vec![Client {
            name: "client".to_owned(),
            max_tokens: 1,
            ..Client::default()
        }]
        .into(),
        pools: vec![Pool {
            name: "pool".to_owned(),
            clients: vec![ClientId(0)],
        }]
        .into(),
        routes: vec![Route {
            name: "route".to_owned(),
            limits: vec![LimitId(0)],
            pool: Some(PoolId(0)),
            cost: 1,
        }]
        .into(),
        flows: vec![Flow {
            name: "flow".to_owned(),
            mode: Mode::Shadow,
            max_queued: 2,
            ..Flow::default()
        }]
        .into(),
        ..Config::default()
    }
}

struct Rig {
    engine: Engine,
    submitted: u64,
    /// Tokens that were asked for.
    wanted: Vec<TokenId>,
    sent: Vec<(ExecutionId, AttemptId)>,
    ends: Vec<(ExecutionId, Verdict)>,
    told: usize,
}

impl Rig {
    fn new(config: Config) -> Self {
        config.check().unwrap();
        Self {
            engine: Engine::new(config, 1, Instant::ZERO),
            submitted: 0,
            wanted: Vec::new(),
            sent: Vec::new(),
            ends: Vec::new(),
            told: 0,
        }
    }

    /// One that holds a token.
    fn with_token(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.submit(after(0));
        rig.grant(after(0));
        rig
    }

    fn tell(&mut self, event: Event, now: Instant) {
        self.engine.handle_event(event, now);
        self.carry_out();
    }

    /// Wakes the engine whenever it asks for it, until then.
    fn wake_until(&mut self, end: Instant) {
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= end) {
            self.engine.handle_timeout(at);
            self.carry_out();
        }
    }

    fn submit(&mut self, now: Instant) -> ExecutionId {
        let execution = ExecutionId(self.submitted);
        self.submitted += 1;
        let submission = Submission {
            execution,
            flow: FlowId(0),
            route: RouteId(0),
            endpoint: EndpointId::UNKNOWN,
            deadline: now + SHORT,
            timeout: TIMEOUT,
            idempotent: true,
        };
        self.tell(Event::Submit(submission), now);
        execution
    }

    fn grant(&mut self, now: Instant) {
        let token = self.wanted.pop().unwrap();
        let expires_in = LIFE;
        self.tell(Event::TokenGranted { token, expires_in }, now);
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send {
                    execution, attempt, ..
                } => self.sent.push((execution, attempt)),
                Command::FetchToken(_, token) => self.wanted.push(token),
                Command::Finish(execution, verdict) => self.ends.push((execution, verdict)),
                Command::WouldHave(..) => self.told += 1,
                Command::Abort(_) | Command::AskForSlots | Command::DropToken(_) => {}
            }
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        let refusals = self.ends.iter().map(|(_, verdict)| match verdict {
            Verdict::Refused(refusal) => refusal.reason,
            other => panic!("{other:?}"),
        });
        refusals.collect()
    }
}

#[test]
fn no_deadline_refuses_who_waits_for_a_token() {
    let mut rig = Rig::new(config());
    let execution = rig.submit(after(0));
    rig.wake_until(after(5_000));
    assert_eq!((rig.sent.len(), rig.ends.len()), (0, 0));
    rig.grant(after(5_000));
    assert_eq!(rig.sent[0].0, execution);
    assert_eq!(rig.told, 1, "the deadline has decided what would have been");
}

#[test]
fn who_gets_no_token_within_the_timeout_is_refused() {
    let mut rig = Rig::new(config());
    rig.submit(after(0));
    rig.wake_until(Instant::ZERO + TIMEOUT * 2);
    assert_eq!(rig.reasons(), [Reason::NoToken]);
}

#[test]
fn no_more_wait_for_a_token_than_may() {
    let mut rig = Rig::new(config());
    for _ in 0..3 {
        rig.submit(after(0));
    }
    assert_eq!(rig.reasons(), [Reason::QueueFull]);
    rig.grant(after(50));
    assert_eq!(rig.sent.len(), 2);
}

#[test]
fn where_no_token_can_be_had_it_is_said_at_once() {
    let mut policy = config();
    policy.policy.wait_for_tokens = false;
    let mut rig = Rig::new(policy);
    rig.submit(after(0));
    let failed = Event::TokenFailed {
        token: rig.wanted[0],
        retry_after: None,
        failure: FetchFailure::Credentials,
    };
    rig.tell(failed, after(1));
    rig.submit(after(2));
    assert_eq!(rig.reasons(), [Reason::NoToken; 2]);
}

#[test]
fn a_full_limit_keeps_nobody_from_the_first_token() {
    let mut of_client = config();
    of_client.clients[0].limits = vec![LimitId(0)];
    let mut rig = Rig::with_token(of_client);
    // The token is turned away, while the client's limit is full.
    let (_, attempt) = rig.sent[0];
    let head = Event::Head {
        attempt,
        status: 401,
        facts: Default::default(),
    };
    rig.tell(head, after(100));
    rig.tell(Event::Done(attempt), after(100));
    rig.wake_until(after(2_000));
    rig.grant(after(2_000));
    assert_eq!(rig.sent.len(), 2, "it is sent again with another token");
    assert!(rig.ends.is_empty());
}

#[test]
fn a_limit_that_allows_nothing_keeps_nobody_from_the_first_token() {
    let mut rig = Rig::new(config());
    let limit = LimitId(0);
    rig.tell(Event::SetLimit { limit, allowed: 0 }, after(0));
    rig.submit(after(1));
    rig.grant(after(2));
    assert_eq!(rig.sent.len(), 1);
}

#[test]
fn what_was_not_carried_out_is_sent_again_be_limits_full_or_not() {
    for kind in [LossKind::Closed, LossKind::Unprocessed] {
        let mut rig = Rig::with_token(config());
        let (execution, attempt) = rig.sent[0];
        rig.tell(Event::Lost(attempt, kind), after(10));
        assert_eq!(rig.sent.len(), 2, "{kind:?}");
        assert_eq!(rig.sent[1].0, execution);
    }
}

#[test]
fn an_error_is_tried_again_by_the_deadline_only() {
    let mut rig = Rig::with_token(config());
    let (_, attempt) = rig.sent[0];
    let head = Event::Head {
        attempt,
        status: 503,
        facts: Default::default(),
    };
    rig.tell(head, after(99));
    rig.tell(Event::Done(attempt), after(99));
    assert_eq!(rig.ends, [(ExecutionId(0), Verdict::Answered(attempt))]);
}

#[test]
fn a_limit_that_is_renamed_keeps_its_count() {
    let mut rig = Rig::with_token(config());
    rig.submit(after(1));
    let name = "other".to_owned();
    let limit = LimitId(0);
    rig.tell(Event::RenameLimit { limit, name }, after(2));
    rig.submit(after(3));
    let limits = rig.engine.snapshot(after(4)).limits;
    assert_eq!(
        (&*limits[0].name, limits[0].would_refuse),
        ("other", Some(2))
    );
}
