//! Model against system in virtual time.
//!
//! A seed makes a configuration and a schedule of arrivals, latencies, jitter, lost answers,
//! refused connections, 503s, dead tokens, failing token fetches, foreign callers and callers that
//! hang up. The world drives the engine through it and checks the named invariants after every
//! step. `TOLLGATE_SEED=n` replays one seed, `TOLLGATE_SEEDS=n` tries that many.

#[path = "model/random.rs"]
mod random;
#[path = "model/world.rs"]
mod world;

use world::World;

#[allow(
    clippy::disallowed_methods,
    reason = "a seed to replay, chosen by whoever runs the test"
)]
fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn the_invariants_hold_under_random_schedules() {
    let seeds = match from_env("TOLLGATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..from_env("TOLLGATE_SEEDS").unwrap_or(200),
    };
    let (mut steps, mut answered, mut refused) = (0, 0, 0);
    for seed in seeds.clone() {
        let world = World::run(seed, 1_500);
        steps += world.steps;
        answered += world.answered;
        refused += world.refused;
    }
    println!(
        "{} seeds, {steps} steps: {answered} executions answered, {refused} refused, invariants held",
        seeds.count()
    );
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..10 {
        assert_eq!(
            World::run(seed, 300).trace,
            World::run(seed, 300).trace,
            "seed {seed}"
        );
    }
    assert_ne!(World::run(1, 300).trace, World::run(2, 300).trace);
}
