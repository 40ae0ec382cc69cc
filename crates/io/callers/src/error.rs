//! Why somebody isn't let in.

use crate::meter::TooMany;
use crate::principal::Principal;
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
    /// There is no such id, or the secret is wrong.
    #[error("the credentials are wrong")]
    Credentials,
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
