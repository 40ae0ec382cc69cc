//! As whom an upstream's tokens are fetched.

use tollgate_secret::Secret;
use url::Url;

/// Where and with what a client fetches its tokens (OAuth 2.0 client credentials).
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The token endpoint, such as `https://login.example.org/oauth/token`.
    pub token_url: Url,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

impl ClientCredentials {
    /// Whether both fetch the same tokens of the same endpoint.
    #[must_use]
    pub fn are_those_of(&self, other: &Self) -> bool {
        self.token_url == other.token_url
            && self.client_id == other.client_id
            && self.client_secret.expose() == other.client_secret.expose()
    }
}
