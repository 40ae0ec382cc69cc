//! What every front door asks of a request before it looks at what the request wants.

use crate::callers::{Callers, Granted};
use crate::error::AdmitError;
use crate::logins::Logins;
use crate::meter::{Meter, Place};
use crate::now::Now;
use crate::principal::Principal;
use http::{HeaderMap, HeaderName, header};
use std::sync::Arc;
use std::time::Instant;
use tollgate_driver::Secret;
use tollgate_listen::Peer;
use tollgate_store::{Author, StoreError};

/// The headers that a caller's credentials come in.
pub const CREDENTIAL_HEADERS: [HeaderName; 1] = [header::AUTHORIZATION];

/// An access token that a request came with.
#[derive(Clone)]
pub struct Token(Arc<str>);

/// A request that was let in. Its caller's place is free again when this is dropped.
pub struct Admitted {
    /// Who calls.
    pub caller: Principal,
    /// The token that the request came with, if it came with one.
    pub token: Option<Token>,
    place: Place,
}

impl Admitted {
    /// Says in the answer where the caller stands (`inin-ratelimit-…`).
    pub fn tell(&self, headers: &mut HeaderMap) {
        self.place.tell(headers);
    }
}

/// Lets callers in.
pub struct Door {
    callers: Callers,
    logins: Logins,
    meter: Arc<Meter>,
}

impl Door {
    /// A door for these callers, within these bounds.
    #[must_use]
    pub fn new(callers: Callers, logins: Logins, meter: Meter) -> Self {
        Self {
            callers,
            logins,
            meter: Arc::new(meter),
        }
    }

    /// Lets a request in whose caller is known and within its bounds.
    ///
    /// # Errors
    /// It has no good credentials, its caller asks for too much, or the store can't say.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        _peer: &Peer,
        now: Now,
    ) -> Result<Admitted, AdmitError> {
        let token = bearer(headers).ok_or(AdmitError::Missing)?;
        let caller = self.callers.of_token(&token.0, now).await;
        let caller = caller.map_err(|error| unless_denied(error, AdmitError::Token))?;
        // The store may have taken its time.
        match self.meter.admit(&caller.id, Instant::now()) {
            Ok(place) => Ok(Admitted {
                caller,
                token: Some(token),
                place,
            }),
            Err(refusal) => Err(AdmitError::TooMany(Box::new(caller), refusal)),
        }
    }

    /// A token for a caller's id and secret.
    ///
    /// # Errors
    /// They are wrong, too much was guessed, or the store can't say.
    pub async fn log_in(
        &self,
        (id, secret): (&str, &Secret),
        headers: &HeaderMap,
        peer: &Peer,
        now: Now,
    ) -> Result<Granted, AdmitError> {
        let source = self.logins.source(peer.address, headers);
        let attempt = self.logins.enter(source, id, secret, now.instant);
        let attempt = attempt.map_err(AdmitError::Guesses)?;
        let granted = self.callers.grant(id, secret, now).await;
        // Checking a secret takes its time.
        let now = Instant::now();
        match &granted {
            Ok(_) => self.logins.right(&attempt, now),
            Err(StoreError::Denied) => self.logins.wrong(&attempt),
            Err(_) => self.logins.give_back(&attempt, now),
        }
        granted.map_err(|error| unless_denied(error, AdmitError::Credentials))
    }

    /// Ends a token.
    ///
    /// # Errors
    /// What the store says.
    pub async fn revoke(&self, token: &Token, by: &Author) -> Result<(), StoreError> {
        self.callers.revoke(&token.0, by).await
    }

    /// Believes nothing more of what the store said of callers until now: some were changed.
    pub fn forget(&self) {
        self.callers.forget();
    }
}

/// The store's error, or what its denial means here.
fn unless_denied(error: StoreError, denied: AdmitError) -> AdmitError {
    match error {
        StoreError::Denied => denied,
        error => AdmitError::Store(error),
    }
}

fn bearer(headers: &HeaderMap) -> Option<Token> {
    let header = headers.get(header::AUTHORIZATION)?;
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Token(token.trim().into()))
}
