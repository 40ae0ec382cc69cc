//! Tokens: how they are got, and whether they are good.

use super::Platform;
use crate::counter::Counter;
use crate::{Alignment, Grant, Life, TokenAnswer, TokenCounts, TokenNumber, Whose, said};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::Instant;

/// Tokens that may be granted; beyond it there are none to be had.
const MAX_TOKENS: usize = 100_000;

/// The tokens that were granted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    tokens: Vec<Token>,
    by_bearer: BTreeMap<String, TokenNumber>,
    /// How many grants were asked for.
    asked: Option<Counter>,
}

#[derive(Clone, Debug)]
struct Token {
    client: usize,
    text: String,
    expires: Instant,
    revoked: bool,
    calls: u64,
}

impl Tokens {
    /// The place and the client of a token that is good at `now`.
    pub(super) fn good(&self, token: Option<TokenNumber>, now: Instant) -> Option<(u32, usize)> {
        let number = token?.0;
        let token = self.tokens.get(number as usize)?;
        (!token.revoked && now < token.expires).then_some((number, token.client))
    }

    /// Counts a call; after `most` of them the token is worthless.
    pub(super) fn count(&mut self, number: u32, most: Option<u64>) {
        if let Some(token) = self.tokens.get_mut(number as usize) {
            token.calls += 1;
            token.revoked |= most.is_some_and(|most| token.calls >= most);
        }
    }

    pub(super) fn client(&self, number: u32) -> Option<usize> {
        self.tokens.get(number as usize).map(|token| token.client)
    }
}

impl Platform {
    /// Grants a token for a client's credentials; none if there is none, whatever the reason.
    pub fn grant(&mut self, id: &str, secret: &str, now: Instant) -> Option<Grant> {
        match self.ask_token(id, secret, now) {
            TokenAnswer::Granted(grant) => Some(grant),
            _ => None,
        }
    }

    /// Answers for the token endpoint.
    pub fn ask_token(&mut self, id: &str, secret: &str, now: Instant) -> TokenAnswer {
        let answer = self.answer_grant(id, secret, now);
        self.counts.grants_refused += u64::from(!matches!(answer, TokenAnswer::Granted(_)));
        answer
    }

    /// How long the token endpoint takes this time.
    pub fn grant_takes(&mut self) -> Duration {
        self.config.token_endpoint.takes.draw(&mut self.random)
    }

    fn answer_grant(&mut self, id: &str, secret: &str, now: Instant) -> TokenAnswer {
        let since = self.begin(now);
        let known = |client: &crate::Client| client.id == id && client.secret == secret;
        let endpoint = &self.config.token_endpoint;
        if let Some(window) = endpoint.allowed {
            let fresh = || Counter::new(window, Alignment::FirstCall, 0);
            let asked = self.tokens.asked.get_or_insert_with(fresh);
            if !asked.has_room(now) {
                let wait = asked.closes(now).since(now);
                let said =
                    said::retry_after(&endpoint.retry_after, (asked.reset_seconds(now), wait), now);
                return TokenAnswer::Limited(said.into_iter().collect());
            }
            asked.count(now);
        }
        let out_of_order = endpoint
            .failing
            .iter()
            .any(|(from, to)| (*from..*to).contains(&since));
        if out_of_order || self.random.percent(endpoint.failing_percent) {
            return TokenAnswer::Failing;
        }
        let client = self.config.clients.iter().position(known);
        let client = client.filter(|_| !endpoint.disabled.iter().any(|it| it == id));
        let Some(client) = client else {
            return TokenAnswer::Invalid;
        };
        if self.tokens.tokens.len() >= MAX_TOKENS {
            return TokenAnswer::Failing;
        }
        let (says_life, said_life) = match endpoint.says {
            Life::True => (true, self.config.expires_in),
            Life::Unsaid => (false, self.config.expires_in),
            Life::Is(life) => (true, life),
        };
        let living = |token: &Token| {
            endpoint.same && token.client == client && !token.revoked && now < token.expires
        };
        let (number, access_token) = match self.tokens.tokens.iter().position(living) {
            Some(same) => (
                TokenNumber(same as u32),
                self.tokens.tokens[same].text.clone(),
            ),
            None => self.new_token(client, now),
        };
        TokenAnswer::Granted(Grant {
            number,
            access_token,
            expires_in: said_life,
            says_life,
        })
    }

    fn new_token(&mut self, client: usize, now: Instant) -> (TokenNumber, String) {
        let number = TokenNumber(self.tokens.tokens.len() as u32);
        let text = format!("{:016x}{:016x}", self.random.next(), self.random.next());
        let phase = self.random.next();
        self.gate.open(Whose::Token, number.0, phase);
        let lives = self.config.token_endpoint.lives;
        self.tokens.tokens.push(Token {
            client,
            text: text.clone(),
            expires: now + lives.unwrap_or(self.config.expires_in),
            revoked: false,
            calls: 0,
        });
        self.counts.tokens.push(TokenCounts {
            client,
            ..TokenCounts::default()
        });
        self.tokens.by_bearer.insert(text.clone(), number);
        (number, text)
    }

    /// The token with this text.
    #[must_use]
    pub fn token(&self, bearer: &str) -> Option<TokenNumber> {
        self.tokens.by_bearer.get(bearer).copied()
    }

    /// Makes a token worthless.
    pub fn revoke(&mut self, token: TokenNumber) {
        if let Some(token) = self.tokens.tokens.get_mut(token.0 as usize) {
            token.revoked = true;
        }
    }

    /// Makes every token granted so far worthless.
    pub fn revoke_all(&mut self) {
        self.tokens
            .tokens
            .iter_mut()
            .for_each(|token| token.revoked = true);
    }
}
