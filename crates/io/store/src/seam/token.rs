//! Access tokens: given for a secret, kept as a hash.

use super::{OAuthClient, WallTime};

use tollgate_secret::Secret;

/// A token, which can be read here and never again.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token: 256 random bits in URL-safe base64.
    pub token: Secret,
    /// When the token ends.
    pub expires: WallTime,
    /// The client that the token was given to.
    pub client: OAuthClient,
}

/// The client that a token belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenOwner {
    /// The client as it is now.
    pub client: OAuthClient,
    /// When the token ends.
    pub expires: WallTime,
}
