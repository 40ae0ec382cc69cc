//! Calls at once follow how long answers take: an upstream that slows down under load brings as much as it
//! can, one that doesn't is not throttled.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;
use tollgate_engine::{
    Command, Config, Engine, Event, Facts, Flow, LimitSpec, Mode, Policy, Route, Source,
    Submission, Verdict,
};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, Reason, RouteId, Rule,
    Scope, Table,
};

const DEADLINE: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long an answer takes to a call that is the n-th under way, given a number between 0 and 1.
type Latency = fn(f64, f64) -> f64;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Arrival,
    Answer(AttemptId),
    Wake,
}

struct World {
    engine: Engine,
    now: Instant,
    per_second: f64,
    latency: Latency,
    heap: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    serial: u64,
    random: u64,
    under_way: BTreeMap<AttemptId, ExecutionId>,
    /// When those of a fixed number of workers are free; none where all are served at once.
    workers: Vec<Instant>,
    /// When each answer came.
    answered: Vec<Instant>,
    expired: usize,
    most: usize,
}

impl World {
    fn new(configured: u32, per_second: f64, latency: Latency) -> Self {
        let policy = Policy {
            follow_latency: true,
            ..Policy::default()
        };
        Self::with(configured, per_second, latency, policy)
    }

    fn with(configured: u32, per_second: f64, latency: Latency, policy: Policy) -> Self {
        Self::under(vec![at_once(configured)], per_second, latency, policy)
    }

    fn under(limits: Vec<LimitSpec>, per_second: f64, latency: Latency, policy: Policy) -> Self {
        let limits: Table<LimitId, LimitSpec> = limits.into();
        let config = Config {
            routes: vec![Route {
                limits: limits.ids().collect(),
                ..Route::default()
            }]
            .into(),
            limits,
            flows: vec![Flow::default()].into(),
            policy,
            ..Config::default()
        };
        config.check().unwrap();
        let mut world = Self {
            engine: Engine::new(config, 1, Instant::ZERO),
            now: Instant::ZERO,
            per_second,
            latency,
            heap: BinaryHeap::new(),
            serial: 0,
            random: 7,
            under_way: BTreeMap::new(),
            workers: Vec::new(),
            answered: Vec::new(),
            expired: 0,
            most: 0,
        };
        world.at(Instant::ZERO, Due::Arrival);
        world
    }

    fn at(&mut self, at: Instant, due: Due) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, due)));
    }

    fn draw(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            let due = self.heap.peek().map(|Reverse((at, ..))| *at);
            let next = due.into_iter().chain(self.engine.poll_timeout()).min();
            let Some(at) = next.filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            let due = match self.heap.peek() {
                Some(Reverse((at, ..))) if *at <= self.now => self.heap.pop(),
                _ => None,
            };
            self.step(due.map_or(Due::Wake, |Reverse((.., due))| due));
        }
        self.now = end;
    }

    fn step(&mut self, due: Due) {
        match due {
            Due::Wake => self.engine.handle_timeout(self.now),
            Due::Arrival => {
                let pause = -self.draw().ln() / self.per_second;
                self.at(self.now + Duration::from_secs_f64(pause), Due::Arrival);
                let submission = Submission {
                    execution: ExecutionId(self.serial),
                    flow: FlowId(0),
                    route: RouteId(0),
                    endpoint: EndpointId::UNKNOWN,
                    deadline: self.now + DEADLINE,
                    timeout: TIMEOUT,
                    idempotent: false,
                };
                self.tell(Event::Submit(submission));
            }
            Due::Answer(attempt) => {
                if self.under_way.remove(&attempt).is_some() {
                    self.answered.push(self.now);
                    self.tell(Event::Head {
                        attempt,
                        status: 200,
                        facts: Facts::default(),
                    });
                    self.tell(Event::Done(attempt));
                }
            }
        }
        self.carry_out();
    }

    fn tell(&mut self, event: Event) {
        self.engine.handle_event(event, self.now);
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send {
                    execution, attempt, ..
                } => {
                    self.under_way.insert(attempt, execution);
                    self.most = self.most.max(self.under_way.len());
                    let chance = self.draw();
                    let takes = (self.latency)(self.under_way.len() as f64, chance);
                    let mut at = self.now;
                    if let Some(worker) = self.workers.iter_mut().min() {
                        at = at.max(*worker);
                        *worker = at + Duration::from_secs_f64(takes);
                    }
                    self.at(at + Duration::from_secs_f64(takes), Due::Answer(attempt));
                }
                Command::Abort(attempt) => {
                    self.under_way.remove(&attempt);
                }
                Command::Finish(_, Verdict::Refused(refusal)) => {
                    self.expired += usize::from(refusal.reason == Reason::Expired);
                }
                _ => {}
            }
        }
    }

    /// Answers a second in the last so many seconds.
    fn goodput(&self, seconds: u64) -> f64 {
        let from = self.now.before(Duration::from_secs(seconds));
        let recent = self.answered.iter().filter(|at| **at >= from);
        recent.count() as f64 / seconds as f64
    }

    fn in_force(&self) -> u32 {
        self.engine.snapshot(self.now).limits[0].allowed
    }
}

fn at_once(allowed: u32) -> LimitSpec {
    LimitSpec::from(Limit {
        name: "at once".into(),
        scope: Scope::Integration,
        rule: Rule::Concurrency { allowed },
    })
}

/// Latency that grows with the square of what is under way: twenty at once bring most.
fn thrashes(under_way: f64, _: f64) -> f64 {
    0.1 * (1.0 + (under_way / 20.0).powi(2))
}

#[test]
fn an_upstream_that_thrashes_brings_as_much_as_it_can() {
    let mut best = World::new(20, 120.0, thrashes);
    best.pass(240);
    let most = best.goodput(180);
    for configured in [200, 100, 50, 40, 35] {
        let mut world = World::new(configured, 120.0, thrashes);
        world.pass(60);
        let expired = world.expired;
        world.pass(180);
        let goodput = world.goodput(180);
        let (of_late, in_force) = (world.expired - expired, world.in_force());
        println!(
            "{configured}: {goodput:.1} of {most:.1} a second, {in_force} in force, {expired} + {of_late} expired"
        );
        assert!(goodput >= 0.95 * most, "{configured}: {goodput} of {most}");
        let snapshot = world.engine.snapshot(world.now);
        assert_eq!(snapshot.limits[0].configured, Some(configured));
        let learned = &snapshot.learned[0];
        assert_eq!(learned.source, Source::Latency);
        assert_eq!(
            (learned.allowed, learned.configured),
            (in_force, Some(configured))
        );
    }
}

#[test]
fn a_limit_in_shadow_takes_no_ones_place() {
    let policy = Policy {
        follow_latency: true,
        ..Policy::default()
    };
    let narrow = LimitSpec {
        mode: Mode::Shadow,
        ..at_once(10)
    };
    let mut world = World::under(vec![at_once(100), narrow], 120.0, thrashes, policy);
    world.pass(240);
    let goodput = world.goodput(180);
    let limits = world.engine.snapshot(world.now).limits;
    println!("{goodput:.1} a second, {} in force", limits[0].allowed);
    assert!(limits[0].allowed < 50, "{limits:?}");
    assert_eq!(limits[1].allowed, 10, "nothing is found of what holds none");
}

#[test]
fn an_upstream_that_is_flooded_from_the_first_moment_brings_as_much_as_it_can() {
    // Fifteen at once bring most: 75 a second.
    let thrashes: Latency = |under_way, _| 0.1 * (1.0 + (under_way / 15.0).powi(2));
    for configured in [40, 150] {
        let mut world = World::new(configured, 300.0, thrashes);
        world.pass(240);
        let goodput = world.goodput(180);
        println!(
            "{configured}: {goodput:.1} a second, {} in force",
            world.in_force()
        );
        assert!(goodput >= 0.95 * 75.0, "{configured}: {goodput}");
    }
}

#[test]
fn calls_that_queue_up_at_the_upstream_lose_nothing() {
    // Ten workers of 200 ms: 50 a second, however many are under way.
    for configured in [50, 200] {
        let mut world = World::new(configured, 75.0, |_, _| 0.2);
        world.workers = vec![Instant::ZERO; 10];
        world.pass(240);
        let goodput = world.goodput(180);
        println!(
            "{configured}: {goodput:.2} a second, {} in force",
            world.in_force()
        );
        assert!(goodput >= 49.7, "{configured}: {goodput}");
    }
}

#[test]
fn an_upstream_that_does_not_slow_down_is_not_throttled() {
    let latencies: [(&str, Latency); 4] = [
        ("constant", |_, _| 0.2),
        ("long", |_, _| 8.0),
        ("by chance", |_, chance| -0.2 * chance.ln()),
        (
            "now and then",
            |_, chance| if chance < 0.2 { 6.0 } else { 0.3 },
        ),
    ];
    for (name, latency) in latencies {
        let mut world = World::new(50, 1_000.0, latency);
        world.pass(300);
        assert_eq!(world.in_force(), 50, "{name}");
        assert_eq!(world.most, 50, "{name}");
    }
}

#[test]
fn more_at_once_are_sent_again_when_the_upstream_has_recovered() {
    let mut world = World::new(50, 120.0, thrashes);
    world.pass(120);
    assert!(world.in_force() < 40, "{}", world.in_force());
    world.latency = |_, _| 0.1;
    world.per_second = 800.0;
    world.pass(240);
    println!(
        "{} in force, {:.1} a second",
        world.in_force(),
        world.goodput(60)
    );
    assert!(world.goodput(60) > 0.95 * 500.0);
}

#[test]
fn nothing_is_lowered_where_that_is_not_wanted_or_another_number_is_set() {
    let policy = Policy {
        follow_latency: false,
        ..Policy::default()
    };
    let mut world = World::with(50, 120.0, thrashes, policy);
    world.pass(120);
    assert_eq!(world.in_force(), 50);
    let mut world = World::new(50, 120.0, thrashes);
    world.pass(120);
    assert!(world.in_force() < 50);
    world.tell(Event::SetLimit {
        limit: LimitId(0),
        allowed: 60,
    });
    let limit = &world.engine.snapshot(world.now).limits[0];
    assert_eq!((limit.allowed, limit.configured), (60, Some(60)));
}
