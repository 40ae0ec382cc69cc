//! The coordination store, read once.

use super::{Failure, Tried};
use crate::coordination::{coordination_fault, open_coordination};
use std::time::Instant;
use tollgate_config::Config;
use tollgate_coordination::{CoordinationError, CoordinationUrl};

/// What came of it; none if the file has no `[cluster]`.
pub(super) async fn tried(config: &Config) -> Option<Tried> {
    let cluster = config.cluster.as_ref()?;
    let begin = Instant::now();
    let url = CoordinationUrl::parse(cluster.url.expose());
    let address = url.map_or_else(|_| String::new(), |url| format!("{url:?}"));
    let failed = match open_coordination(config, cluster) {
        Ok(store) => {
            let failed = store.read().await.err();
            failed.map(|error| (coordination_fault(config, &error), step(&error)))
        }
        Err(fault) => Some((fault, "name")),
    };
    Some(Tried {
        what: "coordination store".to_owned(),
        address,
        took: begin.elapsed(),
        failure: failed.map(|(fault, step)| Failure {
            fault,
            step,
            answer: None,
        }),
    })
}

fn step(error: &CoordinationError) -> &'static str {
    match error {
        CoordinationError::Unreachable(_) => "connect",
        _ => "read",
    }
}
