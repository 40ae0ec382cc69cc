//! Limits drawn at random are found.

#![allow(
    clippy::disallowed_methods,
    reason = "a person chooses a seed by the environment; the world has no clock"
)]

mod world;

use tollgate_learn::{Group, KnownLimit};
use tollgate_model::{EndpointId, Rule};
use world::limiter::{Declared, Learning, Limiter, oracle, window};
use world::random::Random;
use world::upstream::{Mechanism, Truth};
use world::{Case, SECOND, Told, run};

const MILLI: u64 = 1_000_000;

fn draw(seed: u64) -> Case {
    let mut random = Random::new(seed * 7_919);
    let mut pick = |from: &[u64]| from[random.below(from.len() as u64) as usize];
    let kind = pick(&[0, 1, 2, 3, 3, 4, 5, 6]);
    let period = pick(&[3, 5, 6, 7, 8, 10, 12, 15]) * SECOND;
    let allowed = (8 + pick(&[0, 3, 7, 12, 19, 30, 41, 52, 60])) as u32;
    let burst = pick(&[2, 4, 7, 12, 15, 20]) as f64;
    let rate = pick(&[2, 3, 4, 6, 8, 11]) as f64;
    let group = match pick(&[0, 0, 1, 2]) {
        0 => Group::Upstream,
        1 => Group::Token,
        _ => Group::Endpoint(EndpointId(1)),
    };
    let tokens = if group == Group::Token { 3 } else { 0 };
    let mechanism = match kind {
        0 => Mechanism::FirstCall { allowed, period },
        1 => Mechanism::Clock {
            allowed,
            period,
            phase: period / 3,
        },
        2 => Mechanism::Sliding { allowed, period },
        3 => Mechanism::Bucket { burst, rate },
        4 => Mechanism::Bucket { burst: 1.0, rate },
        5 => {
            let allowed = 2 + allowed / 8;
            Mechanism::FirstCall {
                allowed,
                period: SECOND / 2 * pick(&[1, 2, 2, 4]),
            }
        }
        _ => Mechanism::AtOnce {
            allowed: 4 + allowed / 3,
        },
    };
    let share = if matches!(group, Group::Endpoint(_)) {
        0.6
    } else {
        1.0
    };
    let parts = f64::from(tokens.max(1));
    let slow = matches!(mechanism, Mechanism::AtOnce { .. });
    let latency = if slow {
        (200, 600)
    } else {
        (15, 15 + pick(&[5, 100, 400]))
    };
    let (capacity, span) = match mechanism {
        Mechanism::FirstCall { allowed, period }
        | Mechanism::Clock {
            allowed, period, ..
        }
        | Mechanism::Sliding { allowed, period }
        | Mechanism::Weighted { allowed, period }
        | Mechanism::Greedy { allowed, period } => {
            (f64::from(allowed) * 1e9 / period as f64, period)
        }
        Mechanism::Bucket { rate, .. } => (rate, 4 * SECOND),
        Mechanism::AtOnce { allowed } => (f64::from(allowed) / 0.4, 2 * SECOND),
    };
    let load = pick(&[110, 150, 200]) as f64 / 100.0;
    let configured = (capacity * 1.7 * period as f64 / 1e9).ceil() as u32 + 2;
    let from = (4 * span / SECOND).max(30);
    Case {
        name: format!("{mechanism:?} {group:?} load {load}"),
        tokens,
        endpoints: vec![0.6, 0.4],
        known: vec![KnownLimit {
            group: if tokens > 0 {
                Group::Token
            } else {
                Group::Upstream
            },
            rule: if slow {
                Rule::Concurrency { allowed: 60 }
            } else {
                window(configured, period / MILLI)
            },
        }],
        truth: vec![Truth { group, mechanism }],
        later: None,
        stray: 0.0,
        stray_told: Told::Nothing,
        told: if pick(&[0, 0, 1]) == 1 {
            Told::Seconds
        } else {
            Told::Nothing
        },
        load: capacity * load * parts / share,
        foreign: 0.0,
        latency,
        jitter: pick(&[1, 3, 8]),
        measured: (from, from + 120),
    }
}

#[test]
fn limits_drawn_at_random() {
    let only: Option<u64> = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let many = std::env::var("SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok())
        .unwrap_or(120);
    let (mut fine, mut all) = (0, 0);
    for seed in 1..=many {
        if only.is_some_and(|only| only != seed) {
            continue;
        }
        let case = draw(seed);
        let known = case.known.iter().map(|known| (known.group, known.rule));
        let mut best = Declared::new(known.chain(case.truth.iter().map(oracle)));
        let best = run(&case, seed, &mut best);
        let mut learning = Learning::new(&case.known);
        let learned = run(&case, seed, &mut learning);
        let used = learned.accepted as f64 / best.accepted as f64;
        let refused = learned.refused as f64 / (learned.refused + learned.accepted) as f64;
        all += 1;
        let well = used >= 0.95 && refused <= 0.01;
        fine += u32::from(well);
        if !well || only.is_some() {
            println!(
                "seed {seed}: {:.1} % used, {:.2} % refused, {} while learning: {} | {}",
                used * 100.0,
                refused * 100.0,
                learned.learning,
                case.name,
                learning.found()
            );
        }
    }
    println!("{fine} of {all} well");
    assert!(f64::from(fine) >= 0.8 * f64::from(all), "{fine} of {all}");
}
