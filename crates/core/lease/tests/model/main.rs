//! The invariants, after every step of a random world.
//!
//! `TOLLGATE_STEPS` sets how many steps each run of random faults makes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod slots;
mod store;
mod world;

use std::time::Duration;
use tollgate_model::Instant;
use world::faults::Restart;
use world::{Outcome, Setting, World};

#[expect(clippy::disallowed_methods, reason = "a test asks for its length")]
fn steps() -> u64 {
    let told = std::env::var("TOLLGATE_STEPS").ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

fn setting(seed: u64) -> Setting {
    Setting {
        seed,
        nodes: 3,
        allowed: 60,
        guarantee: 0,
        period: Some(Duration::from_secs(60)),
        rates: vec![0.6, 0.6, 0.6],
        shifts: false,
        is_told: false,
        faults: 0,
        store_fails: true,
        calls_lost: 1,
        slowest: Duration::from_millis(5),
        lost: 0,
    }
}

#[test]
fn what_one_node_is_told_all_know() {
    for seed in 1..=20 {
        let setting = Setting {
            nodes: 4,
            faults: 3,
            is_told: true,
            lost: 1,
            rates: vec![0.3; 4],
            ..setting(seed)
        };
        let mut world = World::new(setting);
        let minutes = |minutes: u64| Instant::from_nanos(minutes * 60_000_000_000);
        world.run(u64::MAX, minutes(20));
        world.heal();
        world.run(u64::MAX, minutes(23));
        world.check_told();
    }
}

/// What three nodes send, of 600 a minute, in the two minutes after `fault` has begun at the fourth and is over a span later.
fn used_after(span: u64, rate: f64, fault: impl Fn(&mut World), end: impl Fn(&mut World)) -> f64 {
    let setting = Setting {
        allowed: 600,
        rates: vec![rate; 3],
        ..setting(1)
    };
    let mut world = World::new(setting);
    let until = |seconds: u64| Instant::from_nanos(seconds * 1_000_000_000);
    world.run(u64::MAX, until(240));
    fault(&mut world);
    world.run(u64::MAX, until(240 + span));
    end(&mut world);
    let before = world.outcome.sent;
    world.run(u64::MAX, until(240 + span + 120));
    (world.outcome.sent - before) as f64 / 1_200.0
}

#[test]
fn who_comes_again_within_a_tail_has_what_it_had() {
    for restart in [Restart::None, Restart::WithData, Restart::Empty] {
        for away in [75, 100, 120] {
            let used = used_after(away, 4.0, World::cut_off, |world| world.reconnect(restart));
            println!(
                "store away for {away} s, {restart:?}: {:.1} %",
                used * 100.0
            );
            assert!(used > 0.9, "{away} s, {restart:?}: {used}");
        }
    }
    let stands_still = |world: &mut World| world.pause(0, Duration::from_secs(100));
    let used = used_after(100, 4.0, stands_still, |_| {});
    println!("a node stands still for 100 s: {:.1} %", used * 100.0);
    assert!(used > 0.97, "{used}");
}

#[test]
fn a_process_that_succeeds_a_dead_one_has_its_part() {
    let used = |is_known: bool| {
        let dies = move |world: &mut World| match is_known {
            true => world.restart(0),
            false => world.replace(0),
        };
        used_after(0, 4.0, dies, |_| {})
    };
    let (known, unknown) = (used(true), used(false));
    println!("with what it knows of the dead one {known:.3}, without {unknown:.3}");
    assert!(known > 0.97 && unknown < 0.9, "{known}, {unknown}");
}

#[test]
fn who_comes_later_than_a_tail_has_nothing() {
    for away in [140, 200, 300] {
        for seed in 0..20 {
            // The node comes first to a store that has just lost all; the others have long had its part.
            let stands_still =
                |world: &mut World| world.pause(0, Duration::from_millis(away * 1000 + 7 * seed));
            // The limit is full without it, and its calls wait.
            let used = used_after(away, 8.0, stands_still, |world| world.lose_all());
            assert!(used > 0.9, "{away} s: {used}");
        }
    }
}

/// The last number is set a while before the store forgets it, and a node comes whose file has an older one.
#[test]
fn a_live_node_knows_better_than_a_file() {
    for seed in 1..=40 {
        let setting = Setting {
            is_told: true,
            lost: 1,
            ..setting(seed)
        };
        let mut world = World::new(setting);
        let minutes = |minutes: u64| Instant::from_nanos(minutes * 60_000_000_000);
        let mut at = minutes(1);
        // As few changes as there can be: the turn of the last one is low.
        while !world.has_set() {
            world.run(u64::MAX, at);
            at = at + Duration::from_secs(1);
        }
        world.heal();
        at = at + Duration::from_secs(60);
        world.run(u64::MAX, at);
        let number = world.begin_with_an_older_file(seed as usize % 3);
        world.run(u64::MAX, at + Duration::from_secs(180));
        world.check_set(number);
    }
}

fn run(setting: Setting, minutes: u64) -> Outcome {
    let mut world = World::new(setting);
    world.run(u64::MAX, Instant::from_nanos(minutes * 60_000_000_000));
    world.outcome
}

#[test]
fn nothing_is_overcounted_whatever_fails() {
    let mut left = steps();
    let mut seed = 0;
    while left > 0 {
        seed += 1;
        let setting = Setting {
            nodes: 1 + seed as usize % 5,
            rates: [0.9, 0.3, 0.1, 0.5, 0.2][..=(seed as usize % 5)].to_vec(),
            shifts: true,
            is_told: seed % 3 != 0,
            guarantee: [0, 2, 20][seed as usize / 3 % 3],
            faults: [0, 1, 3, 10][seed as usize % 4],
            store_fails: seed & 4 == 0,
            calls_lost: if seed & 12 == 12 { 50 } else { 1 },
            slowest: Duration::from_millis([5, 500, 90_000][seed as usize % 3]),
            lost: [0, 1, 10][seed as usize / 2 % 3],
            period: (seed % 7 != 0).then_some(Duration::from_secs(60)),
            ..setting(seed)
        };
        // A number that was set shows its effect when the one before it is surely over.
        let length = if setting.is_told { 150_000 } else { 50_000 };
        let mut world = World::new(setting);
        world.run(left.min(length), Instant::NEVER);
        left -= world.outcome.steps.min(left);
    }
}

#[test]
fn what_has_failed_heals() {
    let mut worst: f64 = 1.0;
    for seed in 1..=5 {
        let setting = Setting {
            faults: 3,
            allowed: 600,
            rates: vec![9.0, 5.0, 4.0],
            shifts: true,
            lost: 1,
            ..setting(seed)
        };
        let mut world = World::new(setting);
        let minutes = |minutes: u64| Instant::from_nanos(minutes * 60_000_000_000);
        world.run(u64::MAX, minutes(30));
        world.heal();
        world.run(u64::MAX, minutes(36));
        let before = world.outcome.sent;
        world.run(u64::MAX, minutes(46));
        let used = (world.outcome.sent - before) as f64 / 6_000.0;
        let doubts = world.outcome.doubts;
        println!(
            "seed {seed}: {:.1} % of 600 a minute, {doubts} doubts",
            used * 100.0
        );
        worst = worst.min(used);
    }
    assert!(worst > 0.97, "{worst}");
}

#[test]
fn the_whole_is_used_and_the_store_is_asked_seldom() {
    for (name, rates, shifts) in [
        ("even", [0.4, 0.4, 0.4], false),
        ("even, twice too much", [0.7, 0.7, 0.7], false),
        ("70:20:10, rotating", [0.77, 0.22, 0.11], true),
    ] {
        for allowed in [60, 600, 3000] {
            let minutes = if allowed > 600 { 12 } else { 60 };
            let scale = f64::from(allowed) / 60.0;
            let one = Setting {
                nodes: 1,
                rates: vec![rates.iter().sum::<f64>() * scale],
                allowed,
                ..setting(1)
            };
            let one = run(one, minutes);
            let three = Setting {
                rates: rates.iter().map(|rate| rate * scale).collect(),
                shifts,
                allowed,
                ..setting(1)
            };
            let three = run(three, minutes);
            let used = three.sent as f64 / one.sent as f64;
            let trips = three.round_trips as f64 / three.sent as f64;
            println!(
                "{name} of {allowed}: {:.1} % of what one node uses, {:.1} % of a round trip per call",
                100.0 * used,
                100.0 * trips
            );
            assert!(
                used > if allowed > 60 { 0.98 } else { 0.93 },
                "{name} of {allowed}"
            );
            assert!(
                trips < 60.0 / f64::from(allowed) + 0.09,
                "{name} of {allowed}"
            );
        }
    }
}
