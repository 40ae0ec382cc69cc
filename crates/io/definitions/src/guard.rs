//! Where an integration's calls may go: the guard's policy, made from what the integration allows.
//!
//! A URL is checked before every call; a name's addresses by the resolver that hands them to the socket.
//! Redirects aren't followed at all: an upstream's 3xx is an answer like any other.

use tollgate_config::Access;
use tollgate_driver::Url;
use tollgate_guard::{Guard, Refused};

/// A call that would go where its integration doesn't allow.
#[derive(Debug, thiserror::Error)]
#[error("The call is not made: {0}.")]
pub struct AddressError(Refused);

/// The guard of an integration. `written`: the URLs of its configuration that its calls go to.
pub(crate) fn guard(access: &Access, written: &[&Url]) -> Result<Guard, String> {
    let policy = access.policy(written);
    Ok(Guard::new(policy.map_err(|error| error.to_string())?))
}

/// Refuses a URL that calls don't go to.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(guard: &Guard, url: &Url) -> Result<(), AddressError> {
    guard.check(url).map_err(AddressError)
}
