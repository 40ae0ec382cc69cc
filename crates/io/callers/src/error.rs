//! Why somebody isn't let in.

use crate::meter::TooMany;
use crate::principal::Principal;
use std::net::IpAddr;
use std::time::Duration;
use tollgate_store::StoreError;

/// Why a request, or a login, isn't let in.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The request comes without credentials.
    #[error("the request has no credentials")]
    Missing,
    /// The request comes with a token that isn't alive.
    #[error("the token is wrong")]
    Token,
    /// No caller may log in in this way with these credentials.
    #[error("the credentials are wrong")]
    Credentials,
    /// The caller, who is known, may not call from this address.
    #[error("the caller may not call from {0}")]
    Address(IpAddr),
    /// So much was guessed that no secret is looked at for this long.
    #[error("too many wrong logins from this address or of this client id")]
    Guesses(Duration),
    /// The caller, who is known, asks for more than it may.
    #[error("the caller has asked for too much")]
    TooMany(Box<Principal>, TooMany),
    /// The store can't say.
    #[error(transparent)]
    Store(StoreError),
}

impl AdmitError {
    /// Whether it counts as a refused login: credentials other than a token were wrong or weren't looked at, or a
    /// caller called from where it may not.
    #[must_use]
    pub fn is_refused_login(&self) -> bool {
        matches!(
            self,
            Self::Credentials | Self::Guesses(_) | Self::Address(_)
        )
    }
}
