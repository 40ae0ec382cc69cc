//! Model against system in virtual time.
//!
//! A seed makes a configuration and a schedule of arrivals, latencies, alignments, jitter, lost
//! answers, refused connections, 503s, dead tokens, failing token fetches, foreign callers, limit
//! changes, kills of the process, hours of suspension and callers that hang up. The world drives the
//! engine through it and checks the named invariants after every step. `TOLLGATE_SEED=n` replays one
//! seed, `TOLLGATE_SEEDS=n` tries that many.

#[path = "model/invariants.rs"]
mod invariants;
#[path = "model/random.rs"]
mod random;
#[path = "model/reference.rs"]
mod reference;
#[path = "model/setup.rs"]
mod setup;
#[path = "model/upstream.rs"]
mod upstream;
#[path = "model/world.rs"]
mod world;

use world::World;

/// Steps that a run makes at the least, unless told otherwise.
const STEPS: u64 = 1_000_000;

#[allow(
    clippy::disallowed_methods,
    reason = "a seed to replay, chosen by whoever runs the test"
)]
fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Says which seed it was when a world falls apart.
struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay this world with TOLLGATE_SEED={}", self.0);
        }
    }
}

#[test]
fn the_invariants_hold_under_random_schedules() {
    let (first, last) = match (from_env("TOLLGATE_SEED"), from_env("TOLLGATE_SEEDS")) {
        (Some(seed), _) => (seed, seed + 1),
        (None, Some(seeds)) => (0, seeds),
        (None, None) => (0, u64::MAX),
    };
    let (mut steps, mut answered, mut refused, mut kills) = (0, 0, 0, 0);
    let mut seeds = 0;
    for seed in first..last {
        let replay = Replay(seed);
        let world = World::run(seed, 1_500);
        drop(replay);
        steps += world.steps;
        answered += world.answered;
        refused += world.refused;
        kills += world.kills;
        seeds += 1;
        if last == u64::MAX && steps >= STEPS {
            break;
        }
    }
    println!(
        "{seeds} seeds, {steps} steps: {answered} executions answered, {refused} refused, {kills} kills; invariants held"
    );
    assert!(answered > 0 && refused > 0);
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
