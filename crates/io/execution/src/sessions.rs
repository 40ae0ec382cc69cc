//! What integrations' logins answered: an integration's other actions read it as `${authResponse.…}`.
//!
//! For an integration below a base URL of its own, the answer's `access_token` also goes with each call that
//! has no `Authorization` of its own, since exports of such types have none: the vendor adds it as well.
//!
//! The login runs when a call needs it and none is remembered; calls that come meanwhile wait for it, so
//! there is one at a time for each integration. One that fails has failed for all who waited, so that a
//! wrong secret doesn't lock an account by as many logins as there are calls. Its answer is remembered until
//! a tenth of its `expires_in` is left, without one for [`LIFE`]; and a call that is answered 401 has it made
//! anew, once. An integration whose definition changes has another login, and nothing of the old one's.

use crate::error::ExecuteError;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tollgate_definitions::Login;
use tollgate_driver::{Redactor, Secret};

/// How long an answer that names no end is believed.
const LIFE: Duration = Duration::from_secs(3600);
/// The longest that any is.
const LONGEST: Duration = Duration::from_secs(86_400);
/// The shortest: with less, each of the calls that wait for a login would make one of its own, one after another.
const SHORTEST: Duration = Duration::from_secs(1);

/// What all logins that there are answered last.
#[derive(Default)]
pub(crate) struct Sessions(std::sync::Mutex<HashMap<usize, OfLogin>>);

/// A login and what it answered last.
type OfLogin = (Weak<Login>, Arc<LastLogin>);

impl Sessions {
    /// What a login answered last.
    pub(crate) fn of(&self, login: &Arc<Login>) -> Arc<LastLogin> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A login's place in memory is no other's while there is a handle on it, the weak one here included.
        let place = Arc::as_ptr(login) as usize;
        if let Some((_, last)) = all.get(&place) {
            return Arc::clone(last);
        }
        all.retain(|_, (login, _)| login.strong_count() > 0);
        let last = Arc::<LastLogin>::default();
        all.insert(place, (Arc::downgrade(login), Arc::clone(&last)));
        last
    }
}

/// What one login answered last.
#[derive(Default)]
pub(crate) struct LastLogin {
    /// Logins that have ended, whatever came of them.
    ended: AtomicU64,
    /// What the last login came to. Held while one is under way.
    last: Mutex<Option<Reply<Session>>>,
}

/// What a login's endpoint granted, or what it said instead.
pub(crate) type Reply<T = Value> = Result<T, ExecuteError>;

/// What a login gave.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) value: Arc<Value>,
    /// Tells two answers apart.
    pub(crate) number: u64,
    /// Strikes the answer's texts out of what upstreams say.
    pub(crate) redactor: Redactor,
    /// `Authorization` that its `access_token` makes, if it has one.
    pub(crate) bearer: Option<Secret>,
    until: Instant,
}

impl LastLogin {
    /// The answer that is remembered, or that of `login`. `refused` is the number of one that the upstream
    /// didn't take: it isn't given again.
    ///
    /// # Errors
    /// What the endpoint said instead of granting something: told to all calls that waited for this login,
    /// and to none that comes later. Or, to this call alone, why the endpoint wasn't asked.
    pub(crate) async fn get(
        &self,
        refused: Option<u64>,
        login: impl Future<Output = Result<Reply, ExecuteError>>,
    ) -> Result<Session, ExecuteError> {
        let ended = self.ended.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        match &*last {
            Some(Ok(answer)) if answer.holds() && refused != Some(answer.number) => {
                return Ok(answer.clone());
            }
            Some(Err(why)) if self.ended.load(Ordering::SeqCst) != ended => {
                return Err(why.clone());
            }
            _ => {}
        }
        *last = None;
        let said = login.await?;
        let number = self.ended.fetch_add(1, Ordering::SeqCst) + 1;
        let answer = said.map(|value| Session::new(value, number));
        *last = Some(answer.clone());
        answer
    }
}

impl Session {
    fn new(value: Value, number: u64) -> Self {
        Self {
            until: Instant::now() + life(&value),
            redactor: redactor(&value),
            bearer: bearer(&value),
            value: Arc::new(value),
            number,
        }
    }

    fn holds(&self) -> bool {
        Instant::now() < self.until
    }
}

/// The `Authorization` that an answer makes, if it has a token.
pub(crate) fn bearer(answer: &Value) -> Option<Secret> {
    let token = answer.get("access_token")?.as_str()?;
    Some(Secret::new(format!("Bearer {token}")))
}

/// Bytes of the shortest text of a login's answer that is taken for a token.
const SHORTEST_TOKEN: usize = 16;

/// Strikes the answer's texts. Those that look like a token, a session or a key are private; addresses,
/// scopes and the like are not, for actions may well answer with them.
fn redactor(answer: &Value) -> Redactor {
    let (mut private, mut public) = (Vec::new(), Vec::new());
    let mut left = vec![answer];
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) if text.eq_ignore_ascii_case("bearer") => {}
            Value::String(text) => {
                let opaque = text.len() >= SHORTEST_TOKEN
                    && !text.contains("://")
                    && !text.contains(char::is_whitespace);
                let secret = Secret::new(text.clone());
                if opaque { &mut private } else { &mut public }.push(secret);
            }
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => left.extend(fields.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Redactor::new(&private, &public)
}

/// Nine tenths of `expires_in`, which some upstreams write as text.
fn life(answer: &Value) -> Duration {
    let seconds = answer.get("expires_in").and_then(|value| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    });
    let given = seconds.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds * 0.9).ok());
    given.unwrap_or(LIFE).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use serde_json::json;

    /// A login that takes until the others wait for it; counts how often it runs.
    async fn login(runs: &AtomicU64, said: Reply) -> Result<Reply, ExecuteError> {
        runs.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(said)
    }

    #[tokio::test]
    async fn a_login_that_fails_has_failed_for_all_who_waited_and_for_nobody_later() {
        let (auth, runs) = (LastLogin::default(), AtomicU64::new(0));
        let refused = || Err(ExecuteError::new(Cause::Login, "invalid_client"));
        let all = (0..5).map(|_| auth.get(None, login(&runs, refused())));
        for got in futures_util::future::join_all(all).await {
            assert_eq!(
                got.err().map(|it| it.message.clone()),
                Some("invalid_client".to_owned())
            );
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        let granted = auth
            .get(None, login(&runs, Ok(json!({"access_token": "t"}))))
            .await;
        assert_eq!(
            granted.map(|it| it.number).unwrap_or_default(),
            2,
            "an answer has a number of its own"
        );
        // A refused one that can't be renewed: once for all who had it.
        let all = (0..5).map(|_| auth.get(Some(2), login(&runs, refused())));
        let got = futures_util::future::join_all(all).await;
        assert!(got.iter().all(Result::is_err));
        assert_eq!(runs.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn why_an_endpoint_was_not_asked_is_one_calls_own_matter() {
        let (auth, runs) = (LastLogin::default(), AtomicU64::new(0));
        let impatient = async {
            tokio::task::yield_now().await;
            Err(ExecuteError::new(Cause::Login, "its deadline"))
        };
        let (first, second) = tokio::join!(
            auth.get(None, impatient),
            auth.get(None, login(&runs, Ok(json!({})))),
        );
        assert!(first.is_err() && second.is_ok());
    }

    #[test]
    fn lives_are_bounded() {
        let seconds = |value| life(&value).as_secs();
        assert_eq!(seconds(json!({"expires_in": 100})), 90);
        assert_eq!(seconds(json!({"expires_in": "200"})), 180);
        assert_eq!(seconds(json!({"expires_in": -1})), 3600);
        assert_eq!(seconds(json!({"expires_in": 0})), 1);
        assert_eq!(seconds(json!({"expires_in": 1e300})), 3600);
        assert_eq!(seconds(json!({"expires_in": 900_000})), 86_400);
        assert_eq!(seconds(json!({})), 3600);
    }
}
