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

/// How long an answer that names no end is believed.
const LIFE: Duration = Duration::from_secs(3600);
/// The longest that any is.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A login and what it answered last.
pub(crate) struct Auth {
    pub(crate) action: Arc<Entry>,
    answer: Mutex<Option<Answer>>,
}

/// What a login answered. `number` tells two answers apart.
#[derive(Clone)]
struct Answer {
    value: Arc<Value>,
    until: Instant,
    number: u64,
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
    ) -> Result<(Arc<Value>, u64), E> {
        let mut answer = self.answer.lock().await;
        let number = answer.as_ref().map_or(0, |it| it.number);
        if let Some(it) = answer.as_ref()
            && Instant::now() < it.until
            && refused != Some(it.number)
        {
            return Ok((Arc::clone(&it.value), it.number));
        }
        *answer = None;
        let value = Arc::new(login.await?);
        let fresh = Answer {
            until: Instant::now() + life(&value),
            value: Arc::clone(&value),
            number: number + 1,
        };
        *answer = Some(fresh);
        Ok((value, number + 1))
    }
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
