//! One try of a token endpoint or an address, for whoever checks a configuration before it serves.
//!
//! What is tried goes the way that the service's own calls and fetches go: the same names, connections, certificates
//! and bounds. Nothing is kept of it; a token that was granted is dropped.

use crate::http::Http;
use crate::token;
use crate::{
    Bounds, ClientCredentials, Outlet, SetupError, TokenAnswer, TokenForm, Unreachable, Url,
};
use std::time::Duration;
use tollgate_engine::FetchFailure;

/// A way out to try.
#[derive(Clone, Debug)]
pub struct Probe {
    http: Http,
    token_timeout: Duration,
}

/// Why a token endpoint gave no token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoToken {
    /// In words, without anything secret.
    pub reason: String,
    /// What it answered, if it did.
    pub answer: Option<TokenAnswer>,
    /// Whether it says that the client's credentials are wrong, or that they may have no token.
    pub credentials: bool,
    /// It did not answer in time.
    pub late: bool,
}

impl Probe {
    /// A way out with these bounds and certificates.
    ///
    /// # Errors
    /// Certificates or a key that can't be used.
    pub fn new(bounds: &Bounds, outlet: &Outlet) -> Result<Self, SetupError> {
        Ok(Self {
            http: Http::new(bounds, outlet)?,
            token_timeout: bounds.token_timeout,
        })
    }

    /// Opens a connection to the URL's host, TLS included, and closes it, within [`Bounds::connect_timeout`].
    ///
    /// # Errors
    /// What it could not get beyond.
    pub async fn reach(&self, url: &Url) -> Result<(), Unreachable> {
        self.http.reach(url).await
    }

    /// Fetches one token, asked for by this form, within [`Bounds::token_timeout`], and gives its life.
    ///
    /// # Errors
    /// What the endpoint answered instead.
    pub async fn fetch(
        &self,
        client: &ClientCredentials,
        form: &TokenForm,
    ) -> Result<Duration, NoToken> {
        let granted = token::fetch(&self.http, client, form, self.token_timeout).await;
        granted
            .map(|grant| grant.expires_in)
            .map_err(|none| NoToken {
                reason: none.reason,
                answer: none.answer,
                credentials: none.failure == FetchFailure::Credentials,
                late: none.failure == FetchFailure::Late,
            })
    }
}
