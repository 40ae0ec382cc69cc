//! What an upstream's refusals teach is in force soon, outlives the process, and can be given up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use tollgate_engine::{
    Checkpoint, Command, Config, Engine, Event, Facts, Flow, LearnedGroup, LearnedLimit,
    LearnedView, Route, Submission,
};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, RouteId, Rule, Scope,
};

const MILLI: u64 = 1_000_000;
/// How long an answer takes.
const LATENCY: u64 = 20 * MILLI;

fn config() -> Config {
    let period = Duration::from_secs(60);
    Config {
        limits: vec![Limit {
            name: "crm".into(),
            scope: Scope::Integration,
            rule: Rule::Window {
                allowed: 1_200,
                period,
                counted_within: None,
            },
        }]
        .into(),
        routes: vec![Route {
            name: "crm".into(),
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow {
            name: "flow".into(),
            ..Flow::default()
        }]
        .into(),
        ..Config::default()
    }
}

/// An engine, and an upstream that lets pass so many calls for each endpoint in a window of a second that
/// opens with its first call.
struct World {
    engine: Engine,
    now: u64,
    calls: u64,
    allowed: u32,
    answers: BinaryHeap<Reverse<(u64, AttemptId, u16)>>,
    endpoints: std::collections::BTreeMap<u64, u32>,
    windows: std::collections::BTreeMap<u32, (u64, u32)>,
    refused: u64,
}

impl World {
    fn new(engine: Engine, allowed: u32) -> Self {
        Self {
            engine,
            now: 0,
            calls: 0,
            allowed,
            answers: BinaryHeap::new(),
            endpoints: std::collections::BTreeMap::new(),
            windows: std::collections::BTreeMap::new(),
            refused: 0,
        }
    }

    fn at(&self) -> Instant {
        Instant::from_nanos(self.now)
    }

    /// Lets time pass while so many calls a second come for each of the two endpoints.
    fn run(&mut self, seconds: u64, per_second: u64) {
        let end = self.now + seconds * 1_000 * MILLI;
        let gap = 1_000 * MILLI / per_second;
        let mut next = self.now;
        while self.now < end {
            let wake = self.engine.poll_timeout().map(Instant::as_nanos);
            let answer = self.answers.peek().map(|Reverse((at, ..))| *at);
            let due = [Some(next), wake, answer].into_iter().flatten().min();
            self.now = due.expect("a call comes").max(self.now);
            if let Some(Reverse((_, attempt, status))) =
                self.answers.peek().copied().filter(|it| it.0.0 <= self.now)
            {
                self.answers.pop();
                let facts = Facts::default();
                let head = Event::Head {
                    attempt,
                    status,
                    facts,
                };
                self.engine.handle_event(head, self.at());
                self.engine.handle_event(Event::Done(attempt), self.at());
            } else if next <= self.now {
                next += gap;
                for endpoint in [1, 2] {
                    self.submit(endpoint);
                }
            } else {
                self.engine.handle_timeout(self.at());
            }
            self.carry_out();
        }
    }

    fn submit(&mut self, endpoint: u32) {
        self.calls += 1;
        self.endpoints.insert(self.calls, endpoint);
        let submission = Submission {
            execution: ExecutionId(self.calls),
            flow: FlowId(0),
            route: RouteId(0),
            endpoint: EndpointId(endpoint),
            deadline: self.at() + Duration::from_secs(2),
            timeout: Duration::from_secs(60),
            idempotent: true,
        };
        let now = self.at();
        self.engine.handle_event(Event::Submit(submission), now);
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            if let Command::Send {
                execution, attempt, ..
            } = command
            {
                let endpoint = self.endpoints[&execution.0];
                let window = self.windows.entry(endpoint).or_default();
                if self.now >= window.0 {
                    *window = (self.now + 1_000 * MILLI, 0);
                }
                // The second endpoint has no limit.
                let passes = endpoint == 2 || window.1 < self.allowed;
                window.1 += u32::from(passes);
                self.refused += u64::from(!passes);
                let status = if passes { 200 } else { 429 };
                self.answers
                    .push(Reverse((self.now + LATENCY, attempt, status)));
            }
        }
    }

    fn learned(&self) -> Vec<LearnedView> {
        self.engine.snapshot(self.at()).learned
    }
}

#[test]
fn the_limit_of_an_endpoint_is_found_held_handed_on_and_given_up() {
    let mut world = World::new(Engine::new(config(), 1, Instant::ZERO), 3);
    let name = Event::NameEndpoint {
        endpoint: EndpointId(1),
        name: "GET crm/a".into(),
    };
    world.engine.handle_event(name.clone(), Instant::ZERO);
    world.run(20, 6);
    let learned = world.learned();
    let [found] = &learned[..] else {
        panic!("{learned:?}, {} refused", world.refused);
    };
    assert_eq!((found.allowed, &found.of[..]), (3, "GET crm/a"));
    assert!(world.refused < 60, "{}", world.refused);
    let before = world.refused;
    world.run(20, 6);
    assert!(
        world.refused <= before + 1,
        "{} more",
        world.refused - before
    );

    let checkpoint = world.engine.checkpoint(world.at());
    let mut next = Engine::new(config(), 2, Instant::ZERO);
    next.restore(&checkpoint, Duration::ZERO, Instant::ZERO);
    let snapshot = next.snapshot(Instant::ZERO);
    assert_eq!(snapshot.learned, [], "the endpoint isn't known yet");
    assert_eq!(next.checkpoint(Instant::ZERO).learned, checkpoint.learned);
    next.handle_event(name, Instant::ZERO);
    let mut next = World::new(next, 3);
    let again = next.learned();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].allowed, again[0].period), (3, found.period));
    next.run(20, 6);
    assert!(next.refused <= 1, "{}", next.refused);

    let name = again[0].name.clone();
    let now = next.at();
    next.engine.handle_event(Event::ForgetLearned { name }, now);
    assert_eq!(next.learned(), []);
    next.allowed = 1_000;
    next.run(20, 6);
    assert_eq!(
        next.learned(),
        [],
        "the upstream has no such limit any more"
    );
}

/// Calls that leave by then, of ten that wait, the first of which was refused; under a learned limit of three in
/// a second.
fn sent_by(millis: u64, counts_refused: bool) -> usize {
    let learned = LearnedLimit {
        upstream: "crm".into(),
        group: LearnedGroup::Upstream,
        rule: Rule::Window {
            allowed: 3,
            period: Duration::from_secs(1),
            counted_within: Some(Duration::ZERO),
        },
        counts_refused,
        accepted: 100,
        refused: 10,
    };
    let checkpoint = Checkpoint {
        learned: vec![learned],
        ..Checkpoint::default()
    };
    let mut world = World::new(Engine::new(config(), 1, Instant::ZERO), 3);
    world
        .engine
        .restore(&checkpoint, Duration::ZERO, Instant::ZERO);
    // The windows of the process before are over then.
    let begin = 2_000;
    let at = |millis: u64| Instant::from_nanos(millis * MILLI);
    world.now = begin * MILLI;
    (0..10).for_each(|_| world.submit(1));
    let mut sent = Vec::new();
    for now in begin..=begin + millis {
        world.engine.handle_timeout(at(now));
        while let Some(command) = world.engine.poll_command() {
            if let Command::Send { attempt, .. } = command {
                sent.push(attempt);
            }
        }
        if now == begin + 20 {
            for (place, &attempt) in sent.iter().enumerate() {
                let status = if place == 0 { 429 } else { 200 };
                let facts = Facts::default();
                let head = Event::Head {
                    attempt,
                    status,
                    facts,
                };
                world.engine.handle_event(head, at(now));
                world.engine.handle_event(Event::Done(attempt), at(now));
            }
        }
    }
    sent.len()
}

#[test]
fn a_refused_call_gives_its_slot_back_unless_it_was_counted() {
    assert_eq!(sent_by(990, false), 4);
    assert_eq!(sent_by(990, true), 3);
    assert_eq!(sent_by(1_010, true), 6);
}

/// What an upstream accepted before its first refusal says what it allows, so it is known to whoever learns of it.
#[test]
fn the_calls_before_the_first_refusal_are_learned_from() {
    let mut world = World::new(Engine::new(config(), 1, Instant::ZERO), 6);
    world.run(20, 4);
    assert_eq!(world.refused, 0);
    world.run(10, 12);
    let learned = world.learned();
    let [found] = &learned[..] else {
        panic!("{learned:?}, {} refused", world.refused);
    };
    assert_eq!(found.allowed, 6);
    assert!(found.accepted >= 80, "{} accepted", found.accepted);

    // Another process has sent calls before, so what was accepted in a window is not known at first.
    let mut next = Engine::new(config(), 2, Instant::ZERO);
    next.restore(&Checkpoint::default(), Duration::ZERO, Instant::ZERO);
    let mut next = World::new(next, 6);
    next.run(1, 12);
    assert_eq!(next.learned(), [], "{} refused", next.refused);
}
