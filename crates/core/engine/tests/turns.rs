//! Learning from refusals takes turns with everything else.

use std::time::Duration;
use tollgate_engine::{Command, Config, Engine, Event, Facts, Flow, Route, Submission};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, RouteId, Rule, Scope,
    Stream,
};

const MILLI: u64 = 1_000_000;

fn config() -> Config {
    let limit = |name: &str| Limit {
        name: name.into(),
        scope: Scope::Integration,
        rule: Rule::Window {
            allowed: 1_000_000,
            period: Duration::from_secs(60),
            counted_within: None,
        },
    };
    let route = |name: &str, limit| Route {
        name: name.into(),
        limits: vec![LimitId(limit)],
        ..Route::default()
    };
    Config {
        limits: vec![limit("crm"), limit("erp")].into(),
        routes: vec![route("crm", 0), route("erp", 1)].into(),
        flows: vec![Flow {
            name: "flow".into(),
            ..Flow::default()
        }]
        .into(),
        ..Config::default()
    }
}

struct World {
    engine: Engine,
    now: Instant,
    calls: u64,
}

impl World {
    /// A call; its attempt, if it is sent at once.
    fn call(&mut self, route: u32) -> Option<AttemptId> {
        self.calls += 1;
        let execution = ExecutionId(self.calls);
        let submission = Submission {
            execution,
            flow: FlowId(0),
            route: RouteId(route),
            endpoint: EndpointId(1 + (self.calls % 3) as u32),
            deadline: self.now + Duration::from_millis(500),
            timeout: Duration::from_secs(60),
            idempotent: false,
        };
        self.engine
            .handle_event(Event::Submit(submission), self.now);
        let mut commands = std::iter::from_fn(|| self.engine.poll_command());
        commands.find_map(|command| match command {
            Command::Send {
                execution: of,
                attempt,
                ..
            } if of == execution => Some(attempt),
            _ => None,
        })
    }

    fn answer(&mut self, attempt: AttemptId, status: u16) {
        let facts = Facts::default();
        let head = Event::Head {
            attempt,
            status,
            facts,
        };
        self.engine.handle_event(head, self.now);
        self.engine.handle_event(Event::Done(attempt), self.now);
        self.accept_others();
    }

    /// What the engine sends by itself, because the call was refused before, is accepted.
    fn accept_others(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            if let Command::Send { attempt, .. } = command {
                self.answer(attempt, 200);
            }
        }
    }

    /// Wakes the engine whenever that is due until then, and gives the instants.
    fn wake_until(&mut self, until: Instant) -> Vec<Instant> {
        let mut woken = Vec::new();
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.engine.handle_timeout(self.now);
            self.accept_others();
            woken.push(self.now);
        }
        self.now = until;
        woken
    }
}

/// A number that looks like chance.
fn chance(number: u64) -> u64 {
    Stream::new(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).next()
}

#[test]
fn a_call_between_two_turns_of_a_study_is_sent_at_once() {
    let mut world = World {
        engine: Engine::new(config(), 1, Instant::ZERO),
        now: Instant::ZERO,
        calls: 0,
    };
    // Two upstreams that refuse some calls for no reason: there is much to look at.
    for number in 0..12_000_u64 {
        let attempt = world.call((number % 2) as u32);
        let until = world.now + Duration::from_nanos(2 * MILLI);
        world.wake_until(until);
        let stray = chance(number) >> 58 == 0;
        if let Some(attempt) = attempt {
            world.answer(attempt, if stray { 429 } else { 200 });
        }
    }
    for number in 0..256_u32 {
        let attempt = world.call(number % 2).expect("nothing is closed");
        let stray = number / 2 % 2 == 0;
        world.answer(attempt, if stray { 429 } else { 200 });
    }
    // From now on nothing wakes the engine but the learners, one of the two at a time.
    let end = world.now + Duration::from_secs(3);
    let mut turns = Vec::new();
    while let Some(due) = world.engine.poll_timeout().filter(|due| *due <= end) {
        turns.extend(world.wake_until(due));
        let attempt = world.call((turns.len() % 2) as u32);
        world.answer(attempt.expect("nothing is closed"), 200);
    }
    assert!(turns.len() > 20, "{turns:?}");
    let between = turns.windows(2).map(|pair| pair[1].since(pair[0]));
    let least = between.min().unwrap_or_default();
    assert!(least > Duration::from_millis(2), "{least:?} between turns");
}
