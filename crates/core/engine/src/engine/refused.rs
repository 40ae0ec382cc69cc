//! What follows when a limit has turned a call away: with a 429, or with another answer that speaks of a
//! limit.
//!
//! - *A header says that a window is full*, and allows as many as a window does that the call passes. Then
//!   that window is held shut until its reset, be it the token's or shared, and nothing else. A reset
//!   that lies further off than the window is long is not believed.
//! - *Otherwise* nobody knows which limit it was, and what is closed is found from this refusal and those
//!   before: [`closing`](crate::closing).
//!
//! The call itself goes back to its queue: at once, if what it is about is shut, for then the queue knows
//! when the call can start, or with which other token. If nothing is shut, the call alone pauses, for
//! as long as the upstream asks, but no longer than the longest period of its limits; else for
//! `closed_for`, twice as long each time. The first refusal of a call is not believed for longer than the
//! call's deadline allows, for most often it is about nothing that stays. A call that can't start again in
//! time ends as a refusal of ours, which says when to come back.

use super::machine::Engine;
use crate::attempt::Attempt;
use crate::closing::{Call, Effect, Part, Pauses};
use crate::event::ROUNDING;
use crate::execution::Execution;
use crate::{Facts, WindowFact};
use std::time::Duration;
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, Instant, Limit, LimitId, Reason, Rule, Scope,
};

/// Taken for the longest period where no limit has one.
const NO_PERIOD: Duration = Duration::from_secs(60);
/// A call that is refused alone, among others that are accepted, may be so by chance, and again. Until it was refused
/// more often than this, no wait that would end it is believed.
const BY_CHANCE: u32 = 2;

impl Engine {
    /// A limit has turned the call away. Whether something is shut that explains it.
    pub(super) fn refused(&mut self, it: &Attempt, facts: Facts, now: Instant) -> bool {
        self.limited += 1;
        // The end of a window that is not full says nothing of when the call may come again.
        let full = facts.window.filter(WindowFact::is_full);
        let asked = facts.retry_after.or(full.map(|window| window.reset));
        let pauses = self.pauses(it, asked, now);
        self.starts_have_moved(now + pauses.longest * 16);
        if let Some((of_token, shared)) = full.and_then(|full| self.spoken_of_as_full(it, full)) {
            let reset = full.map_or(pauses.first, |full| full.reset);
            let until = now + reset.max(pauses.first);
            for limit in shared {
                // What we don't know of a learned limit is not somebody else's doing.
                if !self.own.has_limit(limit) {
                    self.see_full(limit, it, asked, now);
                }
                self.resources.ledgers[limit.index()].close(until);
            }
            if let Some(token) = it.passage.token.filter(|_| of_token) {
                let left = until.since(now);
                let part = Part::Token(token);
                self.closings
                    .restore(part, left, AttemptId(self.next_attempt), now);
                self.shut(part, now);
            }
            self.resources.unblock();
            self.recheck_promises();
            return true;
        }
        let call = self.call(it);
        match self
            .closings
            .refused(&call, pauses, AttemptId(self.next_attempt), now)
        {
            Effect::Alone => false,
            Effect::Known => true,
            Effect::Closed(part) => {
                self.shut(part, now);
                self.recheck_promises();
                true
            }
        }
    }

    /// The call was answered, and by no limit.
    pub(super) fn accepted(&mut self, it: &Attempt, now: Instant) {
        if self.closings.is_empty() {
            return;
        }
        let call = self.call(it);
        for part in self.closings.accepted(&call, now) {
            self.enforce(part, now);
        }
    }

    /// The call is on its way: to all that it probes nothing else is sent before it is answered.
    pub(super) fn probes(&mut self, it: &Attempt, now: Instant) {
        if !self.closings.is_empty() {
            let call = self.call(it);
            for part in self.closings.sent(&call, now) {
                self.shut(part, now);
            }
        }
    }

    /// The call is over, and was accepted.
    pub(super) fn look_again_at_closed(&mut self, it: &Attempt, now: Instant) {
        if self.closings.any_closed() {
            let call = self.call(it);
            for part in self.closings.ended(&call, now) {
                self.enforce(part, now);
            }
        }
    }

    /// What is half-open stays shut while the call that probes it is under way.
    pub(super) fn wait_for_probes(&mut self, now: Instant) {
        let attempts = &self.attempts;
        let under_way = |probe| attempts.contains_key(&probe);
        for part in self.closings.wait_for_probes(under_way, now) {
            self.shut(part, now);
        }
    }

    /// Sends the refused call again when that may be, or tells its caller that it can't be in time.
    pub(super) fn comes_back(
        &mut self,
        execution: ExecutionId,
        asked: Option<Duration>,
        is_explained: bool,
        now: Instant,
    ) {
        let (first, longest) = (self.config.policy.closed_for, self.longest_of(execution));
        let Some(it) = self.executions.get_mut(&execution) else {
            return;
        };
        it.refusals += 1;
        if is_explained {
            return self.enqueue_in_time(execution, now);
        }
        let deadline = it.queue_key().deadline;
        let short = first.saturating_mul(1 << (it.refusals - 1).min(16));
        let short = short.min(longest).max(self.config.policy.retry_pause);
        let pauses = Pauses {
            asked,
            first,
            longest,
            counted: 0,
        };
        let asked = pauses.plausible();
        let asked = asked.map(|asked| asked.clamp(short, longest.max(short)));
        let believes = it.refusals > BY_CHANCE;
        let believed = asked.filter(|&asked| believes || now + asked <= deadline);
        let again = now + believed.unwrap_or(short);
        if again > deadline {
            return self.refuse(execution, Reason::UpstreamClosed, None, Some(again));
        }
        self.pause(execution, again);
    }

    /// Puts the execution back into its queue, or refuses it if it could not start in time.
    pub(super) fn enqueue_in_time(&mut self, execution: ExecutionId, now: Instant) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        let mut submission = it.submission;
        submission.deadline = it.queue_key().deadline;
        if let Some(pool) = self.lacks_token(&submission, now) {
            // It had a token, which is closed, and no other can be had.
            let opens = self.resources.pools.first_opening(pool);
            if opens.is_some() {
                return self.refuse(execution, Reason::UpstreamClosed, None, opens);
            }
            return self.refuse_without_token(execution, pool, now);
        }
        let estimate = self.estimator(now).earliest_start(&submission);
        if estimate.at <= submission.deadline {
            return self.enqueue(execution);
        }
        let it = self.executions.get(&execution);
        let reason = match it.is_some_and(Execution::times_out_first) {
            false => estimate.reason,
            true => Reason::UpstreamClosed,
        };
        self.refuse_late(execution, reason, estimate);
    }

    /// What the call has passed.
    fn call(&self, it: &Attempt) -> Call {
        let (route, _) = self.origin_of(it.passage.route);
        let endpoint = Some(it.endpoint).filter(|&endpoint| endpoint != EndpointId::UNKNOWN);
        let tokens = &self.resources.pools.tokens;
        let token = it.passage.token.filter(|&it| tokens.get(it).is_some());
        Call {
            attempt: it.number,
            cost: it.passage.cost,
            parts: [
                token.map(Part::Token),
                endpoint.map(|endpoint| Part::Endpoint(route, endpoint)),
                it.passage.client.map(Part::Client),
                Some(Part::Upstream(route)),
            ],
        }
    }

    fn pauses(&self, it: &Attempt, asked: Option<Duration>, now: Instant) -> Pauses {
        let windows = self
            .all_passed(it)
            .filter_map(|(limit, ledger)| Some((limit.rule.period()?, ledger)));
        let longest = windows.max_by_key(|(period, _)| *period);
        Pauses {
            asked,
            first: self.config.policy.closed_for,
            longest: longest.map_or(NO_PERIOD, |(period, _)| period),
            counted: longest.map_or(0, |(_, ledger)| ledger.held(now)),
        }
    }

    /// The longest period of the limits that the execution's next attempt passes.
    fn longest_of(&self, execution: ExecutionId) -> Duration {
        let Some(it) = self.executions.get(&execution) else {
            return NO_PERIOD;
        };
        let (flow, route) = (it.submission.flow, it.submission.route);
        let shared = self.config.passed(flow, route);
        let shared = shared.map(|limit| self.config.limits[limit.index()].rule);
        let pool = self.route(route).pool;
        let clients = pool.map(|pool| &self.config.pools[pool.index()].clients);
        let clients = clients.into_iter().flatten();
        let of_tokens = clients.flat_map(|client| {
            let limits = self.config.clients[client.index()].token_limits.iter();
            limits.map(|limit| limit.rule)
        });
        longest(shared.chain(of_tokens))
    }

    /// The longest period of all limits.
    pub(super) fn longest_period(&self) -> Duration {
        let of_tokens = self.config.clients.iter().flat_map(|it| &it.token_limits);
        let limits = self.config.limits.iter().chain(of_tokens);
        longest(limits.map(|limit| limit.rule))
    }

    /// The windows that the call passes and the header says to be full: whether one is its token's,
    /// and which it shares with others. None where none fits, or the token's does and a shared one too.
    fn spoken_of_as_full(&self, it: &Attempt, full: WindowFact) -> Option<(bool, Vec<LimitId>)> {
        // A flow's limits are ours, no upstream knows them.
        let fits = |limit: &Limit, allowed: u32| {
            let lasts = match limit.rule {
                Rule::Window { period, .. } => full.reset <= period + ROUNDING,
                Rule::Concurrency { .. } => false,
            };
            let agrees = [limit.rule.allowed(), allowed].contains(&full.allowed);
            lasts && limit.scope != Scope::Flow && agrees
        };
        let token = it.passage.token;
        let token = token.and_then(|token| self.resources.pools.tokens.get(token));
        let of_token = token.is_some_and(|token| {
            let limits = self.config.clients[token.client.index()]
                .token_limits
                .iter();
            let mut limits = limits.zip(&token.ledgers);
            limits.any(|(limit, ledger)| fits(limit, ledger.allowed()))
        });
        let shared = self.resources.limits_of(&it.passage).filter(|limit| {
            let allowed = self.resources.ledgers[limit.index()].allowed();
            fits(&self.config.limits[limit.index()], allowed)
        });
        let shared: Vec<_> = shared.collect();
        (of_token == shared.is_empty()).then_some((of_token, shared))
    }
}

fn longest(rules: impl Iterator<Item = Rule>) -> Duration {
    rules.filter_map(Rule::period).max().unwrap_or(NO_PERIOD)
}
