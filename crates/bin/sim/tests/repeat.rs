//! The same seed gives the same run; policies see the same traffic; nothing hangs.

mod common;

use common::scenario;
use tollgate_sim::{Policy, Scenario, run};

/// A bit of everything: faults, a cache, pauses, a burst, jitter, two classes, a web service.
fn mixed() -> Scenario {
    scenario(
        r#"
        warm_up = "30s"
        duration = "4m"
        [limits]
        token = 100
        client = 350
        organisation = 600
        executions = 700
        concurrency = 20
        period = "20s"
        token_life = "90s"
        way_in = "0ms..15ms"
        windows_open = "phase-per-key"
        [[client]]
        name = "a"
        tokens = 4
        [[client]]
        name = "b"
        tokens = 4
        [[action]]
        name = "lookup"
        latency = { median = "200ms", p95 = "900ms" }
        timeout = "2s"
        [[action]]
        name = "route"
        latency = { exponential = "150ms" }
        cache = "30s"
        keys = 200
        [[action]]
        name = "crm"
        token = false
        idempotent = false
        latency = { from = "100ms", to = "400ms" }
        timeout = "350ms"
        [[flow]]
        name = "voice"
        guaranteed = 100
        deadline = "3s"
        calls = ["lookup", "1s", "route", "crm"]
        arrivals = { per_minute = 700 }
        [[flow]]
        name = "email"
        priority = 1
        deadline = "40s"
        max_queued = 300
        calls = ["lookup"]
        arrivals = { per_minute = 300, spacing = "even", bursts = [{ at = "1m", interactions = 800 }] }
        [[outage]]
        at = "2m"
        lasts = "20s"
        unavailable_percent = 50
        dropped_percent = 20
        slow_percent = 10
        "#,
    )
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let scenario = mixed();
    for policy in Policy::ALL {
        let first = run(&scenario, policy, 42);
        assert_eq!(first, run(&scenario, policy, 42), "{policy:?}");
        assert_ne!(first, run(&scenario, policy, 43), "{policy:?}");
    }
}

#[test]
fn every_call_ends_and_all_see_the_same_traffic() {
    let scenario = mixed();
    let offered = |policy| -> Vec<u64> {
        let run = run(&scenario, policy, 7);
        for (flow, stats) in scenario.flows.iter().zip(&run.flows) {
            let failed: u64 = stats.failed.values().sum();
            let ended = stats.answered + stats.cached + failed;
            assert_eq!(stats.calls, ended, "{policy:?} {}: {stats:?}", flow.name);
            assert!(stats.served <= stats.offered);
        }
        run.flows.iter().map(|flow| flow.offered).collect()
    };
    let first = offered(Policy::Tollgate);
    for policy in Policy::ALL {
        assert_eq!(first, offered(policy), "{policy:?}");
    }
}

#[test]
fn tollgate_never_meets_a_429_under_any_seed() {
    let scenario = mixed();
    for seed in 0..20 {
        let run = run(&scenario, Policy::Tollgate, seed);
        assert_eq!(run.limited(), 0, "seed {seed}: {:?}", run.limited);
        assert!(run.total().cached > 0, "seed {seed}: the cache is used");
    }
}
