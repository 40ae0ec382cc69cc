//! What came back of an attempt: what becomes of its slots, and whether another attempt follows.
//!
//! | what came back | what follows |
//! |---|---|
//! | 401, sent with a token | the token is retired, and if it never had another answer, its fetch has failed; the call is replayed once, in time |
//! | 401 to the replayed call, with a token that never had another answer | the answer stands and says nothing of the token: another one was turned away with the same call |
//! | 429, or another status that speaks of a limit | what it is about may be closed ([`super::refused`]); back to the queue, if it can start in time, else it ends as a refusal |
//! | not processed, as the upstream says | another try whatever it is, in time: the first at once, the next after pauses that double |
//! | a kept connection closed | the first time another try at once, if idempotent and in time: it says nothing of the upstream's health |
//! | 502, 503, 504, no answer | another try, if idempotent, inside the deadline, the bound and the budget |
//! | anything else | the answer stands |
//!
//! To a call of a flow in shadow, which no limit of ours delays, an answer that a limit has turned it away stands too.
//!
//! **A refused call takes no slot.** A call that a limit has turned away (429, or an answer that speaks of
//! a limit: `Facts::refused`) gives its windows' slots back as one that never left does. Most upstreams ask
//! whether a window has room before they count, so such a call is not in any window, and the quota's proof
//! holds as it does for calls that were never sent. Some count what they refuse as well. Then our ledgers
//! hold less than such an upstream has counted; but the proof still says that the first refusal can't be
//! due to us while the numbers are true, so such an upstream refuses us only where a number is wrong or
//! somebody else calls, and there the proof promises nothing anyway. What it may cost is further refusals,
//! of which the closings bound the number. Holding the slots costs more: a short limit that nobody has
//! configured fills the long window with refused calls, and the upstream idles for the rest of that window
//! (measured: 83 % of the quota lost beside a hidden limit of 10 a second).
//!
//! In time is before the deadline, and before the execution's timeout, which began with its first
//! attempt: nothing is sent only to be given up.
//!
//! The retry budget is a share of all attempts, so that retries can't multiply the load of an
//! upstream that is down. What the upstream says it has not processed needs none: the pauses double, so
//! that no execution is sent again more than some ten times within its timeout. Whether such a try was
//! counted isn't known, so its slots are held as those of a try without an answer.

use super::machine::Engine;
use crate::attempt::{Attempt, Head, LimitVerdict};
use crate::execution::{FULL_RETRY_BUDGET, State};
use crate::timer::Timer;
use crate::{Command, Facts, LossKind, Verdict};
use std::time::Duration;
use tollgate_learn::Outcome;
use tollgate_model::{AttemptId, ExecutionId, Instant, TokenId};

impl Engine {
    pub(super) fn head(&mut self, attempt: AttemptId, status: u16, facts: Facts, now: Instant) {
        let Some(it) = self.attempts.get_mut(&attempt) else {
            return;
        };
        if it.head.is_some() {
            return;
        }
        let mut head = Head {
            status,
            retry_after: facts.retry_after,
            verdict: match status {
                401 | 502..=504 => LimitVerdict::Unknown,
                _ => LimitVerdict::Accepted,
            },
        };
        it.head = Some(head);
        let it = *it;
        let mut outcome = outcome(status, facts);
        if status == 429 || facts.refused {
            self.uncount(&it, now);
            self.count_refused(&it);
            self.observe_refusal(&it, facts, now);
            let is_full = facts.window.is_some_and(|window| window.is_full());
            if !is_full && self.suspect(&it, facts.retry_after, now) {
                // Who else calls is known, so no other limit is to be learned from that.
                outcome = Outcome::Unknown;
            }
            self.learn_answered(attempt, &it, outcome, now);
            self.learn_named(attempt, &it, facts, now);
            let is_explained = self.refused(&it, facts, now);
            head.verdict = LimitVerdict::Refused { is_explained };
            if let Some(it) = self.attempts.get_mut(&attempt) {
                it.head = Some(head);
            }
        } else {
            self.learn_answered(attempt, &it, outcome, now);
            self.settle(&it, now, now);
            if head.verdict == LimitVerdict::Accepted {
                self.accepted(&it, now);
                self.fade(&it, now);
            }
            match (status, it.passage.token) {
                // Another token was turned away with the same call: it is the call, as far as a fresh token tells.
                (401, Some(token)) if self.is_replay(it.execution) && self.is_fresh(token) => {
                    return;
                }
                (401, Some(token)) => return self.unauthorised(token, now),
                _ => self.observe(&it, facts, now),
            }
        }
        if let Some(token) = it.passage.token {
            self.resources.pools.accepted(token);
        }
    }

    pub(super) fn done(&mut self, attempt: AttemptId, now: Instant) {
        let Some(it) = self.attempts.get(&attempt).copied() else {
            return;
        };
        let Some(head) = it.head else {
            return self.lost(attempt, LossKind::NoAnswer, now);
        };
        if !matches!(head.verdict, LimitVerdict::Refused { .. }) {
            self.learn_latency(&it, Some(head.status < 500), now);
        }
        self.end(attempt, now);
        if head.verdict == LimitVerdict::Accepted {
            self.look_again_at_closed(&it, now);
        }
        let Some(execution) = self.executions.get(&it.execution) else {
            return;
        };
        let replays = it.passage.token.is_some() && !execution.replayed;
        if let LimitVerdict::Refused { is_explained } = head.verdict
            && !self.is_in_shadow(it.passage.flow)
        {
            return self.comes_back(it.execution, head.retry_after, is_explained, now);
        }
        match head.status {
            401 if replays && self.starts_in_time(it.execution, now) => {
                if let Some(execution) = self.executions.get_mut(&it.execution) {
                    execution.replayed = true;
                }
                self.enqueue(it.execution);
            }
            502..=504 if self.retries(it.execution, head.retry_after, now) => {}
            status => {
                if status >= 500 {
                    self.flows[it.passage.flow.index()].errors += 1;
                }
                self.finish(it.execution, Verdict::Answered(attempt));
            }
        }
    }

    pub(super) fn lost(&mut self, attempt: AttemptId, kind: LossKind, now: Instant) {
        let Some(it) = self.attempts.get(&attempt).copied() else {
            return;
        };
        match kind {
            LossKind::NeverSent if it.head.is_none() => self.uncount(&it, now),
            _ => self.settle_unanswered(&it, now),
        }
        if kind == LossKind::NoAnswer {
            self.learn_latency(&it, Some(false), now);
        }
        self.end(attempt, now);
        let again = match kind {
            LossKind::Unprocessed if it.head.is_none() => self.repeats(it.execution, now),
            LossKind::Closed if self.is_first_of_idempotent(it.execution) => {
                self.repeats(it.execution, now)
            }
            _ => self.retries(it.execution, None, now),
        };
        if !again {
            self.finish(it.execution, Verdict::Lost(kind));
        }
    }

    pub(super) fn time_out(&mut self, attempt: AttemptId, now: Instant) {
        let Some(it) = self.attempts.get(&attempt).copied() else {
            return;
        };
        self.learn_latency(&it, Some(false), now);
        self.abort(attempt, now);
        self.finish(it.execution, Verdict::TimedOut);
    }

    /// Gives the attempt up: its concurrency is free at once, its windows after the grace.
    pub(super) fn abort(&mut self, attempt: AttemptId, now: Instant) {
        let Some(it) = self.attempts.get(&attempt).copied() else {
            return;
        };
        self.settle_unanswered(&it, now);
        self.end(attempt, now);
        self.commands.push_back(Command::Abort(attempt));
    }

    /// Every attempt earns its part of a retry.
    pub(super) fn earn_retries(&mut self) {
        let earned = self.retry_budget + self.config.policy.retry_budget_percent;
        self.retry_budget = earned.min(FULL_RETRY_BUDGET);
    }

    /// The attempt's slots end a period after `counted_by`, which may lie ahead of `now`.
    fn settle(&mut self, it: &Attempt, counted_by: Instant, now: Instant) {
        let cost = it.passage.cost;
        self.resources.each_ledger(&it.passage, now, |ledger| {
            ledger.settle(it.sent, counted_by, cost);
        });
    }

    fn settle_unanswered(&mut self, it: &Attempt, now: Instant) {
        if it.head.is_none() {
            self.settle(it, now + self.config.policy.grace, now);
        }
    }

    fn uncount(&mut self, it: &Attempt, now: Instant) {
        let cost = it.passage.cost;
        self.resources
            .each_ledger(&it.passage, now, |ledger| ledger.cancel(it.sent, cost));
    }

    /// The attempt is over: it leaves the concurrency limits.
    fn end(&mut self, attempt: AttemptId, now: Instant) {
        let Some(it) = self.attempts.remove(&attempt) else {
            return;
        };
        if it.head.is_none() {
            self.learn_answered(attempt, &it, Outcome::Unknown, now);
        }
        self.learn_ended(attempt, &it, now);
        self.learn_latency(&it, None, now);
        self.resources
            .each_ledger(&it.passage, now, |ledger| ledger.leave(now));
        if let Some(execution) = self.executions.get(&it.execution) {
            self.flows[execution.submission.flow.index()].running -= 1;
        }
        self.resources.unblock();
    }

    /// Whether the execution, sent before, could start again before its deadline and its timeout. In shadow it starts at
    /// once.
    fn starts_in_time(&mut self, execution: ExecutionId, now: Instant) -> bool {
        let Some(execution) = self.executions.get(&execution) else {
            return false;
        };
        let mut submission = execution.submission;
        if self.is_in_shadow(submission.flow) {
            return true;
        }
        let latest = submission.deadline;
        submission.deadline = execution.give_up.map_or(latest, |at| latest.min(at));
        self.lacks_token(&submission, now).is_none()
            && self.estimator(now).earliest_start(&submission).at <= submission.deadline
    }

    fn is_replay(&self, execution: ExecutionId) -> bool {
        let execution = self.executions.get(&execution);
        execution.is_some_and(|it| it.replayed)
    }

    /// Whether the token has had no answer yet but that it isn't authorised.
    fn is_fresh(&self, token: TokenId) -> bool {
        let held = self.resources.pools.tokens.get(token);
        held.is_some_and(|it| !it.proven)
    }

    fn is_first_of_idempotent(&self, execution: ExecutionId) -> bool {
        let execution = self.executions.get(&execution);
        execution.is_some_and(|it| it.submission.idempotent && it.attempts == 1)
    }

    /// Plans another try that is owed to nothing but a connection's end, if it can start in time.
    fn repeats(&mut self, execution: ExecutionId, now: Instant) -> bool {
        let pause = self.config.policy.retry_pause;
        let Some(it) = self.executions.get_mut(&execution) else {
            return false;
        };
        if let Some(pauses) = it.attempts.checked_sub(2) {
            let again = now + pause * (1 << pauses.min(10));
            if again > it.retries_by() {
                return false;
            }
            self.pause(execution, again);
        } else if self.starts_in_time(execution, now) {
            self.enqueue(execution);
        } else {
            return false;
        }
        true
    }

    /// Plans another try, if there may be one.
    fn retries(
        &mut self,
        execution: ExecutionId,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> bool {
        let policy = &self.config.policy;
        let Some(it) = self.executions.get_mut(&execution) else {
            return false;
        };
        let pause = policy.retry_pause * (1 << (it.attempts - 1).min(10));
        let again = now + retry_after.unwrap_or(pause).max(pause);
        if !it.submission.idempotent
            || it.attempts >= policy.max_attempts
            || again > it.retries_by()
            || self.retry_budget < 100
        {
            return false;
        }
        self.retry_budget -= 100;
        self.pause(execution, again);
        true
    }

    /// Puts the execution back into its queue then. It keeps its place meanwhile: those who come are told
    /// of a start behind it.
    pub(super) fn pause(&mut self, execution: ExecutionId, until: Instant) {
        if let Some(it) = self.executions.get_mut(&execution) {
            it.state = State::Pausing;
            it.pauses_until = until;
            let (flow, route) = (it.submission.flow, it.submission.route);
            self.queue.pause(flow, route, it.queue_key());
            self.timers.set(until, Timer::Retry(execution));
        }
    }
}

/// What the answer says of the limits that the call passed.
fn outcome(status: u16, facts: Facts) -> Outcome {
    match status {
        _ if status == 429 || facts.refused => Outcome::Refused {
            retry_after: facts.retry_after,
        },
        401 => Outcome::Unknown,
        _ => Outcome::Accepted,
    }
}
