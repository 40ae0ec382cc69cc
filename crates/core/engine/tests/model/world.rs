//! A world around one engine: callers, an upstream that counts, and a process that dies at times.

mod kill;
pub(crate) mod leases;
mod way;

use super::invariants;
use super::random::Random;
use super::reference::{Reference, Told};
use super::setup::{CONCURRENCY, ORGANISATION, Windows, config, put_in_shadow};
use super::upstream::{Call, Key, Upstream};
use kill::AtOnce;
use leases::Leases;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt::Write as _;
use std::time::Duration;
use tollgate_engine::{
    Checkpoint, Command, Config, Engine, Event, Facts, LossKind, Mode, Submission, Verdict,
    WindowFact,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, LimitId, RouteId, Rule, TokenId,
};

const MS: u64 = 1_000_000;
const HOUR: u64 = 3_600_000 * MS;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Arrival,
    Counted(Key),
    Head(Key, u16),
    Done(Key),
    Lost(Key, bool),
    Token(Key, bool),
    HangUp(ExecutionId),
    Foreign,
    Checkpoint,
    Kill,
    Limit,
    Lease,
    Suspend,
    Wake,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) steps: u64,
    pub(crate) answered: u64,
    pub(crate) refused: u64,
    pub(crate) kills: u64,
    pub(crate) trace: String,
    pub(crate) engine: Engine,
    pub(crate) config: Config,
    pub(crate) now: u64,
    pub(crate) waiting: BTreeMap<ExecutionId, Submission>,
    pub(crate) running: BTreeMap<Key, ExecutionId>,
    pub(crate) finished: BTreeSet<ExecutionId>,
    pub(crate) upstream: Upstream,
    /// Whether somebody else calls as well.
    pub(crate) foreign: bool,
    /// Answers 429 that the upstream's count was the reason of.
    pub(crate) genuinely_limited: u64,
    sent: BTreeSet<ExecutionId>,
    /// Of which the engine has not said yet what would have become of them.
    pub(crate) undecided: BTreeSet<ExecutionId>,
    /// When this process was last asked for an execution of the first class.
    first_class: Option<u64>,
    /// Who came in this step.
    arrived: Option<ExecutionId>,
    /// This step woke the engine.
    pub(crate) is_woken: bool,
    /// Arrivals are all of the lowest class.
    low: bool,
    random: Random,
    seed: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Due)>>,
    serial: u64,
    arrivals: u64,
    pause: u64,
    latency: (u64, u64),
    /// Sent and not yet counted, whether or not the engine still waits for it.
    on_its_way: BTreeMap<Key, Call>,
    /// What the answer will say.
    said: BTreeMap<Key, (Option<Duration>, Option<WindowFact>)>,
    pub(crate) reference: Reference,
    /// Of each flow, since the process began: answered, refused.
    pub(crate) verdicts: Vec<(u64, u64)>,
    /// What the engine is told of an attempt in this step.
    told: Option<(u64, Told)>,
    /// Number of the process.
    process: u32,
    journal: (Checkpoint, u64),
    pub(crate) at_once: AtOnce,
    pub(crate) leases: Leases,
    /// When other processes were last asked for slots.
    pub(crate) asked: Option<u64>,
    /// When each call is given up.
    give_ups: BTreeMap<Key, u64>,
    /// The process dies at one of the next commands.
    dies: bool,
}

impl World {
    /// Runs `arrivals` executions and all that follows from them.
    pub(crate) fn run(seed: u64, arrivals: u64) -> Self {
        let mut world = Self::new(seed, arrivals);
        world.at(0, Due::Arrival);
        if world.random.percent(40) {
            world.foreign = true;
            world.at(0, Due::Foreign);
        }
        world.at(0, Due::Checkpoint);
        if world.random.percent(50) {
            let first = world.random.range(0, 5_000) * MS;
            world.at(first, Due::Kill);
        }
        if world.random.percent(50) {
            world.at(500 * MS, Due::Limit);
        }
        if world.leases.draw() {
            world.at(0, Due::Lease);
        }
        while let Some(Reverse((at, _, due))) = world.heap.pop() {
            // After a suspension what was due meanwhile comes late, in its order.
            let counted = matches!(due, Due::Counted(_));
            world.now = world.now.max(if counted { 0 } else { at });
            if world.step(due, at) {
                world.carry_out();
                if let Some((attempt, told)) = world.told.take() {
                    world.reference.told(attempt, told, world.now);
                }
                let snapshot = world.engine.snapshot(Instant::from_nanos(world.now));
                world.note_at_once(&snapshot);
                leases::within_leases(&mut world, &snapshot);
                leases::within_parts(&world, &snapshot);
                invariants::never_idle(&world, &snapshot);
                invariants::held_as_ruled(&mut world, &snapshot);
                invariants::counts_are_true(&world, &snapshot);
                invariants::never_spins(&world);
                invariants::wakes_in_time(&world);
                if let Some(execution) = world.arrived.take() {
                    invariants::foretold(&world, execution);
                }
            }
            invariants::no_window_overcounted(&world);
            invariants::no_more_at_once(&world);
            world.set_alarm();
        }
        world.decide_the_rest();
        invariants::nothing_hangs(&world);
        invariants::never_limited(&world);
        world
    }

    /// Wakes the engine until nothing is undecided, or it has nothing to do any more.
    fn decide_the_rest(&mut self) {
        while !self.undecided.is_empty()
            && let Some(at) = self.engine.poll_timeout()
        {
            self.now = self.now.max(at.as_nanos());
            self.engine.handle_timeout(Instant::from_nanos(self.now));
            self.carry_out();
        }
    }

    fn new(seed: u64, arrivals: u64) -> Self {
        let mut random = Random::new(seed);
        let windows = Windows::draw(&mut random);
        let mut config = config(&mut random, windows);
        put_in_shadow(&mut config, &mut Random::new(!seed));
        config
            .check()
            .expect("the generator makes sound configurations");
        let mut engine = Engine::new(config.clone(), seed, Instant::ZERO);
        Self {
            steps: 0,
            answered: 0,
            refused: 0,
            kills: 0,
            trace: String::new(),
            journal: (engine.checkpoint(Instant::ZERO), 0),
            verdicts: vec![(0, 0); config.flows.len()],
            reference: Reference::new(&config, &engine.snapshot(Instant::ZERO), 0, 0),
            engine,
            now: 0,
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            finished: BTreeSet::new(),
            upstream: Upstream::new(&config, windows, &mut random),
            foreign: false,
            genuinely_limited: 0,
            sent: BTreeSet::new(),
            undecided: BTreeSet::new(),
            first_class: None,
            arrived: None,
            is_woken: false,
            low: random.percent(10),
            pause: random.range(1, 60) * MS,
            latency: (random.range(1, 20) * MS, random.range(20, 900) * MS),
            random,
            seed,
            config,
            heap: BinaryHeap::new(),
            serial: 0,
            arrivals,
            on_its_way: BTreeMap::new(),
            said: BTreeMap::new(),
            told: None,
            process: 0,
            at_once: AtOnce::default(),
            leases: Leases::new(seed),
            asked: None,
            give_ups: BTreeMap::new(),
            dies: false,
        }
    }

    /// Executions that wait and of which nothing was ever sent.
    pub(crate) fn never_sent(&self) -> impl Iterator<Item = &Submission> {
        let waiting = self.waiting.iter();
        waiting
            .filter(|(execution, _)| !self.sent.contains(execution))
            .map(|(_, submission)| submission)
    }

    /// Whether the execution waits or is under way, and is of a flow in shadow.
    pub(crate) fn is_in_shadow(&self, execution: ExecutionId) -> bool {
        let submission = self.waiting.get(&execution);
        submission.is_some_and(|it| self.config.flows[it.flow.index()].mode == Mode::Shadow)
    }

    /// Whether the first class has come within four of the longest period, which is how long a rate is
    /// remembered.
    pub(crate) fn first_class_came(&self) -> bool {
        let periods = self.config.limits.iter().filter_map(|it| match it.rule {
            Rule::Window { period, .. } => Some(period.as_nanos() as u64),
            Rule::Concurrency { .. } => None,
        });
        let late = periods.max().unwrap_or(0);
        self.first_class.is_some_and(|at| self.now < at + 4 * late)
    }

    /// When the next thing happens.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse((next, ..))| *next)
    }

    fn at(&mut self, at: u64, due: Due) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, due)));
    }

    fn later(&mut self, most: u64, due: Due) {
        let pause = self.random.range(0, most) * MS;
        self.at(self.now + pause, due);
    }

    /// Whether the engine was called.
    fn step(&mut self, due: Due, at: u64) -> bool {
        self.steps += 1;
        let now = Instant::from_nanos(self.now);
        let goes_on = self.arrivals > 0;
        self.is_woken = matches!(due, Due::Wake | Due::Suspend);
        let event = match due {
            Due::Arrival => {
                self.arrivals -= 1;
                if self.arrivals > 0 {
                    let burst = self.random.percent(70);
                    let pause = self.random.range(0, self.pause * 4);
                    self.at(self.now + if burst { 0 } else { pause }, Due::Arrival);
                }
                Event::Submit(self.arrival())
            }
            Due::Counted(key) => {
                self.count(key, at);
                return false;
            }
            Due::Foreign => {
                self.upstream.foreign(self.now);
                if goes_on {
                    self.later(300, Due::Foreign);
                }
                return false;
            }
            Due::Checkpoint => {
                self.checkpoint();
                if goes_on {
                    self.later(2_000, Due::Checkpoint);
                }
                return false;
            }
            Due::Kill => {
                self.dies = true;
                if goes_on {
                    self.later(9_000, Due::Kill);
                }
                return false;
            }
            Due::Limit => {
                if goes_on {
                    self.later(4_000, Due::Limit);
                }
                self.change_limit()
            }
            Due::Lease => {
                if goes_on {
                    let next = self.now + self.leases.pause();
                    self.at(next, Due::Lease);
                }
                return self.change_lease();
            }
            Due::Head(key, status) if self.running.contains_key(&key) => {
                let (retry_after, window) = self.said.remove(&key).unwrap_or_default();
                let limited = retry_after.is_some();
                let told = if limited { Told::Refused } else { Told::Head };
                self.told = Some((key.1, told));
                Event::Head {
                    attempt: AttemptId(key.1),
                    status: if limited { 429 } else { status },
                    facts: Facts {
                        refused: false,
                        retry_after,
                        window,
                    },
                }
            }
            Due::Done(key) if self.running.remove(&key).is_some() => {
                self.told = Some((key.1, Told::Done));
                self.upstream.under_way.remove(&key);
                Event::Done(AttemptId(key.1))
            }
            Due::Lost(key, sent) if self.running.remove(&key).is_some() => {
                self.upstream.under_way.remove(&key);
                self.give_up_on(key);
                let (kind, told) = if sent && self.random.range(0, 3) == 0 {
                    // The upstream says that it hasn't processed what it may have counted.
                    (LossKind::Unprocessed, Told::NoAnswer)
                } else if sent && self.random.range(0, 3) == 0 {
                    (LossKind::Closed, Told::NoAnswer)
                } else if sent {
                    (LossKind::NoAnswer, Told::NoAnswer)
                } else {
                    (LossKind::NeverSent, Told::NeverSent)
                };
                self.told = Some((key.1, told));
                Event::Lost(AttemptId(key.1), kind)
            }
            Due::Token((process, token), granted) if process == self.process => {
                let token = TokenId(token as u32);
                if granted {
                    self.upstream
                        .grant((process, token.0.into()), &mut self.random);
                    Event::TokenGranted {
                        token,
                        expires_in: Duration::from_secs(self.random.range(2, 60)),
                    }
                } else {
                    Event::TokenFailed {
                        token,
                        retry_after: None,
                        failure: tollgate_engine::FetchFailure::Other,
                    }
                }
            }
            Due::HangUp(execution) if self.waiting.contains_key(&execution) => {
                self.waiting.remove(&execution);
                self.running.retain(|_, of| *of != execution);
                Event::Cancel(execution)
            }
            Due::Suspend => {
                // The machine sleeps for some hours; whoever waits is still there.
                self.now += self.random.range(1, 5) * HOUR;
                self.engine.handle_timeout(Instant::from_nanos(self.now));
                return true;
            }
            Due::Wake => {
                self.engine.handle_timeout(now);
                return true;
            }
            _ => return false,
        };
        self.engine
            .handle_event(event, Instant::from_nanos(self.now));
        true
    }

    fn arrival(&mut self) -> Submission {
        let execution = ExecutionId(self.arrivals);
        let lowest = self.config.flows.len() as u64 - 1;
        let flow = self.random.range(if self.low { lowest } else { 0 }, lowest) as u32;
        if self.config.flows[flow as usize].priority == 0 {
            self.first_class = Some(self.now);
        }
        let submission = Submission {
            execution,
            flow: FlowId(flow),
            route: RouteId(self.random.range(0, 2) as u32),
            endpoint: EndpointId::UNKNOWN,
            deadline: Instant::from_nanos(self.now + self.random.range(0, 8_000) * MS),
            timeout: Duration::from_millis(self.random.range(50, 5_000)),
            idempotent: self.random.percent(50),
        };
        self.waiting.insert(execution, submission);
        if !self.config.is_enforced() {
            self.undecided.insert(execution);
        }
        self.arrived = Some(execution);
        if self.random.percent(5) {
            self.later(2_000, Due::HangUp(execution));
        }
        if self.random.percent(1) && self.random.percent(10) {
            self.later(100, Due::Suspend);
        }
        submission
    }

    /// An upstream's limit is raised or lowered, and the engine is told.
    fn change_limit(&mut self) -> Event {
        let draw = self.random.range(0, 4);
        let allowed = self.random.range(3, 80) as u32;
        match draw {
            0 => {
                // Both clients' tokens are alike. While one is told and not yet the other, the wider
                // number stands.
                let event = |client| Event::SetTokenLimit {
                    client: ClientId(client),
                    place: 0,
                    allowed,
                };
                let now = Instant::from_nanos(self.now);
                if allowed > self.upstream.token_allowed() {
                    self.upstream.set_tokens(allowed);
                    self.engine.handle_event(event(0), now);
                    return event(1);
                }
                self.engine.handle_event(event(0), now);
                self.carry_out();
                // It may have died of it; then the next one is told from the start.
                let now = Instant::from_nanos(self.now);
                self.engine.handle_event(event(0), now);
                self.engine.handle_event(event(1), now);
                self.upstream.set_tokens(allowed);
                event(1)
            }
            1 => {
                self.config.limits[CONCURRENCY.index()].rule = Rule::Concurrency { allowed };
                Event::SetLimit {
                    limit: CONCURRENCY,
                    allowed,
                }
            }
            draw => {
                let limit = [ORGANISATION, LimitId(2), LimitId(4)][draw as usize - 2];
                self.upstream.set(limit, allowed);
                Event::SetLimit { limit, allowed }
            }
        }
    }

    fn carry_out(&mut self) {
        // Before anything is sent, what covers it is on disk.
        while let Some(record) = self.engine.poll_record() {
            self.journal.0.add(record);
        }
        while let Some(command) = self.engine.poll_command() {
            if self.dies && self.random.percent(30) {
                return self.die(command);
            }
            let _ = writeln!(self.trace, "{} {command:?}", self.now);
            match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    give_up,
                    ..
                } => {
                    invariants::no_late_start(self, execution, give_up);
                    let key = (self.process, attempt.0);
                    self.running.insert(key, execution);
                    self.give_ups.insert(key, give_up.as_nanos());
                    self.at_once.until = self.at_once.until.max(give_up.as_nanos());
                    self.sent.insert(execution);
                    self.leases.note_sent(execution);
                    let token = token.map(|token| (self.process, u64::from(token.0)));
                    self.send(key, execution, token, give_up);
                }
                Command::Abort(attempt) => {
                    let key = (self.process, attempt.0);
                    self.running.remove(&key);
                    self.upstream.under_way.remove(&key);
                    self.give_up_on(key);
                    self.reference.given_up(attempt.0, self.now);
                }
                Command::Finish(execution, verdict) => {
                    if let Verdict::Refused(refusal) = &verdict {
                        invariants::no_promise_broken(self, execution, refusal);
                    }
                    let flow = self.waiting.get(&execution).map_or(0, |it| it.flow.index());
                    let (answered, refused) = &mut self.verdicts[flow];
                    *answered += u64::from(matches!(verdict, Verdict::Answered(_)));
                    *refused += u64::from(matches!(verdict, Verdict::Refused(_)));
                    invariants::answered_once(self, execution);
                    match verdict {
                        Verdict::Answered(_) => self.answered += 1,
                        Verdict::Refused(_) => self.refused += 1,
                        Verdict::TimedOut | Verdict::Lost(_) => {}
                    }
                }
                Command::FetchToken(_, token) => {
                    let granted = self.random.percent(90);
                    let key = (self.process, u64::from(token.0));
                    self.later(100, Due::Token(key, granted));
                }
                Command::WouldHave(execution, decision) => {
                    invariants::decided_once(self, execution, decision.is_none());
                }
                Command::AskForSlots => self.asked = Some(self.now),
                Command::DropToken(_) => {}
            }
        }
    }

    /// Wakes the engine when it asked for it, unless something else comes first.
    fn set_alarm(&mut self) {
        if let Some(at) = self.engine.poll_timeout() {
            let at = at.as_nanos();
            let due = self.next_due().unwrap_or(u64::MAX);
            // Without anything else to come, only what still waits is worth waking for.
            if at < due && (due < u64::MAX || !self.waiting.is_empty()) {
                self.at(at.max(self.now), Due::Wake);
            }
        }
    }
}
