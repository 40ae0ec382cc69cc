//! Questions whose answers are known.
//!
//! A slot is held from the send until a period after the answer, so a window of 300 a minute with
//! answers in 200 ms carries 300 / 60.2 s: within half a percent of 300 a minute.

mod common;

use common::{once, scenario};
use tollgate_sim::{Policy, Scenario};

/// Two uncached calls an interaction, at more than any limit carries.
fn voice(limits: &str, tokens: u32, per_minute: u32) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "3m"
        duration = "10m"
        [limits]
        {limits}
        [[client]]
        name = "a"
        tokens = {tokens}
        [[action]]
        name = "lookup"
        latency = {{ fixed = "200ms" }}
        [[flow]]
        name = "voice"
        calls = ["lookup", "lookup"]
        deadline = "60s"
        arrivals = {{ per_minute = {per_minute}, spacing = "even" }}
        "#
    ))
}

/// Calls carried a minute, over two: what an interaction takes. (In overload fewer interactions end
/// well than that, because some lose their second call after the first was spent.)
fn interactions_per_minute(scenario: &Scenario, policy: Policy) -> f64 {
    let run = once(scenario, policy);
    if policy == Policy::Tollgate {
        assert_eq!(
            run.limited(),
            0,
            "tollgate never sees a 429: {:?}",
            run.limited
        );
    }
    run.admitted_measured as f64 / scenario.duration.as_secs_f64() * 60.0 / 2.0
}

#[track_caller]
fn close(found: f64, wanted: f64, percent: f64) {
    let off = (found / wanted - 1.0) * 100.0;
    assert!(off.abs() <= percent, "{found:.1} for {wanted}: {off:+.2} %");
}

const NO_OTHER: &str = "executions = 0\nconcurrency = 0";

#[test]
fn one_token_and_two_calls_carry_150_interactions() {
    let scenario = voice(NO_OTHER, 1, 400);
    close(
        interactions_per_minute(&scenario, Policy::Tollgate),
        150.0,
        1.0,
    );
}

#[test]
fn just_below_the_ceiling_all_are_served_and_just_above_not() {
    let below = once(&voice(NO_OTHER, 1, 148), Policy::Tollgate).total();
    assert_eq!((below.served, below.calls), (below.offered, below.answered));
    let above = once(&voice(NO_OTHER, 1, 180), Policy::Tollgate).total();
    assert!(
        above.served < above.offered,
        "{} of {}",
        above.served,
        above.offered
    );
}

#[test]
fn pooled_tokens_carry_1500_where_the_organisation_binds() {
    let scenario = voice(NO_OTHER, 20, 2_000);
    close(
        interactions_per_minute(&scenario, Policy::Tollgate),
        1_500.0,
        1.0,
    );
    let five = voice(NO_OTHER, 5, 2_000);
    close(interactions_per_minute(&five, Policy::Tollgate), 750.0, 1.0);
}

#[test]
fn executions_bind_at_1250() {
    let scenario = voice("concurrency = 0", 20, 2_000);
    close(
        interactions_per_minute(&scenario, Policy::Tollgate),
        1_250.0,
        1.0,
    );
}

#[test]
fn fifty_slots_of_1200_ms_carry_2500_calls() {
    let mut slots = voice(
        "executions = 0\norganisation = 0\ntoken = 0\nconcurrency = 50",
        1,
        2_000,
    );
    slots.actions[0].latency =
        tollgate_sim::latency::Latency::Fixed(std::time::Duration::from_millis(1_200));
    close(
        interactions_per_minute(&slots, Policy::Tollgate) * 2.0,
        2_500.0,
        0.5,
    );
}

#[test]
fn todays_platform_fails_near_900_calls() {
    let failed = |calls: u32| {
        let run = once(&voice(NO_OTHER, 20, calls / 2), Policy::Today);
        let total = run.total();
        total.failed.get("429").copied().unwrap_or(0) as f64 / total.calls as f64
    };
    assert_eq!(failed(860), 0.0, "below three tokens' worth nothing fails");
    assert!(failed(960) > 0.02, "above it calls fail: {}", failed(960));
    let run = once(&voice(NO_OTHER, 20, 1_000), Policy::Today);
    close(run.admitted_measured as f64 / 10.0, 900.0, 2.0);
}

#[test]
fn the_others_carry_what_they_can() {
    let one = voice(NO_OTHER, 10, 100);
    let run = once(&one, Policy::OneToken);
    assert_eq!(
        run.total().served,
        run.total().offered,
        "200 calls fit one token"
    );
    let many = voice(NO_OTHER, 10, 2_000);
    close(interactions_per_minute(&many, Policy::Paced), 1_500.0, 2.0);
    for policy in [Policy::RoundRobin, Policy::Paced, Policy::OneToken] {
        let run = once(&many, policy);
        let total = run.total();
        assert_eq!(
            total.calls,
            total.answered + total.failed.values().sum::<u64>(),
            "{policy:?}: every call ends"
        );
    }
}
