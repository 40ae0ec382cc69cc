//! Tokens as they come and go.

use super::Engine;
use crate::Command;
use crate::pool::Token;
use crate::timer::Timer;
use std::time::Duration;
use tollgate_model::{ClientId, Instant, TokenId};

/// Longest pause between two fetches for one client.
const LONGEST_FETCH_PAUSE: Duration = Duration::from_secs(60);

impl Engine {
    pub(super) fn token_granted(&mut self, token: TokenId, expires_in: Duration, now: Instant) {
        let Some(client) = self.resources.pools.end_fetch(token) else {
            return self.commands.push_back(Command::DropToken(token));
        };
        self.resources
            .pools
            .add(token, client, &self.config.clients[client.index()]);
        // Renewals are spread over a tenth of the lead, lest tokens of one birth be renewed at once.
        let lead = self.config.policy.renew_ahead.min(expires_in / 4);
        let spread = lead.mul_f64(0.1 * self.fraction());
        let renews = now + (expires_in - lead - spread);
        if let Some(held) = self.resources.pools.tokens.get_mut(token) {
            held.renews = renews;
        }
        let closed_until = self.resources.pools.closed_until(client);
        if closed_until > now {
            self.close_token(token, closed_until);
        }
        self.timers.set(renews, Timer::Renew(token));
        self.timers
            .set(now + (expires_in - lead / 2), Timer::Retire(token));
        self.resources.unblock();
    }

    pub(super) fn token_failed(
        &mut self,
        token: TokenId,
        retry_after: Option<Duration>,
        now: Instant,
    ) {
        if let Some(client) = self.resources.pools.end_fetch(token) {
            self.fetch_failed(client, retry_after, now);
        }
    }

    /// The endpoint gave no token, or one that nobody takes.
    fn fetch_failed(&mut self, client: ClientId, retry_after: Option<Duration>, now: Instant) {
        let state = &mut self.resources.pools.clients[client.index()];
        let doubled = self.config.policy.fetch_pause * (1 << state.failures.min(10));
        let pause = doubled.min(LONGEST_FETCH_PAUSE);
        state.failures += 1;
        // An endpoint that asks for no pause at all would be asked again at once.
        state.paused_until = now + retry_after.unwrap_or(pause).max(pause);
        self.timers.set(state.paused_until, Timer::Fetch(client));
    }

    /// The client may fetch again. What waits asks for a token by itself; a renewal that
    /// failed, or was not possible meanwhile, is made up for.
    pub(super) fn fetch_again(&mut self, client: ClientId, now: Instant) {
        self.resources.unblock();
        let pools = &self.resources.pools;
        let live = pools.clients[client.index()].live.iter();
        let is_due = |token: &TokenId| pools.tokens.get(*token).is_some_and(|it| it.renews <= now);
        let due: Vec<TokenId> = live.filter(is_due).collect();
        for token in due {
            self.renew(token, now);
        }
    }

    /// Fetches a successor, unless the client's other tokens carry what there is to do.
    pub(super) fn renew(&mut self, token: TokenId, now: Instant) {
        let Some(client) = self.resources.pools.tokens.get(token).map(|it| it.client) else {
            return;
        };
        let state = &self.resources.pools.clients[client.index()];
        let busy = self
            .resources
            .pools
            .tokens
            .get(token)
            .is_some_and(|it| it.ledgers.iter().any(|l| l.held(now) > 0));
        if state.live.len() > 1 && !busy {
            return;
        }
        if state.fetching.is_none() && state.fetches_from() <= now {
            self.fetch(client);
        }
    }

    pub(super) fn retire(&mut self, token: TokenId) -> Option<Token> {
        let held = self.resources.pools.retire(token)?;
        self.commands.push_back(Command::DropToken(token));
        self.resources.unblock();
        Some(held)
    }

    /// A call with the token was answered 401.
    pub(super) fn unauthorised(&mut self, token: TokenId, now: Instant) {
        if let Some(held) = self.retire(token)
            && !held.proven
        {
            self.fetch_failed(held.client, None, now);
        }
    }

    pub(super) fn fetch(&mut self, client: ClientId) {
        let token = self.resources.pools.begin_fetch(client);
        self.commands.push_back(Command::FetchToken(client, token));
    }
}
