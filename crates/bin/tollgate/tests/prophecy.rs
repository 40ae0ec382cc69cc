//! What is simulated is what happens: one scenario in virtual time, and live over sockets.
//!
//! Time is compressed: windows of two seconds in the place of a minute. A short probe measures how long
//! the emulated upstream takes on this machine; the simulator is told that, and nothing else of it.
//! Then the same arrivals run through the simulator and through the driver against the emulator. Live
//! and simulated must agree: the ceiling to within 2 %, the waits that half and 95 of 100 calls don't
//! exceed to within 10 % or 10 ms, what is refused to within two calls in a hundred.
//!
//! On a machine that is busy with other things calls take longer than the probe found. Then the
//! prophecy is made again from the times that the calls took live, and must agree with that; and
//! because a stall in the wrong moment says nothing at all, all of it may be tried three times.
//! `cargo test -p tollgate --test prophecy -- --nocapture` prints both side by side.

use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tollgate_driver::{
    Bounds, Call, ClientCredentials, Driver, Failure, Request, RequestBody, Setup,
};
use tollgate_emulator::Emulator;
use tollgate_model::Stream;
use tollgate_platform::Spread;
use tollgate_sim::latency::Latency;
use tollgate_sim::stats::Histogram;
use tollgate_sim::{Policy, Records, Scenario, Source, run};

/// What the emulated upstream is set to.
const LATENCY: Duration = Duration::from_millis(40);
const PROBES: usize = 60;
const TRIES: usize = 3;

const SCENARIO: &str = r#"
name = "prophecy"
warm_up = "0s"
[limits]
token = 45
organisation = 160
executions = 0
concurrency = 30
period = "2s"
token_latency = "5ms"
[[client]]
name = "a"
tokens = 5
[[action]]
name = "lookup"
timeout = "10s"
[[flow]]
name = "voice"
deadline = "DEADLINE"
calls = ["lookup"]
arrivals = { per_minute = 1 }
"#;

/// What is compared.
#[derive(Debug)]
struct Seen {
    admitted: u64,
    limited: u64,
    refused: f64,
    p50: f64,
    p95: f64,
}

fn scenario(deadline: &str) -> Scenario {
    let source = Source {
        file: "prophecy.toml",
        read: &|_| Err(std::io::Error::other("no files here")),
    };
    let text = SCENARIO.replace("DEADLINE", deadline);
    Scenario::parse(&text, &source).unwrap_or_else(|error| panic!("{error}"))
}

/// Seconds at which calls begin: Poisson, at a rate for each second in turn.
fn arrivals(rates: &[f64], seed: u64) -> Vec<f64> {
    let mut random = Stream::child(seed, "prophecy", 0);
    let mut times = Vec::new();
    for (second, rate) in rates.iter().enumerate() {
        let mut at = random.exponential() / rate;
        while at < 1.0 {
            times.push(second as f64 + at);
            at += random.exponential() / rate;
        }
    }
    times
}

fn simulated(scenario: &Scenario, times: &[f64]) -> Seen {
    let mut text = "at,flow,action,latency_ms,outcome\n".to_owned();
    for at in times {
        let _ = writeln!(text, "{at:.6},voice,lookup,,answered");
    }
    let records = Records::parse(&text, "arrivals").expect("sound records");
    let run = run(&scenario.replaying(&records), Policy::Tollgate, 1);
    let flow = &run.flows[0];
    Seen {
        admitted: run.admitted,
        limited: run.limited(),
        refused: (flow.calls - flow.answered) as f64 / flow.calls as f64,
        p50: quantile(&flow.wait, 0.5),
        p95: quantile(&flow.wait, 0.95),
    }
}

/// In milliseconds.
fn quantile(waits: &Histogram, share: f64) -> f64 {
    waits.quantile(share).unwrap_or(0) as f64 / 1e3
}

struct Live {
    emulator: Emulator,
    driver: Driver,
    call: Call,
}

impl Live {
    async fn start(scenario: &Scenario) -> Self {
        let mut platform = scenario.platform();
        platform.latency = Spread::fixed(LATENCY);
        platform.concurrency = scenario.limits.concurrency;
        for client in &mut platform.clients {
            client.secret = "emulated".to_owned();
        }
        let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into())
            .await
            .expect("a free port");
        let base = format!("http://{}", emulator.address());
        let url = |path: &str| format!("{base}{path}").parse().expect("a URL");
        let tables = scenario.tables();
        let flow = tables.config.flows.ids().next().expect("a flow");
        let driver = Driver::start(Setup {
            engine: tables.config,
            clients: vec![ClientCredentials {
                token_url: url("/oauth/token"),
                client_id: "a".to_owned(),
                client_secret: String::from("emulated").into(),
            }],
            seed: 1,
            bounds: Bounds::default(),
            extra_roots_pem: Vec::new(),
            proxy: None,
        })
        .expect("a sound setup");
        let call = Call {
            route: tables.routes[0],
            flow,
            deadline: scenario.flows[0].deadline,
            timeout: scenario.actions[0].timeout,
            path_template: None,
            idempotent: true,
            request: Request::new(
                "GET".parse().expect("a method"),
                url("/api/v2/users/7/presences/PURECLOUD"),
                Default::default(),
                RequestBody::default(),
            ),
        };
        Self {
            emulator,
            driver,
            call,
        }
    }

    /// Measures how long the upstream takes, one call after the other.
    async fn probe(&self) -> Latency {
        let mut seconds = Vec::with_capacity(PROBES);
        for _ in 0..PROBES {
            let answer = self
                .driver
                .execute(self.call.clone())
                .await
                .expect("an answer");
            seconds.push((answer.took - answer.waited).as_secs_f64());
        }
        Latency::measured(seconds).expect("there were probes")
    }

    /// What was seen, and how long the calls took upstream.
    async fn replay(&self, times: &[f64]) -> (Seen, Latency) {
        let before = self.emulator.counts();
        let start = tokio::time::Instant::now();
        let mut calls = tokio::task::JoinSet::new();
        for at in times {
            tokio::time::sleep_until(start + Duration::from_secs_f64(*at)).await;
            let (driver, call) = (self.driver.clone(), self.call.clone());
            calls.spawn(async move { driver.execute(call).await });
        }
        let (mut waits, mut refused, mut seconds) = (Histogram::default(), 0, Vec::new());
        while let Some(ended) = calls.join_next().await {
            match ended.expect("no call panics") {
                Ok(answer) => {
                    waits.record(answer.waited.as_micros() as u64);
                    seconds.push((answer.took - answer.waited).as_secs_f64());
                }
                Err(Failure::Refused { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        let after = self.emulator.counts();
        let seen = Seen {
            admitted: after.admitted - before.admitted,
            limited: after.limited() - before.limited(),
            refused: f64::from(refused) / times.len() as f64,
            p50: quantile(&waits, 0.5),
            p95: quantile(&waits, 0.95),
        };
        (
            seen,
            Latency::measured(seconds).expect("calls were answered"),
        )
    }
}

fn wait_agrees(live: f64, foretold: f64) -> bool {
    let off = (live - foretold).abs();
    off <= 10.0 || off <= foretold * 0.1
}

fn agrees(live: &Seen, foretold: &Seen) -> bool {
    let ceiling = (live.admitted as f64 / foretold.admitted as f64 - 1.0).abs();
    ceiling <= 0.02
        && (live.refused - foretold.refused).abs() <= 0.02
        && wait_agrees(live.p50, foretold.p50)
        && wait_agrees(live.p95, foretold.p95)
}

fn show(what: &str, live: &Seen, foretold: &Seen) {
    println!("{what:<24}{:>12}{:>12}", "simulated", "live");
    let row = |name: &str, simulated: f64, live: f64, places: usize| {
        println!("  {name:<22}{simulated:>12.places$}{live:>12.places$}");
    };
    row(
        "calls admitted",
        foretold.admitted as f64,
        live.admitted as f64,
        0,
    );
    row(
        "answers 429",
        foretold.limited as f64,
        live.limited as f64,
        0,
    );
    row(
        "refused, per cent",
        foretold.refused * 100.0,
        live.refused * 100.0,
        2,
    );
    row("wait p50, ms", foretold.p50, live.p50, 1);
    row("wait p95, ms", foretold.p95, live.p95, 1);
}

async fn foretell(what: &str, deadline: &str, rates: &[f64]) {
    let times = arrivals(rates, 7);
    for attempt in 1..=TRIES {
        let mut scenario = scenario(deadline);
        // The probe has an engine of its own, so that the run starts with empty windows.
        scenario.actions[0].latency = Live::start(&scenario).await.probe().await;
        let started = Instant::now();
        let foretold = simulated(&scenario, &times);
        let took = started.elapsed();
        let (live, found) = Live::start(&scenario).await.replay(&times).await;
        show(what, &live, &foretold);
        println!("  ({} calls; simulated in {took:.1?})", times.len());
        assert_eq!(
            (foretold.limited, live.limited),
            (0, 0),
            "no 429, here or there"
        );
        if agrees(&live, &foretold) {
            return;
        }
        let (probed, found_mean) = (scenario.actions[0].latency.mean(), found.mean());
        if found_mean > probed * 1.1 {
            scenario.actions[0].latency = found;
            let again = simulated(&scenario, &times);
            let what = format!("{what}, when calls took {found_mean:.3} s and not {probed:.3}");
            show(&what, &live, &again);
            if agrees(&live, &again) {
                return;
            }
        }
        eprintln!("{what}: did not agree, try {attempt} of {TRIES}");
    }
    panic!("{what}: simulated and live disagree {TRIES} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulator_foretells_what_happens_live() {
    // Twice what the organisation allows, with little patience: the ceiling.
    foretell("beyond the ceiling", "300ms", &[160.0; 12]).await;
    // Below the ceiling on the average, with two bursts that have to wait for room.
    let mut rates = [55.0; 16];
    rates[3] = 230.0;
    rates[10] = 260.0;
    foretell("bursts that wait", "10s", &rates).await;
}
