//! What becomes of the quota when refusals come at random, from one path, or with headers of another limit:
//! in virtual time, against an upstream that counts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;
use tollgate_engine::{
    Command, Config, Engine, Event, Facts, Family, Flow, Route, Submission, Verdict, WindowFact,
};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, Reason, RouteId, Rule,
    Scope,
};

const SECOND: u64 = 1_000_000_000;
const LATENCY: u64 = SECOND / 50;
const WINDOW: u64 = 6 * SECOND;

/// The upstream, and those who call it.
#[derive(Clone)]
struct Case {
    /// Calls that the upstream takes in a window; 60 are configured.
    takes: usize,
    /// Of a hundred calls so many are refused by something that stands before the limits.
    strays: u64,
    /// What the strays ask for.
    asks: Option<Duration>,
    /// Calls of the first endpoint that are taken in a minute, beside the others.
    of_first: Option<usize>,
    /// Calls a second, for each endpoint in turn.
    rate: u64,
    endpoints: u32,
    /// Every answer tells of a day's window.
    daily: bool,
    seconds: u64,
}

const PLAIN: Case = Case {
    takes: 60,
    strays: 0,
    asks: None,
    of_first: None,
    rate: 15,
    endpoints: 1,
    daily: false,
    seconds: 600,
};

/// What became of the calls.
#[derive(Debug, Default)]
struct Ends {
    /// By endpoint: submitted, answered 200.
    of: BTreeMap<u32, (u64, u64)>,
    accepted: u64,
    refused_upstream: u64,
    expired: u64,
    taken_in: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Arrival,
    Answer(AttemptId, u32, bool),
    Wake,
}

fn run(case: &Case, seed: u64) -> Ends {
    let config = Config {
        limits: vec![Limit {
            name: "upstream".into(),
            scope: Scope::Integration,
            rule: Rule::Window {
                allowed: 60,
                period: Duration::from_nanos(WINDOW),
                counted_within: None,
            },
        }]
        .into(),
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow::default()].into(),
        ..Config::default()
    };
    let mut engine = Engine::new(config, seed, Instant::ZERO);
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut heap = BinaryHeap::from([Reverse((0, Due::Arrival))]);
    let (mut window, mut first) = (VecDeque::new(), VecDeque::new());
    let mut ends = Ends::default();
    let mut endpoints = BTreeMap::new();
    let mut next = 0_u64;
    let end = case.seconds * SECOND;
    while let Some(Reverse((now, due))) = heap.pop() {
        if now > end {
            break;
        }
        let at = Instant::from_nanos(now);
        match due {
            Due::Arrival => {
                let endpoint = 1 + (next % u64::from(case.endpoints)) as u32;
                let execution = ExecutionId(next);
                next += 1;
                endpoints.insert(execution, endpoint);
                ends.of.entry(endpoint).or_default().0 += 1;
                ends.taken_in += 1;
                let pause = SECOND / case.rate;
                heap.push(Reverse((now + pause / 2 + draw() % pause, Due::Arrival)));
                let submission = Submission {
                    execution,
                    flow: FlowId(0),
                    route: RouteId(0),
                    endpoint: EndpointId(endpoint),
                    deadline: at + Duration::from_secs(10),
                    timeout: Duration::from_secs(60),
                    idempotent: false,
                };
                engine.handle_event(Event::Submit(submission), at);
            }
            Due::Answer(attempt, endpoint, stray) => {
                while window.front().is_some_and(|it| it + WINDOW <= now) {
                    window.pop_front();
                }
                while first.front().is_some_and(|it| it + 60 * SECOND <= now) {
                    first.pop_front();
                }
                let of_first = case.of_first.filter(|_| endpoint == 1);
                let full = window.len() >= case.takes;
                let path = of_first.is_some_and(|most| first.len() >= most);
                let refused = stray || full || path;
                let retry_after = match (stray, path) {
                    (true, _) => case.asks,
                    (_, true) => first
                        .front()
                        .map(|it| Duration::from_nanos(it + 60 * SECOND - now)),
                    _ => None,
                };
                if refused {
                    ends.refused_upstream += 1;
                } else {
                    ends.accepted += 1;
                    window.push_back(now);
                    if of_first.is_some() {
                        first.push_back(now);
                    }
                }
                let facts = Facts {
                    retry_after,
                    window: case.daily.then_some(WindowFact {
                        count: 1 + (ends.accepted % 9_000) as u32,
                        allowed: 10_000,
                        reset: Duration::from_secs(80_000),
                        family: Family::Vendors,
                    }),
                    refused: false,
                };
                let status = if refused { 429 } else { 200 };
                let head = Event::Head {
                    attempt,
                    status,
                    facts,
                };
                engine.handle_event(head, at);
                engine.handle_event(Event::Done(attempt), at);
            }
            Due::Wake => engine.handle_timeout(at),
        }
        while let Some(command) = engine.poll_command() {
            match command {
                Command::Send {
                    execution, attempt, ..
                } => {
                    let stray = draw() % 100 < case.strays;
                    let answer = Due::Answer(attempt, endpoints[&execution], stray);
                    heap.push(Reverse((now + LATENCY, answer)));
                }
                Command::Finish(execution, verdict) => {
                    let of = ends.of.get_mut(&endpoints[&execution]).unwrap();
                    match verdict {
                        Verdict::Answered(_) => of.1 += 1,
                        Verdict::Refused(it) if it.reason == Reason::Expired => ends.expired += 1,
                        _ => ends.taken_in -= 1,
                    }
                }
                _ => {}
            }
        }
        if let Some(wake) = engine.poll_timeout() {
            let wake = wake.as_nanos().max(now);
            if heap.peek().is_none_or(|Reverse((due, _))| wake < *due) {
                heap.push(Reverse((wake, Due::Wake)));
            }
        }
    }
    ends
}

#[test]
fn without_a_refusal_nobody_expires_either() {
    let ends = run(&PLAIN, 1);
    println!("{ends:?}");
    assert!(ends.expired * 1_000 <= ends.taken_in, "{ends:?}");
}

#[test]
fn refusals_at_random_cost_no_quota_whatever_they_ask_for() {
    let asks = [
        None,
        Some(60),
        Some(3_600),
        Some(86_400),
        Some(6_000),
        Some(2),
    ];
    for strays in [1, 3] {
        for asks in asks {
            let case = Case {
                strays,
                asks: asks.map(Duration::from_secs),
                ..PLAIN
            };
            for seed in 1..4 {
                let ends = run(&case, seed);
                let most = case.seconds * SECOND / WINDOW * 60;
                let used = ends.accepted as f64 / most as f64;
                println!("{strays} % {asks:?} {seed}: {:.2} % {ends:?}", used * 100.0);
                assert!(used >= 0.99, "{strays} % {asks:?}: {used} {ends:?}");
                assert!(ends.expired * 1_000 <= ends.taken_in, "{ends:?}");
            }
        }
    }
}

#[test]
fn one_paths_limit_and_one_hosts_stop_no_other() {
    for endpoints in [2, 3, 5] {
        let case = Case {
            of_first: Some(10),
            rate: 8,
            endpoints,
            ..PLAIN
        };
        let ends = run(&case, 1);
        println!("{endpoints}: {ends:?}");
        for (endpoint, (submitted, answered)) in &ends.of {
            // What was submitted last is under way.
            assert!(
                *endpoint == 1 || answered + 2 >= *submitted,
                "{endpoint}: {ends:?}"
            );
        }
        // Ten minutes of ten, by who is asked after each pause.
        assert!(ends.of[&1].1 >= 90, "{ends:?}");
        assert!(ends.refused_upstream <= 120, "{ends:?}");
    }
}

#[test]
fn headers_of_a_day_close_nothing_for_a_day() {
    let case = Case {
        takes: 40,
        daily: true,
        ..PLAIN
    };
    let ends = run(&case, 1);
    let most = case.seconds * SECOND / WINDOW * 40;
    let used = ends.accepted as f64 / most as f64;
    println!("{:.2} %: {ends:?}", used * 100.0);
    assert!(used >= 0.95, "{used} {ends:?}");
}
