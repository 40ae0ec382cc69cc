//! Callbacks: a job's end is told to an address that its caller may name, in a signed message.
//!
//! The address has to be one that the caller's table in the configuration allows, when the job is taken in and again
//! at each call: what its name resolves to is looked at then, by the guard that also looks at integrations' calls.
//! Redirects aren't followed. A message has the job's id as its `webhook-id`, the same however often it is sent, so
//! that a receiver can tell doubles.
//!
//! It is delivered when it was answered 2xx. 410 ends it at once, as the specification of Standard Webhooks has it;
//! anything else is followed by another call after a pause that grows, until the job is forgotten.

use crate::signature::sign;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_config::{Caller, Config};
use tollgate_definitions::{outlet, wall_time};
use tollgate_driver::{Messenger, Request, Url};
use tollgate_guard::{Guard, Refused};
use tollgate_secret::Secret;
use tollgate_store::Job;

/// For one message.
const WITHIN: Duration = Duration::from_secs(15);
/// The pauses between one call and the next; the last is repeated.
const PAUSES: [u64; 7] = [5, 30, 120, 600, 1800, 3600, 7200];

/// Why a caller's address can't be called back.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// The caller has no such table.
    #[error(
        "this caller has no [caller.callback] in the configuration, so it can't be called back"
    )]
    NotAllowed,
    /// It is no URL.
    #[error("it is no URL: {0}")]
    NoUrl(String),
    /// A rule of the caller's table refuses it.
    #[error("[caller.callback] of this caller doesn't allow it: {0}")]
    Refused(Refused),
}

/// What came of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// The receiver has taken it, with this status.
    Taken(u16),
    /// It won't be taken.
    Refused(Option<u16>),
    /// It wasn't taken, for now; with the status, if there was an answer.
    NotNow(Option<u16>),
}

/// How one caller is called back.
struct Way {
    guard: Guard,
    messenger: Messenger,
    key: Secret,
}

/// Who may be called back, and how.
#[derive(Default)]
pub struct Callbacks(BTreeMap<String, Way>);

impl Callbacks {
    /// The callers of the configuration that may be called back.
    ///
    /// # Errors
    /// The id of the caller whose rules or certificates can't be used, and why.
    pub fn new(config: &Config) -> Result<Self, (String, String)> {
        let mut ways = BTreeMap::new();
        for caller in &config.callers {
            let way = way(config, caller).map_err(|why| (caller.client_id.clone(), why))?;
            ways.extend(way.map(|way| (caller.client_id.clone(), way)));
        }
        Ok(Self(ways))
    }

    pub(crate) fn check(&self, caller: &str, url: &str) -> Result<(), CallbackError> {
        let way = self.0.get(caller).ok_or(CallbackError::NotAllowed)?;
        let url = Url::parse(url).map_err(|error| CallbackError::NoUrl(error.to_string()))?;
        way.guard.check(&url).map_err(CallbackError::Refused)
    }

    /// Sends the message once.
    pub(crate) async fn tell(&self, job: &Job, url: Option<&Secret>, message: String) -> Told {
        let Some((way, url)) = self.0.get(&job.caller).zip(url) else {
            return Told::Refused(None);
        };
        let Some(request) = way.request(job, url, message) else {
            return Told::Refused(None);
        };
        match way.messenger.send(&request, WITHIN).await {
            Ok(status @ 200..300) => Told::Taken(status),
            Ok(410) => Told::Refused(Some(410)),
            Ok(status) => Told::NotNow(Some(status)),
            Err(why) => {
                tracing::info!(job = %job.id, why, "a callback found nobody");
                Told::NotNow(None)
            }
        }
    }
}

impl Way {
    /// The message as it is sent; none where the caller's rules don't allow it any more.
    fn request(&self, job: &Job, url: &Secret, message: String) -> Option<Request> {
        let url = Url::parse(url.expose()).ok()?;
        self.guard.check(&url).ok()?;
        let id = job.id.as_str();
        let seconds = wall_time().0 / 1000;
        let signature = sign(&self.key, id, seconds, &message)?;
        let fields = [
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", &seconds.to_string()),
            ("webhook-signature", &signature),
        ];
        let mut headers = http::HeaderMap::new();
        for (name, value) in fields {
            let value = http::HeaderValue::from_str(value).ok()?;
            headers.insert(http::HeaderName::from_static(name), value);
        }
        Some(Request::new(http::Method::POST, url, headers, message))
    }
}

fn way(config: &Config, caller: &Caller) -> Result<Option<Way>, String> {
    let Some(callback) = &caller.callback else {
        return Ok(None);
    };
    let policy = callback.access.policy(&[]);
    let guard = Guard::new(policy.map_err(|error| error.to_string())?);
    let shared = (config.extra_roots_pem.as_slice(), config.proxy.as_ref());
    let outlet = outlet(shared, &callback.access, Some(&guard));
    let messenger = Messenger::new(&config.upstream, &outlet);
    Ok(Some(Way {
        guard,
        messenger: messenger.map_err(|error| error.to_string())?,
        key: callback.secret.clone(),
    }))
}

/// The pause after so many calls.
pub(crate) fn pause(attempts: u32) -> Duration {
    let at = (attempts.saturating_sub(1) as usize).min(PAUSES.len() - 1);
    Duration::from_secs(PAUSES[at])
}
