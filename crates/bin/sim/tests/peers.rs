//! The limiters that others use, beside tollgate.

mod common;

use common::{once, scenario};
use tollgate_sim::{Policy, Scenario};

/// `per_minute` calls on one token of 300 a minute.
fn one_token(per_minute: u32, limits: &str) -> Scenario {
    scenario(&format!(
        r#"
        warm_up = "3m"
        duration = "15m"
        [limits]
        {limits}
        [[client]]
        name = "a"
        tokens = 1
        [[action]]
        name = "lookup"
        latency = {{ fixed = "200ms" }}
        [[flow]]
        name = "voice"
        calls = ["lookup"]
        deadline = "20s"
        arrivals = {{ per_minute = {per_minute} }}
        "#
    ))
}

#[test]
fn below_every_limit_all_serve_everything() {
    let scenario = one_token(150, "");
    for policy in [Policy::Tollgate, Policy::Adaptive, Policy::Vegas] {
        let run = once(&scenario, policy);
        assert_eq!(run.limited(), 0, "{policy:?}");
        assert_eq!(run.total().served, run.total().offered, "{policy:?}");
    }
}

#[test]
fn past_a_window_peers_learn_from_429s_and_tollgate_needs_none() {
    let scenario = one_token(450, "");
    let tollgate = once(&scenario, Policy::Tollgate);
    assert_eq!(tollgate.limited(), 0);
    let retries = once(&scenario, Policy::OneToken);
    for policy in [Policy::Adaptive, Policy::Vegas] {
        let run = once(&scenario, policy);
        println!(
            "{policy:?}: {} served of {}, {} times 429; tollgate {}, one-token {} ({} times 429)",
            run.total().served,
            run.total().offered,
            run.limited(),
            tollgate.total().served,
            retries.total().served,
            retries.limited(),
        );
        assert!(run.limited() > 0, "{policy:?}");
        assert!(run.total().served > 0, "{policy:?}");
        // Tollgate holds each slot for the 200 ms in which a call may be counted as well (300 in
        // 60.2 s); who finds the windows' ends by 429s gets those 0.3 %.
        let most = tollgate.total().served as f64 * 1.01;
        assert!(run.total().served as f64 <= most, "{policy:?}");
    }
    // A rate that falls at a 429 meets fewer of them than retries alone.
    let adaptive = once(&scenario, Policy::Adaptive);
    assert!(adaptive.limited() < retries.limited());
}

#[test]
fn a_rate_is_held_before_it_is_limited() {
    // With a rate that stays below what 429s taught, calls wait, and none is lost before its deadline.
    let scenario = one_token(330, "");
    let run = once(&scenario, Policy::Adaptive);
    let total = run.total();
    let failed: u64 = total.failed.values().sum();
    assert_eq!(total.calls, total.answered + total.cached + failed);
    assert!(total.wait.mean().is_some_and(|wait| wait > 0.0));
}
