//! Where an integration's calls may go: the guard's policy, made from what the integration allows.
//!
//! A URL is checked before every call; a name's addresses by the resolver that hands them to the socket.
//! Redirects aren't followed at all: an upstream's 3xx is an answer like any other.

use crate::error::ApiError;
use http::StatusCode;
use std::str::FromStr;
use tollgate_config::Access;
use tollgate_driver::Url;
use tollgate_guard::{BadRule, Guard, Policy};

/// The guard of an integration. `base`: the URL that its calls start with, whose scheme and port are
/// allowed by being written there.
pub(crate) fn guard(access: &Access, base: Option<&Url>) -> Result<Guard, String> {
    let mut policy = Policy {
        hosts: rules(&access.hosts)?,
        networks: rules(&access.networks)?,
        ports: rules(&access.ports)?,
        ..Policy::default()
    };
    if !access.schemes.is_empty() {
        policy.schemes = rules(&access.schemes)?;
    }
    if let Some(base) = base {
        policy.schemes = rules(&[base.scheme().to_owned()])?;
        policy.ports = rules(
            &base
                .port()
                .map(|port| port.to_string())
                .into_iter()
                .collect::<Vec<_>>(),
        )?;
    }
    Ok(Guard::new(policy))
}

fn rules<T: FromStr<Err = BadRule>>(texts: &[String]) -> Result<Vec<T>, String> {
    let parse = |text: &String| text.parse().map_err(|error: BadRule| error.to_string());
    texts.iter().map(parse).collect()
}

/// Refuses a URL that calls don't go to.
pub(crate) fn check(guard: &Guard, url: &Url) -> Result<(), ApiError> {
    guard.check(url).map_err(|refused| {
        let message = format!("The call is not made: {refused}.");
        ApiError::new(StatusCode::BAD_REQUEST, "address.not.allowed", message)
    })
}
