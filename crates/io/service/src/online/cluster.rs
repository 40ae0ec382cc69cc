//! The coordination store, read once.

use super::{Failure, Tried};
use std::time::Instant;
use tollgate_config::Config;
use tollgate_coordination::{CoordinationError, CoordinationUrl, open};
use tollgate_definitions::{Fault, cluster_url_field};

/// What came of it; none if the file has no `[cluster]`.
pub(super) async fn tried(config: &Config) -> Option<Tried> {
    let cluster = config.cluster.as_ref()?;
    let begin = Instant::now();
    let url = CoordinationUrl::parse(cluster.url.expose());
    let address = url
        .as_ref()
        .map_or_else(|_| String::new(), |url| format!("{url:?}"));
    let outcome = match url.and_then(|url| open(&url, config.organization.id.as_str())) {
        Ok(store) => store.read().await.map(drop).map_err(|error| {
            let remedy = what_to_do(&error);
            (format!("{error}; {remedy}"), step(&error))
        }),
        Err(error) => Err((error.to_string(), "name")),
    };
    Some(Tried {
        what: "coordination store".to_owned(),
        address,
        took: begin.elapsed(),
        failure: outcome.err().map(|(message, step)| Failure {
            fault: Fault::of(config, cluster_url_field(config), message),
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

fn what_to_do(error: &CoordinationError) -> &'static str {
    match error {
        CoordinationError::Unreachable(_) | CoordinationError::Cut(_) => {
            "look at host, port and TLS, and at firewalls on the way"
        }
        CoordinationError::Late => {
            "look at the server: it takes the connection and is silent or slow"
        }
        CoordinationError::Refused(_) => {
            "compare user, password and database with those at the server, and what the user may do there"
        }
        CoordinationError::NotPrimary => {
            "name the primary, or all servers (PostgreSQL), or the Sentinels (redis+sentinel://)"
        }
        CoordinationError::NotOurs(_) | CoordinationError::TooLong(_) => {
            "look who else writes there, and take another database"
        }
        CoordinationError::Failed(_) => "look at the server's log",
    }
}
