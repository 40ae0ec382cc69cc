//! An engine in virtual time. Its unit is the test's `TICK`, in nanoseconds.

use super::TICK;
use std::time::Duration;
use tollgate_engine::{
    Client, Closed, Command, Config, Engine, Event, Facts, Flow, Pool, Route, Submission, Verdict,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, Reason,
    RouteId, Rule, Scope, TokenId,
};

pub(crate) fn at(ticks: u64) -> Instant {
    Instant::from_nanos(ticks * TICK)
}

pub(crate) fn limit(scope: Scope, rule: Rule) -> Limit {
    Limit {
        name: scope.as_str().into(),
        scope,
        rule,
    }
}

pub(crate) fn window(scope: Scope, allowed: u32) -> Limit {
    let rule = Rule::Window {
        allowed,
        period: Duration::from_secs(60),
        counted_within: None,
    };
    limit(scope, rule)
}

pub(crate) fn at_once(scope: Scope) -> Limit {
    limit(scope, Rule::Concurrency { allowed: 50 })
}

/// An engine, and what it has sent and fetched since last asked.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) executions: u64,
    pub(crate) sent: Vec<(ExecutionId, AttemptId, Option<TokenId>)>,
    pub(crate) fetched: Vec<TokenId>,
    pub(crate) ended: Vec<(ExecutionId, Verdict)>,
}

impl World {
    /// Routes without a token under these limits.
    pub(crate) fn plain(limits: Vec<Limit>, routes: &[&[u32]]) -> Self {
        let route = |(limits, at): (&&[u32], u32)| Route {
            name: format!("route {at}"),
            limits: limits.iter().copied().map(LimitId).collect(),
            ..Route::default()
        };
        Self::new(Config {
            limits: limits.into(),
            routes: routes.iter().zip(0..).map(route).collect(),
            ..Config::default()
        })
    }

    /// One route over the tokens of such clients, under an organisation's limit.
    pub(crate) fn pooled(clients: Vec<Client>) -> Self {
        Self::new(Config {
            limits: vec![window(Scope::Organisation, 1_000)].into(),
            pools: vec![Pool {
                clients: (0..clients.len() as u32).map(ClientId).collect(),
                ..Pool::default()
            }]
            .into(),
            clients: clients.into(),
            routes: vec![Route {
                limits: vec![LimitId(0)],
                pool: Some(PoolId(0)),
                ..Route::default()
            }]
            .into(),
            ..Config::default()
        })
    }

    pub(crate) fn new(mut config: Config) -> Self {
        config.flows = vec![Flow::default()].into();
        config.check().unwrap();
        Self {
            engine: Engine::new(config, 1, at(0)),
            executions: 0,
            sent: Vec::new(),
            fetched: Vec::new(),
            ended: Vec::new(),
        }
    }

    pub(crate) fn event(&mut self, event: Event, now: u64) {
        self.engine.handle_event(event, at(now));
        self.look();
    }

    pub(crate) fn look(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    ..
                } => self.sent.push((execution, attempt, token)),
                Command::FetchToken(_, token) => self.fetched.push(token),
                Command::Finish(execution, verdict) => self.ended.push((execution, verdict)),
                Command::Abort(_)
                | Command::AskForSlots
                | Command::DropToken(_)
                | Command::WouldHave(..) => {}
            }
        }
    }

    /// Wakes the engine whenever it asks for it, up to then.
    pub(crate) fn pass(&mut self, now: u64) {
        while let Some(wake) = self.engine.poll_timeout().filter(|wake| *wake <= at(now)) {
            self.engine.handle_timeout(wake);
            self.look();
        }
        self.engine.handle_timeout(at(now));
        self.look();
    }

    /// A call that may start for so many ticks.
    pub(crate) fn submit(&mut self, route: u32, now: u64, patience: u64) -> ExecutionId {
        self.submit_to(0, route, now, patience)
    }

    /// The same to an endpoint.
    pub(crate) fn submit_to(
        &mut self,
        endpoint: u32,
        route: u32,
        now: u64,
        patience: u64,
    ) -> ExecutionId {
        let execution = ExecutionId(self.executions);
        self.executions += 1;
        let submission = Submission {
            execution,
            flow: FlowId(0),
            route: RouteId(route),
            endpoint: EndpointId(endpoint),
            deadline: at(now + patience),
            timeout: Duration::from_secs(9_000),
            idempotent: true,
        };
        self.event(Event::Submit(submission), now);
        execution
    }

    pub(crate) fn grant(&mut self, now: u64) {
        for token in std::mem::take(&mut self.fetched) {
            let expires_in = Duration::from_secs(86_400);
            self.event(Event::TokenGranted { token, expires_in }, now);
        }
    }

    /// Answers what was sent; the token it was sent with.
    pub(crate) fn answer(&mut self, status: u16, facts: Facts, now: u64) -> Option<TokenId> {
        let (_, attempt, token) = self.sent.remove(0);
        self.answer_to(attempt, status, facts, now);
        token
    }

    pub(crate) fn answer_to(&mut self, attempt: AttemptId, status: u16, facts: Facts, now: u64) {
        let head = Event::Head {
            attempt,
            status,
            facts,
        };
        self.event(head, now);
        self.event(Event::Done(attempt), now);
    }

    /// Executions that were sent since last asked; they are answered at once.
    pub(crate) fn accept_all(&mut self, now: u64) -> Vec<ExecutionId> {
        let mut accepted = Vec::new();
        while !self.sent.is_empty() {
            accepted.push(self.sent[0].0);
            self.answer(200, Facts::default(), now);
        }
        accepted
    }

    /// What is closed, and until when.
    pub(crate) fn closed(&self, now: u64) -> Vec<(Closed, Instant)> {
        let closed = self.engine.snapshot(at(now)).closed;
        closed.iter().map(|it| (it.what, it.until)).collect()
    }

    pub(crate) fn refused(&self, execution: ExecutionId) -> Option<Instant> {
        self.ended.iter().find_map(|(of, verdict)| match verdict {
            Verdict::Refused(it)
                if *of == execution
                    && [Reason::DeadlineCannotBeMet, Reason::UpstreamClosed]
                        .contains(&it.reason) =>
            {
                it.earliest_start
            }
            _ => None,
        })
    }

    /// Why the execution was refused, and the limit that was named.
    pub(crate) fn refusal(&self, execution: ExecutionId) -> (Reason, Option<&str>) {
        let refusal = self.ended.iter().find_map(|(of, verdict)| match verdict {
            Verdict::Refused(refusal) if *of == execution => Some(refusal),
            _ => None,
        });
        let refusal = refusal.expect("the execution was refused");
        (refusal.reason, refusal.limit.as_deref())
    }
}
