//! What the examples' texts claim, held to what happens in them.

mod common;

use common::once;
use std::path::Path;
use tollgate_sim::stats::RunStats;
use tollgate_sim::{Plan, Policy, Scenario, Source};

fn example(name: &str) -> Scenario {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/scenarios");
    let read = |path: &str| std::fs::read_to_string(folder.join(path));
    let text = read(name).expect("an example");
    let source = Source {
        file: name,
        read: &read,
    };
    Scenario::parse(&text, &source).unwrap_or_else(|error| panic!("{error}"))
}

fn served(run: &RunStats, flow: usize) -> f64 {
    run.flows[flow].served as f64 / run.flows[flow].offered as f64
}

/// 429s of the first run under tollgate: never one.
fn tollgate(scenario: &Scenario) -> RunStats {
    let run = once(scenario, Policy::Tollgate);
    assert_eq!(run.limited(), 0, "{}: {:?}", scenario.name, run.limited);
    run
}

#[test]
fn where_it_started() {
    let scenario = example("start.toml");
    let run = tollgate(&scenario);
    assert_eq!(run.total().served, run.total().offered);
    assert!(run.tokens <= 4, "four tokens do: {}", run.tokens);
    assert!(served(&once(&scenario, Policy::OneToken), 0) < 0.5);
    assert!(
        once(&scenario, Policy::Today).limited() > 0,
        "the burst is too much"
    );
}

#[test]
fn voice_keeps_its_share_of_half_the_number() {
    let scenario = example("half-the-number.toml");
    let plan = Plan::by_formulas(&scenario);
    assert_eq!(plan.binding().unwrap().name, "really, tokens");
    let run = once(&scenario, Policy::Tollgate);
    assert!(served(&run, 0) > 0.98, "{}", served(&run, 0));
    assert!(served(&once(&scenario, Policy::Adaptive), 0) < 0.6);
}

#[test]
fn another_application_gets_its_calls() {
    let scenario = example("shared-and-hidden.toml");
    let gets = |policy| {
        let others = once(&scenario, policy).strangers;
        others.admitted as f64 / others.asked as f64
    };
    let (ours, theirs) = (gets(Policy::Tollgate), gets(Policy::RoundRobin));
    assert!(ours > 0.9 && theirs < 0.8, "{ours} and {theirs}");
    let plan = Plan::by_formulas(&scenario);
    let path = plan.limits.iter().find(|it| it.name.contains("path"));
    assert_eq!(path.unwrap().allowed, 4);
    let window = plan
        .limits
        .iter()
        .find(|it| it.name.contains("organisation"));
    let window = window.unwrap().sure.unwrap();
    // 1,200 less 402 for three quarters of the measured time.
    assert!((window - (1_200.0 - 0.75 * 402.0)).abs() < 5.0, "{window}");
}

#[test]
fn the_bank_answers_every_caller() {
    let mut scenario = example("bank-monday.toml");
    // The hour at the top is enough to see it.
    scenario.warm_up = std::time::Duration::from_secs(25 * 60);
    scenario.duration = std::time::Duration::from_secs(15 * 60);
    let run = tollgate(&scenario);
    assert!(served(&run, 0) > 0.99 && served(&run, 1) > 0.99);
    assert!(
        (0.6..0.97).contains(&served(&run, 2)),
        "the export gives way"
    );
    assert!(served(&once(&scenario, Policy::RoundRobin), 0) < 0.7);
}

#[test]
fn the_outage_is_over_within_a_minute_of_its_end() {
    let scenario = example("outage.toml");
    let run = tollgate(&scenario);
    let end = scenario.outages[0].at + scenario.outages[0].lasts;
    let well = (end.as_nanos() as u64 + 60_000_000_000).div_ceil(run.series.step) as usize;
    let failed =
        |steps: &[tollgate_sim::stats::Bucket]| steps.iter().map(|it| it.failed).sum::<u64>();
    assert!(
        failed(&run.series.buckets[..well]) > 100,
        "it was an outage"
    );
    assert_eq!(failed(&run.series.buckets[well..]), 0, "and it is over");
    // No more than a tenth of the attempts are repetitions, and the ten saved up.
    let repeated = run.sent.saturating_sub(run.calls);
    assert!(repeated <= run.sent / 10 + 10, "{repeated} of {}", run.sent);
}

#[test]
fn the_campaign_is_worked_off_beside_the_callers() {
    let mut scenario = example("campaign.toml");
    // The first of the two is enough to see it.
    scenario.duration = std::time::Duration::from_secs(20 * 60);
    let run = tollgate(&scenario);
    assert!(served(&run, 0) > 0.94, "{}", served(&run, 0));
    assert_eq!(run.flows[1].served, run.flows[1].offered);
    assert!(served(&once(&scenario, Policy::Today), 1) < 0.1);
}

#[test]
fn the_support_line_goes_on_without_the_crm() {
    let scenario = example("support-line.toml");
    let calls = scenario.flows[0].behaviour.calls();
    let mean: f64 = calls.iter().map(|(_, calls)| calls).sum();
    assert!((mean - 0.6).abs() < 0.04, "{mean} calls an interaction");
    let run = tollgate(&scenario);
    let line = &run.flows[0];
    assert_eq!(line.served, line.offered);
    assert!(line.failed["step.timed.out"] > 300, "{:?}", line.failed);
    let alone = once(&scenario, Policy::OneToken);
    let lost = alone.flows[0].failed["429"] as f64 / alone.flows[0].calls as f64;
    assert!(lost > 0.1, "a row is half of the calls: {lost}");
}
