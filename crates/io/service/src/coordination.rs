//! The coordination store that a configuration names, and what is said where it fails.

use std::sync::Arc;
use tollgate_config::{ClusterConfig, Config};
use tollgate_coordination::{CoordinationError, CoordinationStore, CoordinationUrl, open};
use tollgate_definitions::{Fault, cluster_url_field};

/// The coordination store of `[cluster]`; connects in the background, within a runtime.
///
/// # Errors
/// The URL leads to none.
pub fn open_coordination(
    config: &Config,
    cluster: &ClusterConfig,
) -> Result<Arc<dyn CoordinationStore>, Fault> {
    let url = CoordinationUrl::parse(cluster.url.expose());
    let opened = url.and_then(|url| open(&url, config.organization.id.as_str()));
    opened.map_err(|error| Fault::of(config, cluster_url_field(config), error.to_string()))
}

/// A read or a swap that has failed: the field that says where the store is, why, and what to do.
#[must_use]
pub fn coordination_fault(config: &Config, error: &CoordinationError) -> Fault {
    let message = format!("{error}; {}", what_to_do(error));
    Fault::of(config, cluster_url_field(config), message)
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
