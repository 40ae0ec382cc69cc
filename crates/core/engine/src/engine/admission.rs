//! Taking executions in, and letting them go.
//!
//! A submission that can start goes out in the same event. One that can't is held against the estimate of its start:
//! past its deadline it is refused at once, with the limit that binds and the earliest start (or a moment later, where
//! other processes may have slots to spare: [`super::asking`]); and it may not push a call of its flow that was taken in
//! before past that call's deadline. What remains waits, as long as the flow's queue and the engine's have room; a full
//! engine sheds the least important execution for a more important one.

use super::machine::Engine;
use crate::estimate::Estimate;
use crate::execution::{Execution, State};
use crate::{Command, Submission, Verdict};
use tollgate_model::{ExecutionId, FlowId, Instant, Reason, Refusal};

impl Engine {
    pub(super) fn submit(&mut self, mut submission: Submission, now: Instant) {
        submission.route = self.route_for(submission.route, submission.endpoint);
        let execution = submission.execution;
        let lane = self.queue.asked(submission.flow, submission.route);
        let in_shadow = self.is_in_shadow(submission.flow);
        let starts_by = match in_shadow {
            true => submission.deadline.max(now + submission.timeout),
            false => submission.deadline,
        };
        let taken_in = Execution::new(submission, starts_by);
        let previous = self.executions.insert(execution, taken_in);
        debug_assert!(previous.is_none(), "an execution's number was used twice");
        if in_shadow {
            return self.submit_in_shadow(&submission, now);
        }
        if submission.deadline < now {
            return self.refuse(execution, Reason::DeadlineCannotBeMet, None, Some(now));
        }
        if self.starts_at_once(&submission, now) {
            self.queue.arrived_in(lane, now);
            return self.enqueue(execution);
        }
        if let Some(pool) = self.lacks_token(&submission, now) {
            return self.refuse_without_token(execution, pool, now);
        }
        let estimate = self.estimator(now).earliest_start(&submission);
        if estimate.at > submission.deadline {
            if self.asks_others(&submission, &estimate, now) {
                self.queue.arrived_in(lane, now);
                return self.enqueue(execution);
            }
            self.asked_in_vain(&submission, &estimate, now);
            return self.refuse_late(execution, estimate.reason, estimate);
        }
        if let Some(behind) = self.estimator(now).displaces(&submission) {
            self.asked_in_vain(&submission, &behind, now);
            return self.refuse_late(execution, behind.reason, behind);
        }
        let (earliest, limit) = (estimate.at, estimate.limit);
        if self.is_flow_full(submission.flow) {
            return self.refuse(execution, Reason::QueueFull, limit, Some(earliest));
        }
        if self.queue.len() >= self.config.policy.max_queued {
            let Some(shed) = self.queue.least_below(submission.flow) else {
                return self.refuse(execution, Reason::QueueFull, limit, Some(earliest));
            };
            self.dequeue(shed);
            self.refuse(shed, Reason::Shed, limit.clone(), None);
        }
        self.queue.arrived_in(lane, now);
        if let Some(it) = self.executions.get_mut(&execution) {
            it.waits_for = limit;
        }
        self.enqueue(execution);
    }

    /// The limit that kept the execution from starting when it was submitted, by the estimate that was made then; none where
    /// it started at once, or what it waits for is no limit.
    #[must_use]
    pub fn waits_for(&self, execution: ExecutionId) -> Option<&str> {
        self.executions.get(&execution)?.waits_for.as_deref()
    }

    /// Takes in a call of a flow in shadow. It is sent before the event ends, or waits for its pool's first token.
    fn submit_in_shadow(&mut self, submission: &Submission, now: Instant) {
        let (execution, flow, route) = (submission.execution, submission.flow, submission.route);
        let pool = self.route(route).pool;
        if pool.is_some_and(|pool| self.resources.pools.is_empty(pool)) {
            if let Some(pool) = self.lacks_token(submission, now) {
                return self.refuse_without_token(execution, pool, now);
            }
            if self.is_full_for(flow) {
                return self.refuse(execution, Reason::QueueFull, None, None);
            }
        }
        self.queue.arrived(flow, route, now);
        self.enqueue(execution);
    }

    /// Whether nothing more may wait of the flow, or of all.
    pub(super) fn is_full_for(&self, flow: FlowId) -> bool {
        self.is_flow_full(flow) || self.queue.len() >= self.config.policy.max_queued
    }

    fn is_flow_full(&self, flow: FlowId) -> bool {
        self.queue.queued(flow) >= self.config.flows[flow.index()].max_queued
    }

    /// Counts a call that was not taken in among those that have come. Were it not counted, a class that
    /// finds its slots gone would be taken for one that needs none, and find them gone again. What couldn't
    /// have started within a period is not counted: no slots of the coming one are for that. Nor is what
    /// is held back by the number of calls at once, which keeping slots of a window doesn't help.
    pub(super) fn asked_in_vain(
        &mut self,
        submission: &Submission,
        estimate: &Estimate,
        now: Instant,
    ) {
        if !estimate.is_at_once && estimate.at.since(now) <= self.longest_period() {
            self.queue.arrived(submission.flow, submission.route, now);
        }
    }

    pub(super) fn cancel(&mut self, execution: ExecutionId, now: Instant) {
        let Some(state) = self.executions.get(&execution).map(|it| it.state) else {
            return;
        };
        match state {
            State::Queued => {
                self.dequeue(execution);
            }
            State::Running(attempt) => self.abort(attempt, now),
            State::Pausing => self.end_pause(execution),
        }
        self.executions.remove(&execution);
    }

    pub(super) fn enqueue(&mut self, execution: ExecutionId) {
        let Some(it) = self.executions.get_mut(&execution) else {
            return;
        };
        it.state = State::Queued;
        // One that was sent before has until its timeout; what starts later could only be aborted.
        if let Some(give_up) = it.give_up {
            it.submission.deadline = it.submission.deadline.min(give_up);
            it.starts_by = it.starts_by.min(give_up);
        }
        let submission = it.submission;
        self.queue
            .push(submission.flow, submission.route, it.queue_key());
    }

    /// Refuses the executions whose deadlines have passed while they waited.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some(execution) = self.queue.pop_expired(now) {
            let Some(it) = self.executions.get(&execution) else {
                continue;
            };
            if it.give_up.is_some_and(|at| at <= now) {
                self.finish(execution, Verdict::TimedOut);
                continue;
            }
            let submission = it.submission;
            let pool = self.route(submission.route).pool;
            if pool.is_some_and(|pool| self.resources.pools.is_empty(pool)) {
                self.refuse(execution, Reason::NoToken, None, None);
                continue;
            }
            self.starts_have_moved(now + self.longest_period() * 16);
            let Estimate { limit, lease, .. } = self.estimator(now).earliest_start(&submission);
            self.finish(
                execution,
                Verdict::Refused(Refusal {
                    reason: Reason::Expired,
                    limit,
                    earliest_start: None,
                    lease,
                }),
            );
        }
    }

    /// The execution's pause is over. A limit has turned the call away before, or its upstream had other
    /// troubles.
    pub(super) fn resume(&mut self, execution: ExecutionId, now: Instant) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        if it.state != State::Pausing || it.pauses_until > now {
            return;
        }
        let was_refused = it.refusals > 0;
        self.end_pause(execution);
        if was_refused {
            self.enqueue_in_time(execution, now);
        } else {
            self.enqueue(execution);
        }
    }

    /// Takes an execution that pauses out of the queue.
    pub(super) fn end_pause(&mut self, execution: ExecutionId) {
        if let Some(it) = self.executions.get(&execution) {
            let (flow, route) = (it.submission.flow, it.submission.route);
            self.queue.end_pause(flow, route, it.queue_key());
        }
    }

    pub(super) fn dequeue(&mut self, execution: ExecutionId) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        self.queue
            .remove(it.submission.flow, it.submission.route, it.queue_key());
    }

    pub(super) fn refuse(
        &mut self,
        execution: ExecutionId,
        reason: Reason,
        limit: Option<String>,
        earliest_start: Option<Instant>,
    ) {
        self.finish(
            execution,
            Verdict::Refused(Refusal {
                reason,
                limit,
                earliest_start,
                lease: None,
            }),
        );
    }

    /// Refuses what can't start in time.
    pub(super) fn refuse_late(
        &mut self,
        execution: ExecutionId,
        reason: Reason,
        estimate: Estimate,
    ) {
        let is_known = reason != Reason::LeaseEnded;
        self.finish(
            execution,
            Verdict::Refused(Refusal {
                reason,
                limit: estimate.limit,
                earliest_start: is_known.then_some(estimate.at),
                lease: estimate.lease,
            }),
        );
    }

    pub(super) fn finish(&mut self, execution: ExecutionId, verdict: Verdict) {
        let Some(it) = self.executions.remove(&execution) else {
            return;
        };
        let count = &mut self.flows[it.submission.flow.index()];
        match verdict {
            Verdict::Answered(_) => count.answered += 1,
            Verdict::Refused(_) => count.refused += 1,
            Verdict::TimedOut | Verdict::Lost(_) => count.lost += 1,
        }
        self.commands.push_back(Command::Finish(execution, verdict));
    }
}
