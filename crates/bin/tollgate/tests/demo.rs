//! `tollgate demo --nodes`: several nodes share the organisation's limit, and the platform answers none of them 429.

mod common;

use common::settled;
use serde_json::Value;

#[test]
fn nodes_share_a_limit_and_cause_no_429() {
    let demo = settled(&["demo", "--nodes", "3", "--json"], &[]);
    let errors = String::from_utf8_lossy(&demo.stderr);
    assert_eq!(demo.status.code(), Some(0), "{errors}");
    let report: Value = serde_json::from_slice(&demo.stdout).expect("JSON");
    let [one, nodes] = ["oneNode", "nodes"].map(|side| &report[side]);
    assert_eq!(nodes["answers429"], 0, "{report:#}");
    let done = |side: &Value| side["done"].as_f64().expect("a number");
    println!(
        "one node did {}, three did {}; {}",
        done(one),
        done(nodes),
        report["parts"]
    );
    assert!(report["parts"]["moves"].as_u64() > Some(3), "{report:#}");
    let minutes = report["parts"]["slotsAtEndOfMinute"].as_array();
    for slots in minutes.expect("an array") {
        let slots = slots.as_array().expect("an array").iter();
        let all: u64 = slots.filter_map(Value::as_u64).sum();
        assert!((1..=900).contains(&all), "{report:#}");
    }
    // On a machine that is busy the figures tell of that.
    if report["machineTooSlow"] == false {
        assert!(done(nodes) > 0.8 * done(one), "{report:#}");
    }
}

#[test]
fn a_store_that_is_away_is_told_before_the_load() {
    let demo = settled(
        &["demo", "--nodes", "2", "--cluster-env", "SHARED_AT"],
        &[("SHARED_AT", "redis://:hunter2@127.0.0.1:9")],
    );
    let errors = String::from_utf8_lossy(&demo.stderr);
    assert_eq!(demo.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("--cluster: the coordination store can't be reached"),
        "{errors}"
    );
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[test]
fn a_password_in_an_argument_is_refused() {
    for url in [
        "redis://:hunter2@127.0.0.1:9",
        "postgres://user:hunter2@127.0.0.1/database",
        "postgres://127.0.0.1/database?user=me&password=hunter2",
        "redis+sentinel://:hunter2@127.0.0.1:9,127.0.0.1:10/main",
    ] {
        let demo = settled(&["demo", "--nodes", "2", "--cluster", url], &[]);
        let errors = String::from_utf8_lossy(&demo.stderr);
        assert_eq!(demo.status.code(), Some(64), "{errors}");
        assert!(errors.contains("--cluster-env"), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}
