//! The seam for flows: a script that decides by how its calls ended, and memory that stays flat.

mod common;

use common::{once, scenario};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_model::Stream;
use tollgate_sim::interaction::{Begin, Behaviour, Ended, Script, Step};
use tollgate_sim::{ActionId, Plan, Policy, Scenario};

fn two_actions(per_minute: u32, hours: u32) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "0s"
        duration = "{hours}h"
        [[client]]
        name = "a"
        tokens = 4
        [[action]]
        name = "strict"
        timeout = "150ms"
        latency = {{ from = "100ms", to = "200ms" }}
        [[action]]
        name = "fallback"
        latency = {{ fixed = "50ms" }}
        [[flow]]
        name = "voice"
        calls = ["strict"]
        arrivals = {{ per_minute = {per_minute} }}
        "#
    ))
}

/// Calls the first action, and the second if that fails.
#[derive(Debug)]
struct Fallback(u32);

#[derive(Debug)]
struct Fallbacks;

impl Script for Fallback {
    fn next(&mut self, _: Instant, last: Option<Ended>, _: &mut Stream) -> Step {
        self.0 += 1;
        match (self.0, last) {
            (1, _) => Step::Pause(Duration::from_millis(500)),
            (2, _) => Step::Call(ActionId(0)),
            (3, Some(Ended::Failed)) => Step::Call(ActionId(1)),
            (_, last) => Step::End {
                served: last == Some(Ended::Answered),
            },
        }
    }
}

impl Begin for Fallbacks {
    fn begin(&self) -> Box<dyn Script> {
        Box::new(Fallback(0))
    }

    fn calls(&self) -> Vec<(ActionId, f64)> {
        vec![(ActionId(0), 1.0), (ActionId(1), 0.5)]
    }
}

#[test]
fn a_script_goes_on_after_a_failure() {
    let mut scenario = two_actions(100, 1);
    let list = once(&scenario, Policy::Tollgate).total();
    let share = list.served as f64 / list.offered as f64;
    assert!(
        (share - 0.5).abs() < 0.03,
        "half of the answers come too late: {share}"
    );
    scenario.flows[0].behaviour = Behaviour::Script(Arc::new(Fallbacks));
    let script = once(&scenario, Policy::Tollgate).total();
    assert_eq!(
        script.served, script.offered,
        "the other action saves the rest"
    );
    assert_eq!(script.offered, list.offered, "the same traffic");
    let planned = Plan::of(&scenario).calls_per_minute / 60.0 * 3_600.0;
    assert!(
        (script.calls as f64 / planned - 1.0).abs() < 0.05,
        "{}",
        script.calls
    );
}

/// Resident memory of this process in KiB; none where there is no /proc.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn memory_does_not_grow_with_the_time_simulated() {
    let hours = |hours| {
        let run = once(&two_actions(600, hours), Policy::Tollgate);
        let size = run.series.buckets.len();
        drop(run);
        (resident(), size)
    };
    let (Some(short), size) = hours(1) else {
        return eprintln!("skipped: no /proc to measure memory with");
    };
    let (long, long_size) = hours(8);
    assert!(long_size <= 240 && size <= 240);
    // 250,000 calls more: a leak of 50 bytes each would be 12 MiB.
    let grown = long.unwrap_or(0).saturating_sub(short);
    assert!(
        grown < 6 * 1_024,
        "{grown} KiB more after eight hours than after one"
    );
}
