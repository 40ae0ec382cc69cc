//! What every front door asks of a request before it looks at what the request wants.

use crate::callers::{Callers, Granted};
use crate::credential::{Credential, Token};
use crate::error::AdmitError;
use crate::logins::{Logins, Shown, Way};
use crate::meter::{Meter, Place};
use crate::now::Now;
use crate::principal::Principal;
use http::HeaderMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tollgate_driver::Secret;
use tollgate_listen::Peer;
use tollgate_store::{Author, StoreError};

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
    logins: Arc<Logins>,
    meter: Arc<Meter>,
}

impl Door {
    /// A door for these callers, within these bounds.
    #[must_use]
    pub fn new(callers: Callers, logins: Logins, meter: Meter) -> Self {
        Self {
            callers,
            logins: Arc::new(logins),
            meter: Arc::new(meter),
        }
    }

    /// A door for other callers, with what is known of guesses and requests unless there are other bounds on them.
    #[must_use]
    pub fn next(&self, callers: Callers, logins: Option<Logins>, meter: Option<Meter>) -> Self {
        Self {
            callers,
            logins: logins.map_or_else(|| Arc::clone(&self.logins), Arc::new),
            meter: meter.map_or_else(|| Arc::clone(&self.meter), Arc::new),
        }
    }

    /// The callers.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.callers
    }

    /// Lets a request in whose caller is known and within its bounds.
    ///
    /// # Errors
    /// It has no good credentials, its caller may not call from there or asks for too much, or the store can't
    /// say.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        peer: &Peer,
        now: Now,
    ) -> Result<Admitted, AdmitError> {
        let source = self.logins.source(peer.address, headers);
        let credential = Credential::of(headers, peer).ok_or(AdmitError::Missing)?;
        let (caller, token) = self.identify(source, credential, now).await?;
        if !caller.may_call_from(source) {
            return Err(AdmitError::Address(source));
        }
        // The store may have taken its time.
        match self.meter.admit(&caller.id, caller.bounds, Instant::now()) {
            Ok(place) => Ok(Admitted {
                caller,
                token,
                place,
            }),
            Err(refusal) => Err(AdmitError::TooMany(Box::new(caller), refusal)),
        }
    }

    /// Whether this token still lets its caller watch. What has begun with a request may go on for long after it: it asks this
    /// now and then. A store that can't be asked ends nothing.
    pub async fn still_watches(&self, token: &Token, now: Now) -> bool {
        match self.callers.of_token(&token.0, now).await {
            Ok(caller) => caller.may_watch(),
            Err(error) => !matches!(error, StoreError::Denied),
        }
    }

    /// Whose credential this is.
    async fn identify(
        &self,
        source: IpAddr,
        credential: Credential<'_>,
        now: Now,
    ) -> Result<(Principal, Option<Token>), AdmitError> {
        let callers = &self.callers;
        let caller = match credential {
            Credential::Token(token) => {
                let caller = callers.of_token(&token.0, now).await;
                let caller = caller.map_err(|error| unless_denied(error, AdmitError::Token))?;
                return Ok((caller, Some(token)));
            }
            Credential::Basic(id, secret) => {
                let shown = Shown {
                    way: Way::Basic,
                    id: Some(&id),
                    secret: secret.expose(),
                };
                self.guarded(source, shown, now, || {
                    callers.of_secret(&id, &secret, |logins| logins.basic.as_ref())
                })?
            }
            Credential::ApiKey(key) => {
                let shown = Shown {
                    way: Way::ApiKey,
                    id: None,
                    secret: key.expose(),
                };
                self.guarded(source, shown, now, || callers.of_api_key(&key))?
            }
            // Whoever vouches for the name is trusted, so there is nothing to guess.
            Credential::Certificate(names) => {
                let caller = callers.of_certificate(names);
                caller.ok_or(AdmitError::Credentials)?
            }
        };
        Ok((caller.clone(), None))
    }

    /// The caller that is found by what somebody shows, within the bounds on guesses.
    fn guarded<'a>(
        &self,
        source: IpAddr,
        shown: Shown<'_>,
        now: Now,
        find: impl FnOnce() -> Option<&'a Principal>,
    ) -> Result<&'a Principal, AdmitError> {
        let attempt = self.logins.enter(source, shown, now.instant);
        let attempt = attempt.map_err(AdmitError::Guesses)?;
        let found = find();
        match found {
            Some(_) => self.logins.right(&attempt, now.instant),
            None => self.logins.wrong(&attempt),
        }
        found.ok_or(AdmitError::Credentials)
    }

    /// A token for a caller's id and secret.
    ///
    /// # Errors
    /// They are wrong, too much was guessed, the caller may not call from there, or the store can't say.
    pub async fn log_in(
        &self,
        (id, secret): (&str, &Secret),
        headers: &HeaderMap,
        peer: &Peer,
        now: Now,
    ) -> Result<Granted, AdmitError> {
        let source = self.logins.source(peer.address, headers);
        let shown = Shown {
            way: Way::OAuth,
            id: Some(id),
            secret: secret.expose(),
        };
        let attempt = self.logins.enter(source, shown, now.instant);
        let attempt = attempt.map_err(AdmitError::Guesses)?;
        let callers = &self.callers;
        let of_file = callers.of_secret(id, secret, |logins| logins.oauth.as_ref());
        let granted = match of_file {
            Some(caller) if !caller.may_call_from(source) => Err(AdmitError::Address(source)),
            Some(caller) => callers.issue(caller, now).map_err(AdmitError::Store),
            // A wrong secret of the file's takes as long as an unknown id and a wrong secret of the store's.
            None => {
                let granted = callers.issue_stored(id, secret, now).await;
                granted.map_err(|error| unless_denied(error, AdmitError::Credentials))
            }
        };
        // Checking a secret takes its time.
        let now = Instant::now();
        match &granted {
            Ok(_) | Err(AdmitError::Address(_)) => self.logins.right(&attempt, now),
            Err(AdmitError::Credentials) => self.logins.wrong(&attempt),
            Err(_) => self.logins.give_back(&attempt, now),
        }
        granted
    }

    /// Whether a caller of the configuration file may administer everything.
    #[must_use]
    pub fn file_administers(&self) -> bool {
        self.callers.file_administers()
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
