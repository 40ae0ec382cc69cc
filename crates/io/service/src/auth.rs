//! An integration's own login: an action whose answer its other actions read as `${authResponse.…}`.
//!
//! The login runs when a call needs it and none is remembered; calls that come meanwhile wait for it, so
//! there is one at a time for each integration. Its answer is remembered until a tenth of its
//! `expires_in` is left, without one for [`LIFE`]; and a call that is answered 401 has it made anew, once.

use crate::catalog::Entry;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tollgate_driver::{Redactor, Secret};

/// How long an answer that names no end is believed.
const LIFE: Duration = Duration::from_secs(3600);
/// The longest that any is.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A login and what it answered last.
pub(crate) struct Auth {
    pub(crate) action: Arc<Entry>,
    answer: Mutex<Option<Answer>>,
}

/// What a login answered.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) value: Arc<Value>,
    /// Tells two answers apart.
    pub(crate) number: u64,
    /// Strikes the answer's texts out of what upstreams say.
    pub(crate) redactor: Redactor,
    until: Instant,
}

impl Auth {
    pub(crate) fn new(action: Arc<Entry>) -> Self {
        Self {
            action,
            answer: Mutex::default(),
        }
    }

    /// The answer that is remembered, or that of `login`. `refused` is the number of one that the upstream
    /// didn't take: it isn't given again.
    pub(crate) async fn get<E>(
        &self,
        refused: Option<u64>,
        login: impl Future<Output = Result<Value, E>>,
    ) -> Result<Answer, E> {
        let mut answer = self.answer.lock().await;
        let number = answer.as_ref().map_or(0, |it| it.number);
        if let Some(it) = answer.as_ref()
            && Instant::now() < it.until
            && refused != Some(it.number)
        {
            return Ok(it.clone());
        }
        *answer = None;
        let value = Arc::new(login.await?);
        let fresh = Answer {
            until: Instant::now() + life(&value),
            redactor: redactor(&value),
            value,
            number: number + 1,
        };
        *answer = Some(fresh.clone());
        Ok(fresh)
    }
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
    given.unwrap_or(LIFE).min(LONGEST)
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth")
            .field("action", &self.action.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lives_are_bounded() {
        let seconds = |value| life(&value).as_secs();
        assert_eq!(seconds(json!({"expires_in": 100})), 90);
        assert_eq!(seconds(json!({"expires_in": "200"})), 180);
        assert_eq!(seconds(json!({"expires_in": -1})), 3600);
        assert_eq!(seconds(json!({"expires_in": 1e300})), 3600);
        assert_eq!(seconds(json!({"expires_in": 900_000})), 86_400);
        assert_eq!(seconds(json!({})), 3600);
    }
}
