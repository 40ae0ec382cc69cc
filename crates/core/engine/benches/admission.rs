//! What one admission costs, beside `governor`'s check, and what an idle token and a queued call take
//! in memory. `cargo bench -p tollgate-engine`.
//!
//! Each figure is the median of many small batches, since the machine may be busy with other things.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use governor::{Quota, RateLimiter};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant as Clock};
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Flow, Mode, Policy, Pool, Route, Submission,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, RouteId,
    Rule, Scope, TokenId,
};

const PER_TOKEN: u32 = 10;
const PERIOD: Duration = Duration::from_secs(60);
const LATENCY: Duration = Duration::from_millis(80);
const BATCHES: usize = 400;
const BATCH: usize = 64;

/// An engine with so many tokens, all used up to now, and a count of what it did.
struct Bench {
    engine: Engine,
    now: Instant,
    next: u64,
    /// Sent and not answered.
    under_way: std::collections::VecDeque<(Instant, AttemptId)>,
    tokens: u32,
    /// Calls of the flow that is measured which wait.
    waiting: usize,
    /// A first class asks for two calls of five; what is measured is of the second then.
    beside: bool,
}

impl Bench {
    fn new(tokens: u32, beside: bool, mode: Mode) -> Self {
        let limit = |name: &str, scope, allowed| Limit {
            name: name.into(),
            scope,
            rule: Rule::Window {
                allowed,
                period: PERIOD,
                counted_within: Some(Duration::from_millis(15)),
            },
        };
        let organisation = limit("organisation", Scope::Organisation, PER_TOKEN * tokens);
        let concurrency = Limit {
            name: "concurrency".into(),
            scope: Scope::Organisation,
            rule: Rule::Concurrency { allowed: 1 << 20 },
        };
        let config = Config {
            limits: vec![organisation, concurrency].into(),
            clients: vec![Client {
                name: "one".into(),
                limits: vec![],
                token_limits: vec![limit("token", Scope::Token, PER_TOKEN).into()],
                max_tokens: tokens,
                shared_as: None,
            }]
            .into(),
            pools: vec![Pool {
                name: "pool".into(),
                clients: vec![ClientId(0)],
            }]
            .into(),
            routes: vec![Route {
                name: "platform".into(),
                limits: vec![LimitId(0), LimitId(1)],
                pool: Some(PoolId(0)),
                ..Route::default()
            }]
            .into(),
            flows: vec![
                Flow {
                    name: "calls".into(),
                    priority: u8::from(beside),
                    mode,
                    max_queued: usize::MAX,
                    ..Flow::default()
                },
                Flow {
                    name: "first".into(),
                    ..Flow::default()
                },
            ]
            .into(),
            policy: Policy {
                max_queued: usize::MAX,
                ..Policy::default()
            },
        };
        let mut bench = Self {
            engine: Engine::new(config, 1, Instant::ZERO),
            now: Instant::ZERO,
            next: 0,
            under_way: std::collections::VecDeque::new(),
            tokens,
            waiting: 0,
            beside,
        };
        // A call each step; the pool grows as it must, and the slots' ends spread over the period.
        let steps = PER_TOKEN * tokens;
        for _ in 0..steps {
            bench.now = bench.now + PERIOD / steps;
            bench.answer();
            bench.submit(bench.measured());
            bench.carry_out();
        }
        bench
    }

    /// Whether the next call is of the flow that is measured.
    fn measured(&self) -> bool {
        !self.beside || self.next % 5 > 1
    }

    fn submit(&mut self, measured: bool) {
        // Deadlines mostly in order, now and then one that is not.
        let later = if self.next.is_multiple_of(16) {
            3_000
        } else {
            4_000
        };
        let submission = Submission {
            execution: ExecutionId(2 * self.next + u64::from(measured)),
            flow: FlowId(u32::from(!measured)),
            route: RouteId(0),
            endpoint: EndpointId::UNKNOWN,
            deadline: self.now + Duration::from_secs(later * 1_000_000),
            timeout: Duration::from_secs(60),
            idempotent: true,
        };
        self.next += 1;
        self.waiting += usize::from(measured);
        self.engine
            .handle_event(Event::Submit(submission), self.now);
    }

    /// Carries out what the engine wants, tokens at once.
    fn carry_out(&mut self) -> usize {
        let mut sent = 0;
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send {
                    execution, attempt, ..
                } => {
                    sent += 1;
                    self.waiting -= execution.index() % 2;
                    self.under_way.push_back((self.now + LATENCY, attempt));
                }
                Command::FetchToken(_, token) => self.grant(token),
                _ => {}
            }
        }
        sent
    }

    fn grant(&mut self, token: TokenId) {
        let expires_in = Duration::from_secs(86_400_000);
        self.engine
            .handle_event(Event::TokenGranted { token, expires_in }, self.now);
    }

    /// Gives the next answer, if it is due; tells how many calls that started.
    fn answer(&mut self) -> usize {
        match self.under_way.front() {
            Some((at, _)) if *at <= self.now => {}
            _ => return 0,
        }
        let Some((_, attempt)) = self.under_way.pop_front() else {
            return 0;
        };
        let head = Event::Head {
            attempt,
            status: 200,
            facts: Facts::default(),
        };
        self.engine.handle_event(head, self.now);
        self.engine.handle_event(Event::Done(attempt), self.now);
        self.carry_out()
    }

    /// Submits until so many wait.
    fn queue_up(&mut self, calls: usize) {
        while self.waiting < calls {
            self.submit(true);
            self.carry_out();
        }
    }

    /// Nanoseconds of a submission (started at once, or put in the queue), of a start from the queue,
    /// and of an answer; medians over the batches.
    fn measure(&mut self, queued: usize) -> [f64; 3] {
        let step = PERIOD / (PER_TOKEN * self.tokens);
        let mut medians = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..BATCHES {
            let mut spent = [Duration::ZERO; 3];
            let mut counts = [0_usize; 3];
            for _ in 0..BATCH {
                let mut started = queued == 0;
                self.now = self.now
                    + if queued > 0 {
                        Duration::ZERO
                    } else {
                        step * 11 / 10
                    };
                self.queue_up(queued);
                loop {
                    // Answers and wake-ups in the order of their instants, until something starts.
                    let wake = self.engine.poll_timeout().unwrap_or(Instant::NEVER);
                    let due = self.under_way.front().map_or(Instant::NEVER, |(at, _)| *at);
                    if due <= if started { self.now } else { wake } {
                        self.now = self.now.max(due);
                        let begun = Clock::now();
                        let sent = self.answer();
                        spent[2] += begun.elapsed();
                        counts[2] += 1;
                        started |= sent > 0;
                    } else if !started {
                        self.now = self.now.max(wake);
                        let begun = Clock::now();
                        self.engine.handle_timeout(self.now);
                        let sent = black_box(self.carry_out());
                        spent[1] += begun.elapsed();
                        counts[1] += sent;
                        started = sent > 0;
                    } else {
                        break;
                    }
                }
                while !self.measured() {
                    self.submit(false);
                    self.carry_out();
                }
                let begun = Clock::now();
                self.submit(true);
                black_box(self.carry_out());
                spent[0] += begun.elapsed();
                counts[0] += 1;
            }
            for ((medians, spent), count) in medians.iter_mut().zip(spent).zip(counts) {
                if count > 0 {
                    medians.push(spent.as_nanos() as f64 / count as f64);
                }
            }
        }
        medians.map(median)
    }
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_unstable_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What reading the clock twice costs, which every figure with one call a batch step contains.
fn clock() -> f64 {
    let batches = (0..BATCHES).map(|_| {
        let mut spent = Duration::ZERO;
        for _ in 0..BATCH {
            let begun = Clock::now();
            spent += begun.elapsed();
        }
        spent.as_nanos() as f64 / BATCH as f64
    });
    median(batches.collect())
}

fn governor() -> f64 {
    let limiter = RateLimiter::direct(Quota::per_second(NonZeroU32::MAX));
    let batches = (0..BATCHES).map(|_| {
        let mut spent = Duration::ZERO;
        for _ in 0..BATCH {
            let begun = Clock::now();
            black_box(limiter.check()).ok();
            spent += begun.elapsed();
        }
        spent.as_nanos() as f64 / BATCH as f64
    });
    median(batches.collect())
}

/// Resident memory of this process; zero where the system does not tell.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split_whitespace()
        .nth(1)
        .and_then(|it| it.parse().ok());
    pages.map_or(0.0, |pages: f64| pages * 4096.0)
}

fn memory() {
    const TOKENS: u32 = 10_000;
    const CALLS: usize = 200_000;
    // A pool in use, an hour later: its tokens are idle, their slots free.
    let base = resident();
    let mut idle = Bench::new(TOKENS, false, Mode::Enforce);
    idle.now = idle.now + Duration::from_secs(3_600);
    while !idle.under_way.is_empty() {
        idle.answer();
    }
    idle.engine.handle_timeout(idle.now);
    let tokens = (resident() - base) / f64::from(TOKENS);
    let mut bench = Bench::new(1, false, Mode::Enforce);
    let base = resident();
    bench.queue_up(CALLS);
    let calls = (resident() - base) / CALLS as f64;
    println!("an idle token that was used takes {tokens:.0} bytes, a queued call {calls:.0}");
    black_box((&mut idle, &mut bench));
    // Calls in shadow that are answered, and of which it is not decided yet what would have become of them.
    let mut bench = Bench::new(1, false, Mode::Shadow);
    let base = resident();
    for _ in 0..CALLS {
        bench.submit(true);
        bench.carry_out();
        bench.now = bench.now + Duration::from_micros(10);
        while bench
            .under_way
            .front()
            .is_some_and(|(at, _)| *at <= bench.now)
        {
            bench.answer();
        }
    }
    let undecided = (resident() - base) / CALLS as f64;
    println!("an undecided call in shadow takes {undecided:.0} bytes");
    black_box(&mut bench);
}

fn main() {
    // First, while no memory is left over from anything else.
    memory();
    let clock = clock();
    println!(
        "governor's check: {:.0} ns (of it the clock around it: {clock:.0} ns)",
        governor()
    );
    println!(
        "{:>8} {:>8} {:>12} {:>12} {:>12}   ns, clock taken off",
        "tokens", "queued", "submission", "start", "answer"
    );
    for beside in [false, true] {
        if beside {
            println!("beside a first class that asks for two calls of five");
        }
        for tokens in [1, 100, 10_000] {
            for queued in [0, 1_000, 100_000] {
                let mut bench = Bench::new(tokens, beside, Mode::Enforce);
                bench.queue_up(queued);
                let [submission, start, answer] = bench.measure(queued);
                println!(
                    "{tokens:>8} {queued:>8} {:>12.0} {:>12.0} {:>12.0}",
                    submission - clock,
                    start - clock,
                    answer - clock
                );
            }
        }
    }
    println!("with the flow in shadow");
    for tokens in [1, 100, 10_000] {
        let mut bench = Bench::new(tokens, false, Mode::Shadow);
        let [submission, start, answer] = bench.measure(0);
        println!(
            "{tokens:>8} {:>8} {:>12.0} {:>12.0} {:>12.0}",
            0,
            submission - clock,
            start - clock,
            answer - clock
        );
    }
}
