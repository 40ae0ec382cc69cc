//! Tokens as they come and go.
//!
//! **While a pool gives no token** (`Policy::wait_for_tokens` aside), executions are refused at once, those
//! that waited for the fetch that failed included: an honest answer beats a wait whose end nobody
//! knows. A token is renewed a minute ahead of its end, and asked for again until then, so what an
//! endpoint misses for a moment is felt at a cold start only. The engine asks again by itself, after
//! pauses that double, as long as executions are refused or somebody watches the client
//! (`Event::WatchClient`); a call that comes long after the last failure waits for a fetch of its own.

use super::machine::Engine;
use crate::closing::Part;
use crate::execution::State;
use crate::pool::Token;
use crate::timer::Timer;
use crate::{Command, FetchFailure, Submission};
use std::time::Duration;
use tollgate_model::{ClientId, ExecutionId, Instant, PoolId, Reason, TokenId};

impl Engine {
    pub(super) fn token_granted(&mut self, token: TokenId, expires_in: Duration, now: Instant) {
        let Some((client, since)) = self.resources.pools.end_fetch(token) else {
            return self.commands.push_back(Command::DropToken(token));
        };
        let (lead, retires) = self.lead(expires_in, now);
        let pools = &mut self.resources.pools;
        pools.clients[client.index()].endpoint.granted(
            since,
            now,
            self.config.policy.fetches_at_once,
        );
        pools.add(token, client, &self.config.clients[client.index()], retires);
        self.keep_configured(token, client);
        self.enforce(Part::Token(token), now);
        self.time_renewal(token, expires_in, lead, now);
        // Whatever it was fetched for, it succeeds the token that has been due for the longest.
        let state = &mut self.resources.pools.clients[client.index()];
        if let Some(due) = state.due.pop_front()
            && self.resources.pools.uses_too_many(client, &self.config)
        {
            self.retire(due, now);
        }
        // The part may be smaller than it was when the fetch began.
        self.resources.pools.park_beyond(client, now);
        self.fetch_successors(client, now);
        self.resources.unblock();
    }

    /// How long before its end a token of such a life is renewed, and when it is too old to send with.
    fn lead(&self, expires_in: Duration, now: Instant) -> (Duration, Instant) {
        let lead = self.config.policy.renew_ahead.min(expires_in / 4);
        (lead, now + (expires_in - lead / 2))
    }

    fn time_renewal(&mut self, token: TokenId, expires_in: Duration, lead: Duration, now: Instant) {
        // Renewals are spread over a tenth of the lead, lest tokens of one birth be renewed at once.
        let spread = lead.mul_f64(0.1 * self.random.fraction());
        self.timers
            .set(now + (expires_in - lead - spread), Timer::Renew(token));
        self.timers
            .set(now + (expires_in - lead / 2), Timer::Retire(token));
    }

    pub(super) fn token_failed(
        &mut self,
        token: TokenId,
        retry_after: Option<Duration>,
        failure: FetchFailure,
        now: Instant,
    ) {
        if let Some((client, since)) = self.resources.pools.end_fetch(token) {
            self.fetch_failed(client, retry_after, failure, (since, now));
        }
    }

    /// The endpoint gave the token that it gave before. It is the same to the upstream, so it has no slots of
    /// its own, and the client gains at most what is left of its life.
    pub(super) fn token_repeated(
        &mut self,
        token: TokenId,
        known: TokenId,
        expires_in: Duration,
        now: Instant,
    ) {
        let Some((client, since)) = self.resources.pools.end_fetch(token) else {
            return;
        };
        let (lead, retires) = self.lead(expires_in, now);
        let pools = &mut self.resources.pools;
        let held = pools.tokens.get(known);
        let is_own = held.is_some_and(|held| held.client == client);
        if is_own && pools.prolong(known, retires) {
            self.time_renewal(known, expires_in, lead, now);
        }
        self.fetch_failed(client, None, FetchFailure::Repeated, (since, now));
    }

    /// The endpoint gave no token, or one that nobody takes.
    fn fetch_failed(
        &mut self,
        client: ClientId,
        retry_after: Option<Duration>,
        failure: FetchFailure,
        span: (Instant, Instant),
    ) {
        let state = &mut self.resources.pools.clients[client.index()];
        let first = self.config.policy.fetch_pause;
        let again = state.endpoint.failed(failure, retry_after, first, span);
        state.wanted |= state.watched;
        self.timers.set(again, Timer::Fetch(client));
        if let Some(pool) = state.pool {
            self.refuse_those_without_token(pool, span.1);
        }
        // Its next tokens were counted on.
        self.recheck_promises();
    }

    /// The client's credentials are others, so it is asked at once whether it gives tokens.
    pub(super) fn renew_credentials(&mut self, client: ClientId, now: Instant) {
        if let Some(state) = self.resources.pools.clients.get_mut(client.index()) {
            state.endpoint.renew(self.config.policy.fetches_at_once);
            self.fetch_successors(client, now);
            self.probe(client, now);
            self.resources.unblock();
        }
    }

    /// Asks for a token for nobody, now and after each failure.
    pub(super) fn watch_client(&mut self, client: ClientId, now: Instant) {
        if let Some(state) = self.resources.pools.clients.get_mut(client.index()) {
            state.watched = true;
            state.wanted = true;
            self.probe(client, now);
        }
    }

    /// The pool, if the execution is refused because that gives no token by its deadline.
    pub(super) fn lacks_token(&self, submission: &Submission, now: Instant) -> Option<PoolId> {
        let pools = &self.resources.pools;
        let pool = self.route(submission.route).pool?;
        let waits = self.config.policy.wait_for_tokens && !pools.is_hopeless(pool, &self.config);
        let lacks = !waits
            && pools.gives_none(pool, &self.config, now)
            && pools
                .first_opening(pool)
                .is_none_or(|at| at > submission.deadline);
        lacks.then_some(pool)
    }

    /// Nobody is kept waiting for what can't be expected.
    fn refuse_those_without_token(&mut self, pool: PoolId, now: Instant) {
        let executions = self.executions.iter().filter(|(_, execution)| {
            execution.state == State::Queued
                && self.lacks_token(&execution.submission, now) == Some(pool)
        });
        let waiting: Vec<ExecutionId> = executions.map(|(id, _)| *id).collect();
        for execution in waiting {
            self.dequeue(execution);
            self.refuse_without_token(execution, pool, now);
        }
    }

    pub(super) fn refuse_without_token(
        &mut self,
        execution: ExecutionId,
        pool: PoolId,
        now: Instant,
    ) {
        self.resources.pools.want(pool);
        let pools = &self.resources.pools;
        let again = pools.fetches_from(pool).filter(|&at| at > now);
        self.refuse(execution, Reason::NoToken, None, again);
    }

    /// Asks whether the client's endpoint gives tokens again, if somebody was refused for want of one.
    pub(super) fn probe(&mut self, client: ClientId, now: Instant) {
        let most = self.config.clients[client.index()].max_tokens;
        if self.resources.pools.take_probe(client, most, now) {
            self.fetch(client, now);
            self.resources.pools.clients[client.index()].probing = true;
        }
    }

    /// Fetches what the client is to have. The start of what waits asks for a token again.
    pub(super) fn may_fetch_again(&mut self, client: ClientId, now: Instant) {
        self.fetch_successors(client, now);
        self.probe(client, now);
        self.resources.unblock();
    }

    /// Fetches a successor, unless the client's other tokens carry what there is to do.
    pub(super) fn renew(&mut self, token: TokenId, now: Instant) {
        let pools = &mut self.resources.pools;
        let Some(held) = pools.tokens.get_mut(token) else {
            return;
        };
        held.renewing = true;
        let client = held.client;
        let busy = held.ledgers.iter().any(|ledger| ledger.held(now) > 0);
        if pools.is_parked(client, token) || pools.uses_too_many(client, &self.config) {
            return;
        }
        let has_another = pools.has_fresh_parked(client);
        let state = &mut pools.clients[client.index()];
        if state.retired {
            return;
        }
        let stays = |token| pools.tokens.get(token).is_some_and(|it| !it.renewing);
        let last = state.due.is_empty() && !state.live.iter().any(stays);
        if has_another {
            // That one takes its place.
            self.retire(token, now);
        } else if busy || last {
            state.due.retain(|&due| due != token);
            state.due.push_back(token);
            self.fetch_successors(client, now);
        }
    }

    /// Fetches tokens in place of those that are due, as soon as the client may fetch. What is under way
    /// succeeds one of them each.
    pub(super) fn fetch_successors(&mut self, client: ClientId, now: Instant) {
        loop {
            let state = &self.resources.pools.clients[client.index()];
            let has_more_due = state.fetching.len() < state.due.len();
            if !has_more_due || !state.may_fetch_more() || state.fetches_from() > now {
                return;
            }
            self.fetch(client, now);
        }
    }

    /// Retires a token that is too old to send with, unless its life was prolonged meanwhile.
    pub(super) fn retire_if_too_old(&mut self, token: TokenId, now: Instant) {
        let held = self.resources.pools.tokens.get(token);
        if held.is_some_and(|held| held.retires <= now) {
            self.retire(token, now);
        }
    }

    /// Sends nothing with the token any more. Where one is parked, that is used instead.
    pub(super) fn retire(&mut self, token: TokenId, now: Instant) -> Option<Token> {
        let most_at_once = self.config.policy.fetches_at_once;
        let held = self.resources.pools.retire(token, most_at_once)?;
        self.closings.forget(Part::Token(token));
        self.commands.push_back(Command::DropToken(token));
        self.use_parked(held.client, now);
        self.resources.unblock();
        Some(held)
    }

    /// A call with the token was answered 401.
    pub(super) fn unauthorised(&mut self, token: TokenId, now: Instant) {
        self.recheck_promises();
        if let Some(held) = self.retire(token, now)
            && !held.proven
        {
            self.fetch_failed(held.client, None, FetchFailure::Other, (now, now));
        }
    }

    pub(super) fn fetch(&mut self, client: ClientId, now: Instant) {
        let token = self.resources.pools.begin_fetch(client, now);
        self.commands.push_back(Command::FetchToken(client, token));
        if self.resources.pools.clients[client.index()].retired {
            self.retiring.push(client);
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
    pub(super) fn drop_retired(&mut self, now: Instant) {
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
            let fetching = self.resources.pools.end_fetches(client);
            self.commands.extend(fetching.map(Command::DropToken));
            let state = &self.resources.pools.clients[client.index()];
            let live: Vec<TokenId> = state.live.iter().collect();
            for token in live {
                self.retire(token, now);
            }
        }
    }
}
