//! An upstream in virtual time whose limit another application shares: whatever that one calls and is refused is
//! lost to it, while our load is one and a half times the limit.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;
use tollgate_engine::{
    Command, Config, Engine, Event, Facts, Family, Flow, Route, Submission, Verdict, WindowFact,
};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, RouteId, Rule, Scope,
    Stream,
};

/// A call's way in at the most, and from its counting to its answer.
const WAY_IN: Duration = Duration::from_millis(15);
const LATENCY: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Windows {
    FirstCall,
    WallClock,
    Sliding,
}

/// What an upstream is, and what others ask of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) allowed: u32,
    pub(crate) period: Duration,
    pub(crate) windows: Windows,
    /// Answers tell the count and the window's end, in whole seconds.
    pub(crate) headers: bool,
    /// Only refused calls are told so.
    pub(crate) only_full: bool,
    pub(crate) retry_after: bool,
    /// A call comes at even distances rather than by chance.
    pub(crate) steady: bool,
    /// Part of the limit that the stranger asks for, step by step of ten windows.
    pub(crate) steps: &'static [f64],
    /// Part of the limit that flows ask for, the first class first.
    pub(crate) flows: &'static [f64],
}

/// Windows of a step, and those of them that pass before it is measured.
const STEP: u32 = 10;
const FOLLOWS: u32 = 3;

/// What came of one step after its first windows.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Figures {
    pub(crate) asked: u32,
    pub(crate) served: u32,
    pub(crate) sent: u32,
    pub(crate) refused: u32,
    /// Calls that the limit has for us beside what the stranger asks.
    pub(crate) left: f64,
    /// Of our calls: those taken in, and those that had no start.
    pub(crate) taken_in: u32,
    pub(crate) expired: u32,
    /// The first flow's calls, and those answered.
    pub(crate) first: u32,
    pub(crate) first_answered: u32,
}

impl Figures {
    pub(crate) fn stranger(&self) -> f64 {
        f64::from(self.served) / f64::from(self.asked.max(1))
    }

    pub(crate) fn refusals(&self) -> f64 {
        f64::from(self.refused) / f64::from(self.sent.max(1))
    }

    pub(crate) fn used(&self) -> f64 {
        f64::from(self.sent - self.refused) / self.left
    }

    pub(crate) fn expired(&self) -> f64 {
        f64::from(self.expired) / f64::from(self.taken_in.max(1))
    }

    pub(crate) fn first_class(&self) -> f64 {
        f64::from(self.first_answered) / f64::from(self.first.max(1))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.served += other.served;
        self.sent += other.sent;
        self.refused += other.refused;
        self.left += other.left;
        self.taken_in += other.taken_in;
        self.expired += other.expired;
        self.first += other.first;
        self.first_answered += other.first_answered;
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Arrival(u32),
    Stranger,
    Counted(AttemptId, ExecutionId),
    Answer(AttemptId, bool, u32, Duration),
    Wake,
}

struct Upstream {
    case: Case,
    opened: Option<Instant>,
    count: u32,
    log: VecDeque<Instant>,
}

impl Upstream {
    /// Whether the call is accepted, the count with it, and how long until the window ends.
    fn call(&mut self, now: Instant) -> (bool, u32, Duration) {
        let Case {
            allowed, period, ..
        } = self.case;
        if self.case.windows == Windows::Sliding {
            while self.log.front().is_some_and(|&at| at + period <= now) {
                self.log.pop_front();
            }
            let ok = (self.log.len() as u32) < allowed;
            if ok {
                self.log.push_back(now);
            }
            let reset = (self.log[0] + period).since(now);
            return (ok, self.log.len() as u32, reset);
        }
        if self.opened.is_none_or(|at| at + period <= now) {
            let into = Duration::from_nanos(now.as_nanos() % period.as_nanos() as u64);
            self.opened = Some(match self.case.windows {
                Windows::WallClock => now.before(into),
                _ => now,
            });
            self.count = 0;
        }
        let ok = self.count < allowed;
        self.count += u32::from(ok);
        let reset = self.opened.map_or(period, |at| (at + period).since(now));
        (ok, self.count, reset)
    }
}

impl Case {
    pub(crate) fn run(self, seeds: u64) -> Vec<Figures> {
        let mut all = vec![Figures::default(); self.steps.len()];
        for seed in 0..seeds {
            for (sum, one) in all.iter_mut().zip(self.once(seed)) {
                sum.add(&one);
            }
        }
        all
    }

    fn config(&self) -> Config {
        Config {
            limits: vec![Limit {
                name: "shared".into(),
                scope: Scope::Integration,
                rule: Rule::Window {
                    allowed: self.allowed,
                    period: self.period,
                    counted_within: None,
                },
            }]
            .into(),
            routes: vec![Route {
                limits: vec![LimitId(0)],
                ..Route::default()
            }]
            .into(),
            flows: (0..self.flows.len())
                .map(|at| Flow {
                    name: format!("{at}"),
                    priority: at as u8,
                    ..Flow::default()
                })
                .collect(),
            ..Config::default()
        }
    }

    fn once(&self, seed: u64) -> Vec<Figures> {
        let mut figures = vec![Figures::default(); self.steps.len()];
        let per_second = f64::from(self.allowed) / self.period.as_secs_f64();
        // Nothing is aligned to the wall clock.
        let begin = Instant::from_nanos(100_000_000_000 + seed * 1_234_567_891);
        let end = begin + self.period * STEP * self.steps.len() as u32;
        let step_at = |now: Instant| {
            let windows = now.since(begin).as_secs_f64() / self.period.as_secs_f64();
            ((windows / f64::from(STEP)) as usize).min(self.steps.len() - 1)
        };
        let measured = |now: Instant| {
            let windows = now.since(begin).as_secs_f64() / self.period.as_secs_f64();
            let settled = windows % f64::from(STEP) >= f64::from(FOLLOWS);
            settled.then(|| step_at(now))
        };
        let windows = f64::from(STEP - FOLLOWS);
        for (it, share) in figures.iter_mut().zip(self.steps) {
            it.left = windows * f64::from(self.allowed) * (1.0 - share);
        }
        let mut engine = Engine::new(self.config(), seed, begin);
        let mut upstream = Upstream {
            case: *self,
            opened: None,
            count: 0,
            log: VecDeque::new(),
        };
        let mut random = Stream::new(seed * 7_919 + 1);
        let mut heap = BinaryHeap::new();
        let mut serial = 0_u64;
        let mut push = |heap: &mut BinaryHeap<_>, at: Instant, due: Due| {
            serial += 1;
            heap.push(Reverse((at, serial, due)));
        };
        for flow in 0..self.flows.len() as u32 {
            push(&mut heap, begin, Due::Arrival(flow));
        }
        push(&mut heap, begin, Due::Stranger);
        let mut arrived: Vec<(u32, Instant)> = Vec::new();
        while let Some(Reverse((now, _, due))) = heap.pop() {
            if now >= end {
                break;
            }
            match due {
                Due::Arrival(flow) => {
                    let rate = per_second * self.flows[flow as usize];
                    push(&mut heap, now + gap(&mut random, rate), Due::Arrival(flow));
                    let within = if flow == 0 && self.flows.len() > 1 {
                        self.period * 2 / 3
                    } else {
                        self.period * 5 / 3
                    };
                    let submission = Submission {
                        execution: ExecutionId(arrived.len() as u64),
                        flow: FlowId(flow),
                        route: RouteId(0),
                        endpoint: EndpointId::UNKNOWN,
                        deadline: now + within,
                        timeout: Duration::from_secs(600),
                        idempotent: true,
                    };
                    arrived.push((flow, now));
                    if let Some(step) = measured(now) {
                        figures[step].taken_in += 1;
                        figures[step].first += u32::from(flow == 0);
                    }
                    engine.handle_event(Event::Submit(submission), now);
                }
                Due::Stranger => {
                    let share = self.steps[step_at(now)];
                    if share == 0.0 {
                        push(&mut heap, now + self.period / 50, Due::Stranger);
                        continue;
                    }
                    let rate = per_second * share;
                    let gap = if self.steady {
                        Duration::from_secs_f64((0.9 + 0.2 * random.fraction()) / rate)
                    } else {
                        gap(&mut random, rate)
                    };
                    push(&mut heap, now + gap, Due::Stranger);
                    let (ok, ..) = upstream.call(now);
                    if let Some(step) = measured(now) {
                        figures[step].asked += 1;
                        figures[step].served += u32::from(ok);
                    }
                    continue;
                }
                Due::Counted(attempt, _) => {
                    let (ok, count, reset) = upstream.call(now);
                    if let Some(step) = measured(now) {
                        figures[step].sent += 1;
                        figures[step].refused += u32::from(!ok);
                    }
                    push(
                        &mut heap,
                        now + LATENCY,
                        Due::Answer(attempt, ok, count, reset),
                    );
                    continue;
                }
                Due::Answer(attempt, ok, count, reset) => {
                    let seconds = Duration::from_secs(reset.as_secs_f64().ceil() as u64);
                    let facts = Facts {
                        refused: false,
                        retry_after: Some(seconds).filter(|_| !ok && self.retry_after),
                        window: (self.headers && !(ok && self.only_full)).then_some(WindowFact {
                            count,
                            allowed: self.allowed,
                            reset: seconds,
                            family: Family::Platform,
                        }),
                    };
                    let status = if ok { 200 } else { 429 };
                    let head = Event::Head {
                        attempt,
                        status,
                        facts,
                    };
                    engine.handle_event(head, now);
                    engine.handle_event(Event::Done(attempt), now);
                }
                Due::Wake => engine.handle_timeout(now),
            }
            while let Some(command) = engine.poll_command() {
                match command {
                    Command::Send {
                        execution, attempt, ..
                    } => {
                        let way_in = WAY_IN.mul_f64(random.fraction());
                        push(&mut heap, now + way_in, Due::Counted(attempt, execution));
                    }
                    Command::Finish(execution, verdict) => {
                        let (flow, at) = arrived[execution.index()];
                        let Some(step) = measured(at) else { continue };
                        let it = &mut figures[step];
                        match verdict {
                            Verdict::Answered(_) => it.first_answered += u32::from(flow == 0),
                            Verdict::Refused(refusal)
                                if refusal.reason == tollgate_model::Reason::Expired =>
                            {
                                it.expired += 1;
                            }
                            Verdict::Refused(refusal)
                                if refusal.reason
                                    == tollgate_model::Reason::DeadlineCannotBeMet
                                    || refusal.reason == tollgate_model::Reason::UpstreamClosed =>
                            {
                                it.taken_in -= 1;
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
            if let Some(at) = engine.poll_timeout() {
                let first = heap.peek().map(|Reverse((at, ..))| *at);
                if first.is_none_or(|first| at < first) {
                    push(&mut heap, at.max(now), Due::Wake);
                }
            }
        }
        figures
    }
}

/// The time to the next of so many calls a second.
fn gap(random: &mut Stream, per_second: f64) -> Duration {
    Duration::from_secs_f64(-(1.0 - random.fraction()).ln() / per_second)
}
