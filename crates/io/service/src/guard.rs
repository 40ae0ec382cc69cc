//! Where an integration's calls may go: the guard's policy, made from what the integration allows.
//!
//! A URL is checked before every call; a name's addresses by the resolver that hands them to the socket.
//! Redirects aren't followed at all: an upstream's 3xx is an answer like any other.

use crate::ends::Cause;
use crate::error::ApiError;
use tollgate_config::Access;
use tollgate_driver::Url;
use tollgate_guard::Guard;

/// The guard of an integration. `written`: the URLs of its configuration that its calls go to.
pub(crate) fn guard(access: &Access, written: &[&Url]) -> Result<Guard, String> {
    let policy = access.policy(written);
    Ok(Guard::new(policy.map_err(|error| error.to_string())?))
}

/// Refuses a URL that calls don't go to.
pub(crate) fn check(guard: &Guard, url: &Url) -> Result<(), ApiError> {
    guard.check(url).map_err(|refused| {
        let message = format!("The call is not made: {refused}.");
        ApiError::of(Cause::Address, message)
    })
}
