//! Scenarios for tests, written as files are.

use tollgate_sim::{Policy, Scenario, Source, run, seed_of, stats::RunStats};

#[allow(dead_code, reason = "not every test file writes one")]
pub(crate) fn scenario(text: &str) -> Scenario {
    let source = Source {
        file: "test.toml",
        read: &|path| Err(std::io::Error::other(format!("{path}: no files here"))),
    };
    Scenario::parse(text, &source).unwrap_or_else(|error| panic!("{error}"))
}

/// One run of the first replication.
#[allow(dead_code, reason = "not every test file runs one")]
pub(crate) fn once(scenario: &Scenario, policy: Policy) -> RunStats {
    run(scenario, policy, seed_of(scenario, 0))
}
