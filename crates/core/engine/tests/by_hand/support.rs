//! An engine driven by hand, in virtual time.

use std::time::Duration;
use tollgate_engine::{Command, Config, Engine, Event, Facts, Submission};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, RouteId, Rule, Scope, TokenId,
};

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// So many a minute.
pub(crate) fn per_minute(name: &str, scope: Scope, allowed: u32) -> Limit {
    Limit {
        name: name.into(),
        scope,
        rule: Rule::Window {
            allowed,
            period: seconds(60),
            counted_within: None,
        },
    }
}

pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    submitted: u64,
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        Self::seeded(config, 1)
    }

    pub(crate) fn seeded(config: Config, seed: u64) -> Self {
        config.check().expect("a sound configuration");
        Self {
            engine: Engine::new(config, seed, Instant::ZERO),
            now: Instant::ZERO,
            submitted: 0,
        }
    }

    pub(crate) fn event(&mut self, event: Event) -> Vec<Command> {
        self.engine.handle_event(event, self.now);
        self.commands()
    }

    fn commands(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.engine.poll_command()).collect()
    }

    /// Lets time pass and wakes the engine whenever it asks for it. Gives what it did, and when.
    pub(crate) fn wait(&mut self, span: Duration) -> Vec<(Instant, Command)> {
        let end = self.now + span;
        let mut all = Vec::new();
        while let Some(at) = self.engine.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.engine.handle_timeout(self.now);
            all.extend(self.commands().into_iter().map(|it| (self.now, it)));
        }
        self.now = end;
        all
    }

    /// An idempotent execution of the first flow on this route, to be started within `within`.
    pub(crate) fn submit(&mut self, route: u32, within: Duration) -> Vec<Command> {
        self.submit_as(route, within, |_| {})
    }

    pub(crate) fn submit_as(
        &mut self,
        route: u32,
        within: Duration,
        change: impl FnOnce(&mut Submission),
    ) -> Vec<Command> {
        let mut submission = Submission {
            execution: ExecutionId(self.submitted),
            flow: FlowId(0),
            route: RouteId(route),
            endpoint: EndpointId::UNKNOWN,
            deadline: self.now + within,
            timeout: seconds(3_600),
            idempotent: true,
        };
        self.submitted += 1;
        change(&mut submission);
        self.event(Event::Submit(submission))
    }

    pub(crate) fn grant(&mut self, token: TokenId, expires_in: Duration) -> Vec<Command> {
        self.event(Event::TokenGranted { token, expires_in })
    }

    /// A whole answer.
    pub(crate) fn answer(&mut self, attempt: AttemptId, status: u16, facts: Facts) -> Vec<Command> {
        let head = Event::Head {
            attempt,
            status,
            facts,
        };
        let mut all = self.event(head);
        all.extend(self.event(Event::Done(attempt)));
        all
    }
}

pub(crate) fn sent(commands: &[Command]) -> Vec<AttemptId> {
    let sent = commands.iter().filter_map(|it| match it {
        Command::Send { attempt, .. } => Some(*attempt),
        _ => None,
    });
    sent.collect()
}

pub(crate) fn fetches(commands: &[Command]) -> Vec<TokenId> {
    let fetched = commands.iter().filter_map(|it| match it {
        Command::FetchToken(_, token) => Some(*token),
        _ => None,
    });
    fetched.collect()
}
