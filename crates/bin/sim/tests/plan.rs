//! The plan's formulas: known answers, and the simulator's agreement.

mod common;

use common::{once, scenario};
use tollgate_sim::{Plan, Policy, Scenario};

fn voice(limits: &str, tokens: u32, per_minute: u32, action: &str) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "4m"
        duration = "20m"
        [limits]
        {limits}
        [[client]]
        name = "a"
        tokens = {tokens}
        [[action]]
        name = "lookup"
        {action}
        [[flow]]
        name = "voice"
        calls = ["lookup", "lookup"]
        deadline = "60s"
        arrivals = {{ per_minute = {per_minute} }}
        "#
    ))
}

const QUICK: &str = "latency = { fixed = \"200ms\" }";

#[test]
fn the_questions_of_the_start() {
    let plan = |limits, tokens| Plan::of(&voice(limits, tokens, 120, QUICK));
    let of = |plan: &Plan| {
        let binding = plan.binding().unwrap();
        let ceiling = binding.ceiling.unwrap().round() as u32;
        (binding.name.clone(), ceiling)
    };
    let named = |(name, ceiling): (&str, u32)| (name.to_owned(), ceiling);
    // Two calls an interaction and 300 a minute: 150.
    let one = plan("", 1);
    assert_eq!(of(&one), named(("tokens", 150)));
    // Pooled tokens: until the organisation's 3,000, were it not for the executions' 2,500.
    assert_eq!(
        of(&plan("executions = 0", 20)),
        named(("organisation", 1_500))
    );
    assert_eq!(of(&plan("", 20)), named(("executions", 1_250)));
    assert_eq!(of(&plan("", 5)), named(("tokens", 750)));
    // What tollgate carries for certain is a little less: 300 in 60.2 s.
    let sure = one.carries().unwrap();
    assert!((sure - 150.0 * 60.0 / 60.2).abs() < 0.01, "{sure}");
    assert!((one.head_room().unwrap() - (1.0 - 120.0 / sure)).abs() < 1e-9);
    // 240 calls a minute need one token; 310 would need two.
    assert_eq!(one.least_tokens.unwrap().mean, 1);
    let more = Plan::of(&voice("", 1, 155, QUICK));
    assert_eq!(more.least_tokens.unwrap().mean, 2);
}

#[test]
fn fifty_slots_at_1200_ms() {
    let slow = voice(
        "organisation = 0\ntoken = 0\nexecutions = 0",
        1,
        600,
        "latency = { fixed = \"1200ms\" }",
    );
    let plan = Plan::of(&slow);
    let binding = plan.binding().unwrap();
    assert_eq!(binding.name, "concurrency");
    assert!((binding.ceiling.unwrap() * 2.0 - 2_500.0).abs() < 0.01);
    // 1,200 calls a minute of 1.2 s keep 24 slots busy.
    assert_eq!(plan.least_slots.mean, 24);
    assert!(plan.least_slots.at_ease > 24);
}

#[test]
fn changes_are_ranked_by_what_they_buy() {
    let plan = Plan::of(&voice("", 1, 120, QUICK));
    let gains: Vec<f64> = plan
        .changes
        .iter()
        .map(|it| it.gain.unwrap_or(f64::MAX))
        .collect();
    assert!(gains.is_sorted_by(|a, b| a >= b), "{gains:?}");
    let gain = |what: &str| {
        let change = plan
            .changes
            .iter()
            .find(|it| it.what.contains(what))
            .unwrap();
        (change.gain.unwrap().round(), change.then_binds.as_deref())
    };
    assert_eq!(gain("one more token"), (150.0, Some("tokens")));
    assert_eq!(gain("one token only, raised to 3000").1, Some("executions"));
    assert_eq!(gain("organisation raised").0, 0.0);
    assert_eq!(gain("timeout of lookup").0, 0.0);
    // Where executions at once bind, it is the timeout that buys something.
    let slow = "latency = { exponential = \"5s\" }\ntimeout = \"20s\"";
    let plan = Plan::of(&voice("", 20, 120, slow));
    assert_eq!(plan.binding().unwrap().name, "concurrency");
    let lower = plan
        .changes
        .iter()
        .find(|it| it.what.contains("timeout"))
        .unwrap();
    assert!(lower.gain.unwrap() > 20.0, "{lower:?}");
}

/// Calls admitted a minute in a simulation at twice the ceiling.
fn saturated(scenario: &Scenario, ceiling: f64) -> f64 {
    let factor = 2.0 * ceiling / scenario.calls_per_minute();
    let run = once(&scenario.scaled(factor), Policy::Tollgate);
    assert_eq!(run.limited(), 0);
    run.admitted_measured as f64 / scenario.duration.as_secs_f64() * 60.0
}

#[test]
fn the_simulator_carries_what_the_plan_says() {
    for (limits, tokens, action) in [
        ("", 2, QUICK),
        (
            "counted_within = \"50ms\"\nway_in = \"0ms..50ms\"",
            2,
            "latency = { fixed = \"2s\" }",
        ),
        (
            "executions = 500\nperiod = \"10s\"",
            50,
            "latency = { median = \"300ms\", p95 = \"1s\" }",
        ),
        (
            "concurrency = 10\nperiod = \"10s\"",
            50,
            "latency = { exponential = \"900ms\" }\ntimeout = \"2s\"",
        ),
    ] {
        let scenario = voice(limits, tokens, 60, action);
        let wanted = Plan::of(&scenario).carries().unwrap() * 2.0;
        let found = saturated(&scenario, wanted);
        let off = (found / wanted - 1.0) * 100.0;
        println!("{limits:?}: {found:.1} a minute, planned {wanted:.1}, {off:+.2} %");
        assert!(off.abs() < 1.0, "{limits:?} {action}: {found} for {wanted}");
    }
}

#[test]
fn a_cache_answers_the_share_that_the_plan_says() {
    let cached = voice(
        "",
        20,
        300,
        &format!("{QUICK}\ncache = \"60s\"\nkeys = 400"),
    );
    let run = once(&cached, Policy::Tollgate).total();
    let upstream = Plan::of(&cached).calls_per_minute / 600.0;
    let found = 1.0 - run.cached as f64 / run.calls as f64;
    assert!((found - upstream).abs() < 0.01, "{found} for {upstream}");
}

#[test]
fn waiting_for_slots_is_as_planned() {
    let busy = voice(
        "concurrency = 8",
        20,
        225,
        "latency = { exponential = \"800ms\" }",
    );
    let plan = Plan::of(&busy);
    let slots = plan
        .limits
        .iter()
        .find(|it| it.name == "concurrency")
        .unwrap();
    let mut waits = Vec::new();
    for seed in 0..10 {
        let run = tollgate_sim::run(&busy, Policy::Tollgate, seed);
        waits.push(run.flows[0].wait.mean().unwrap() / 1e3);
    }
    let found = tollgate_sim::stats::Estimate::of(&waits).unwrap();
    let wanted = slots.mean_wait_ms.unwrap();
    assert!(
        (found.mean - wanted).abs() < wanted * 0.15,
        "{found:?} for {wanted}"
    );
}

#[test]
fn flows_take_room_from_each_other() {
    let scenario = scenario(
        r#"
        [limits]
        executions = 0
        concurrency = 0
        token = 0
        organisation = 1000
        counted_within = "1ms"
        [[client]]
        name = "a"
        [[action]]
        name = "lookup"
        latency = { fixed = "1ms" }
        [[flow]]
        name = "voice"
        calls = ["lookup", "lookup"]
        arrivals = { per_minute = 100 }
        [[flow]]
        name = "e-mail"
        calls = ["lookup"]
        arrivals = { per_minute = 300 }
        "#,
    );
    let plan = Plan::of(&scenario);
    let voice = &plan.flows[0];
    assert!((voice.share - 0.4).abs() < 1e-9, "200 of 500 calls");
    let (beside, alone) = (voice.beside.unwrap(), voice.alone.unwrap());
    assert!((beside - 350.0).abs() < 0.1, "700 calls are left: {beside}");
    assert!((alone - 500.0).abs() < 0.1, "{alone}");
}
