//! Tokens as they come and go.

use super::Engine;
use crate::Command;
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
        let Some(client) = self.resources.pools.end_fetch(token) else {
            return;
        };
        let state = &mut self.resources.pools.clients[client.index()];
        let doubled = self.config.policy.fetch_pause * (1 << state.failures.min(10));
        let pause = doubled.min(LONGEST_FETCH_PAUSE);
        state.failures += 1;
        // An endpoint that asks for no pause at all would be asked again at once.
        state.paused_until = now + retry_after.map_or(pause, |asked| asked.max(pause));
        self.timers.set(state.paused_until, Timer::Fetch(client));
    }

    /// The pause after a failed fetch is over. What waits asks for a token by itself; a renewal that
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
        let most = self.config.clients[client.index()].max_tokens as usize;
        if state.retired || state.live.len() > most {
            return;
        }
        let busy = self
            .resources
            .pools
            .tokens
            .get(token)
            .is_some_and(|it| it.ledgers.iter().any(|l| l.held(now) > 0));
        if state.live.len() > 1 && !busy {
            return;
        }
        if state.fetching.is_none() && state.paused_until <= now {
            self.fetch(client);
        }
    }

    pub(super) fn retire(&mut self, token: TokenId) {
        if self.resources.pools.retire(token).is_some() {
            self.commands.push_back(Command::DropToken(token));
            self.resources.unblock();
        }
    }

    pub(super) fn fetch(&mut self, client: ClientId) {
        let token = self.resources.pools.begin_fetch(client);
        self.commands.push_back(Command::FetchToken(client, token));
        if self.resources.pools.clients[client.index()].retired {
            self.retiring.push(client);
        }
    }

    pub(super) fn set_max_tokens(&mut self, client: ClientId, max_tokens: u32) {
        let mut config = (*self.config).clone();
        if let Some(client) = config.clients.get_mut(client.index()) {
            client.max_tokens = max_tokens;
            self.configure(config);
        }
    }

    pub(super) fn retire_client(&mut self, client: ClientId) {
        if let Some(state) = self.resources.pools.clients.get_mut(client.index()) {
            state.retired = true;
            self.retiring.push(client);
        }
    }

    /// Drops the tokens of retired clients that nothing waits for. A call that comes back for a retry
    /// fetches another, which goes the same way.
    pub(super) fn drop_retired(&mut self) {
        for client in std::mem::take(&mut self.retiring) {
            let pool = self.resources.pools.clients[client.index()].pool;
            let waits = pool.is_some()
                && self
                    .queue
                    .lanes()
                    .any(|lane| self.route(lane.route).pool == pool);
            if waits {
                self.retiring.push(client);
                continue;
            }
            let state = &mut self.resources.pools.clients[client.index()];
            let fetching = state.fetching.take();
            self.commands.extend(fetching.map(Command::DropToken));
            let live: Vec<TokenId> = state.live.iter().collect();
            live.into_iter().for_each(|token| self.retire(token));
        }
    }
}
