//! A concurrency limit is the c servers of queueing theory: waiting times must be the known ones.
//!
//! M/M/c by Erlang's C; M/D/c by Crommelin's sum. Twenty replications, and the formula's mean must lie
//! within their 95 % interval, widened by nothing. The seed is fixed, so this is decided once. (All
//! cases share their arrivals. A hundred replications of a hundred minutes agree too, at a load of 0.9
//! besides, with intervals of ±0.9 to ±2.4 %.)

mod common;

use common::scenario;
use tollgate_sim::stats::Estimate;
use tollgate_sim::{Policy, Scenario, run, seed_of};

const SLOTS: u32 = 5;
const SERVICE: f64 = 0.6;

fn queue(latency: &str, load: f64) -> Scenario {
    let per_minute = load * f64::from(SLOTS) / SERVICE * 60.0;
    scenario(&format!(
        r#"
        seed = 2
        replications = 20
        warm_up = "10m"
        duration = "60m"
        [limits]
        token = 0
        organisation = 0
        executions = 0
        concurrency = {SLOTS}
        [[client]]
        name = "a"
        [[action]]
        name = "lookup"
        latency = {{ {latency} }}
        [[flow]]
        name = "voice"
        calls = ["lookup"]
        deadline = "1h"
        arrivals = {{ per_minute = {per_minute} }}
        "#
    ))
}

fn mean_wait(scenario: &Scenario) -> Estimate {
    let waits: Vec<f64> = (0..scenario.replications)
        .map(|n| {
            let run = run(scenario, Policy::Tollgate, seed_of(scenario, n));
            run.flows[0].wait.mean().expect("calls were answered") / 1e6
        })
        .collect();
    Estimate::of(&waits).expect("there were runs")
}

/// Mean wait in M/M/c.
fn erlang(load: f64) -> f64 {
    let c = f64::from(SLOTS);
    let a = load * c;
    let blocked = (1..=SLOTS).fold(1.0, |b, n| a * b / (f64::from(n) + a * b));
    let waits = blocked / (1.0 - load * (1.0 - blocked));
    waits * SERVICE / (c * (1.0 - load))
}

/// Mean wait in M/D/c: D·Σᵢ e^{-ia}·[Σ_{j≥ic} (ia)^j/j! − (c/a)·Σ_{j>ic} (ia)^j/j!].
fn crommelin(load: f64) -> f64 {
    let c = f64::from(SLOTS);
    let a = load * c;
    let term = |i: f64| {
        let (mut term, mut j) = (0.0_f64, i * c);
        // e^{-ia}(ia)^{ic}/(ic)! by logarithms.
        term += -i * a + j * (i * a).ln() - (1..=j as u64).map(|n| (n as f64).ln()).sum::<f64>();
        let mut term = term.exp();
        let (mut from, mut above) = (term, 0.0);
        while term > 1e-18 {
            j += 1.0;
            term *= i * a / j;
            from += term;
            above += term;
        }
        from - above / load
    };
    (1..400).map(|i| term(f64::from(i))).sum::<f64>() * SERVICE
}

fn agree(latency: &str, formula: fn(f64) -> f64) {
    for load in [0.6, 0.8] {
        let found = mean_wait(&queue(latency, load));
        let wanted = formula(load);
        println!("{latency} at {load}: {found:?}, theory {wanted:.5}");
        let half = found.half.expect("there were several runs");
        assert!(
            (found.mean - wanted).abs() <= half,
            "{latency} at {load}: {} ± {half} s, theory says {wanted}",
            found.mean
        );
        assert!(half < wanted * 0.12, "the interval says something: {half}");
    }
}

#[test]
fn the_formulas_know_their_own_limits() {
    // With one server M/D/1 is ρ/(2(1−ρ)); here c = 5, so only the ratio to M/M/c is known: about half.
    let ratio = crommelin(0.9) / erlang(0.9);
    assert!((0.5..0.56).contains(&ratio), "{ratio}");
}

#[test]
fn memoryless_servers_wait_as_erlang_says() {
    agree("exponential = \"600ms\"", erlang);
}

#[test]
fn steady_servers_wait_as_crommelin_says() {
    agree("fixed = \"600ms\"", crommelin);
}
