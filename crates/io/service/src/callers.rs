//! Who may call: OAuth 2.0 client credentials, and the tokens given for them.
//!
//! Tokens are 256 random bits and live in memory: after a restart a caller logs in again, which every
//! OAuth client does by itself on a 401. At most [`Callers::max_tokens`] are alive; beyond it the one
//! that expires first ends.

use rand::TryRngCore as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;
use tollgate_config::Caller;

/// The callers and their tokens.
#[derive(Debug)]
pub(crate) struct Callers {
    callers: Vec<Caller>,
    life: Duration,
    max_tokens: usize,
    alive: Mutex<Alive>,
}

#[derive(Debug, Default)]
struct Alive {
    tokens: HashMap<String, Session>,
    by_expiry: BTreeSet<(Instant, String)>,
}

#[derive(Debug)]
struct Session {
    caller: usize,
    expires: Instant,
}

/// What is given for good credentials.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) access_token: String,
    pub(crate) expires_in: Duration,
}

impl Callers {
    pub(crate) fn new(callers: Vec<Caller>, life: Duration, max_tokens: usize) -> Self {
        Self {
            callers,
            life,
            max_tokens,
            alive: Mutex::default(),
        }
    }

    /// A token for a caller's credentials; none if they are wrong.
    pub(crate) fn grant(&self, id: &str, secret: &str, now: Instant) -> Option<Grant> {
        let caller = self.callers.iter().position(|caller| {
            // Ids are no secret; of the right one's secret nothing is to be learned by timing.
            caller.client_id == id
                && bool::from(caller.secret.expose().as_bytes().ct_eq(secret.as_bytes()))
        })?;
        let token = random_token()?;
        let expires = now + self.life;
        let mut alive = self.lock();
        alive.end_expired(now);
        while alive.tokens.len() >= self.max_tokens {
            alive.end_first();
        }
        alive.by_expiry.insert((expires, token.clone()));
        alive
            .tokens
            .insert(token.clone(), Session { caller, expires });
        Some(Grant {
            access_token: token,
            expires_in: self.life,
        })
    }

    /// The id of the caller whose token this is, if it is one that is alive.
    pub(crate) fn of_token(&self, token: &str, now: Instant) -> Option<&str> {
        let alive = self.lock();
        let session = alive.tokens.get(token)?;
        let caller = self.callers.get(session.caller)?;
        (now < session.expires).then_some(caller.client_id.as_str())
    }

    fn lock(&self) -> MutexGuard<'_, Alive> {
        // The two tables are changed together without a point where one could panic.
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alive {
    fn end_expired(&mut self, now: Instant) {
        while self
            .by_expiry
            .first()
            .is_some_and(|(expires, _)| *expires <= now)
        {
            self.end_first();
        }
    }

    fn end_first(&mut self) {
        if let Some((_, token)) = self.by_expiry.pop_first() {
            self.tokens.remove(&token);
        }
    }
}

/// 256 bits from the system; none if it has no entropy to give.
fn random_token() -> Option<String> {
    use base64::Engine as _;
    let mut bytes = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers(max_tokens: usize) -> Callers {
        let caller = Caller {
            client_id: "one".into(),
            secret: String::from("secret").into(),
        };
        Callers::new(vec![caller], Duration::from_secs(300), max_tokens)
    }

    #[test]
    fn a_token_ends_with_its_life() {
        let (callers, now) = (callers(10), Instant::now());
        assert!(callers.grant("one", "wrong", now).is_none());
        assert!(callers.grant("two", "secret", now).is_none());
        let token = callers.grant("one", "secret", now).unwrap().access_token;
        assert_eq!(callers.of_token(&token, now), Some("one"));
        assert_eq!(
            callers.of_token(&token, now + Duration::from_secs(300)),
            None
        );
        assert_eq!(callers.of_token("made up", now), None);
    }

    #[test]
    fn beyond_the_bound_the_oldest_ends() {
        let (callers, now) = (callers(2), Instant::now());
        let tokens: Vec<_> = (0..3)
            .map(|at| {
                callers
                    .grant("one", "secret", now + Duration::from_secs(at))
                    .unwrap()
                    .access_token
            })
            .collect();
        assert_eq!(callers.of_token(&tokens[0], now), None);
        assert_eq!(callers.of_token(&tokens[1], now), Some("one"));
        assert_eq!(callers.of_token(&tokens[2], now), Some("one"));
    }
}
