//! One question before a refusal: where only our part of a limit stands in a call's way, other processes may have slots to
//! spare, and give them within milliseconds.
//!
//! A call that could start in time under all of a limit, and can't under our part of it, waits for
//! [`crate::Policy::ask`] in its lane like any other, and whoever carries the engine's commands out is told to ask. Who
//! can't be expected to start in time then is refused. Nobody is kept whose deadline comes sooner.

use super::machine::Engine;
use crate::estimate::Estimate;
use crate::execution::State;
use crate::timer::Timer;
use crate::{Command, Submission};
use tollgate_model::{Instant, LimitId};

impl Engine {
    /// Whether others are asked for slots for the call, which is to wait as long; if not, it is to be refused.
    pub(super) fn asks_others(
        &mut self,
        submission: &Submission,
        estimate: &Estimate,
        now: Instant,
    ) -> bool {
        let is_full = self.is_full_for(submission.flow) || self.asking.is_full();
        let Some(limit) = estimate.others_may_have.filter(|_| !is_full) else {
            return false;
        };
        let began = self.asking.began(limit, now);
        let until = began.unwrap_or(now) + self.config.policy.ask;
        if until <= now || submission.deadline < until {
            return false;
        }
        if began.is_none() {
            let ledger = &self.resources.ledgers[limit.index()];
            let (is_window, part) = (ledger.period().is_some(), ledger.leased());
            self.asking.begin(limit, is_window, part, now);
            self.timers.set(until, Timer::Asked(limit));
            self.commands.push_back(Command::AskForSlots);
        }
        self.asking.keep(submission.execution, limit);
        true
    }

    /// Those who waited for what others give stay if they can be expected to start in time; if not, they are refused.
    pub(super) fn end_asking(&mut self, limit: LimitId, now: Instant) {
        let part = self.resources.ledgers[limit.index()].leased();
        for execution in self.asking.end(limit) {
            let Some(it) = self.executions.get(&execution) else {
                continue;
            };
            let key = it.queue_key();
            let estimate = match it.state {
                State::Queued => self.start_of(key, 0, now),
                State::Running(_) | State::Pausing => None,
            };
            match estimate.filter(|estimate| estimate.at > key.deadline) {
                None => self.asking.stays(limit, part),
                Some(estimate) => {
                    self.dequeue(execution);
                    self.refuse_late(execution, estimate.reason, estimate);
                }
            }
        }
    }
}
