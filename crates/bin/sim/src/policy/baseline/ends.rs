//! What follows from an attempt's end.

use super::{Baseline, TOKENS_TODAY, Timer, Try};
use crate::policy::Kind;
use std::time::Duration;
use tollgate_engine::{Command, Facts, LossKind, Verdict};
use tollgate_model::{AttemptId, ExecutionId, Instant};

/// Tries of a call that is answered 5xx.
const ATTEMPTS: u32 = 3;
/// First pause before such a try; doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// A wait after a 429 that does not say how long.
const USUAL_WAIT: Duration = Duration::from_secs(1);

impl Baseline {
    pub(super) fn done(&mut self, attempt: AttemptId, it: &Try, now: Instant) {
        let answered = Verdict::Answered(attempt);
        match it.head {
            Some((401, _)) => {
                if let Some(place) = it.place
                    && self.tokens[place] == it.token
                {
                    self.forget(place);
                }
                self.again(it.execution, now, now, answered);
            }
            Some((429, facts)) => self.limited(it, facts, answered, now),
            Some((500.., _)) => self.failed(it.execution, answered, now),
            Some(_) => self.finish(it.execution, answered),
            None => self.failed(it.execution, Verdict::Lost(LossKind::NoAnswer), now),
        }
    }

    /// No good answer, but no 429: another try after a pause. Today's service makes none.
    pub(super) fn failed(&mut self, execution: ExecutionId, verdict: Verdict, now: Instant) {
        let Some(it) = self.executions.get_mut(&execution) else {
            return;
        };
        it.failures += 1;
        let pause = PAUSE * (1 << (it.failures - 1).min(10));
        let may = it.submission.idempotent && it.failures < ATTEMPTS && self.kind != Kind::Today;
        if may {
            self.again(execution, now + pause, now, verdict);
        } else {
            self.finish(execution, verdict);
        }
    }

    /// Starts the execution again at `at`, or ends it with `verdict` if that is too late.
    fn again(&mut self, execution: ExecutionId, at: Instant, now: Instant, verdict: Verdict) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        let latest = it.submission.deadline;
        if at > latest.max(now) {
            self.finish(execution, verdict);
        } else if at <= now {
            self.start(execution, now);
        } else {
            self.timers.add(at, Timer::Start(execution));
        }
    }

    pub(super) fn finish(&mut self, execution: ExecutionId, verdict: Verdict) {
        if self.executions.remove(&execution).is_some() {
            self.commands.push_back(Command::Finish(execution, verdict));
        }
    }

    fn limited(&mut self, it: &Try, facts: Facts, answered: Verdict, now: Instant) {
        let Some(execution) = self.executions.get_mut(&it.execution) else {
            return;
        };
        execution.limited += 1;
        let tries = execution.limited as usize;
        let wait = facts.retry_after.unwrap_or(USUAL_WAIT).max(USUAL_WAIT);
        match (self.kind, it.place) {
            (Kind::Today, Some(place)) if facts.window.is_some() && tries < TOKENS_TODAY => {
                self.next_today(it, place, answered, now);
            }
            (Kind::Today, _) => self.finish(it.execution, answered),
            (Kind::RoundRobin, Some(_)) if tries < self.tokens.len() => {
                self.again(it.execution, now, now, answered);
            }
            _ => {
                execution.limited = 0;
                self.again(it.execution, now + wait, now, answered);
            }
        }
    }

    /// Takes up the next token, unless another call already did.
    fn next_today(&mut self, it: &Try, place: usize, answered: Verdict, now: Instant) {
        if self.tokens[place] == it.token {
            let period = self.settings.period;
            let spent = self.taken_up.len() == TOKENS_TODAY
                && self.taken_up.front().is_some_and(|at| *at + period > now);
            if spent {
                return self.finish(it.execution, answered);
            }
            self.forget(place);
        }
        self.start(it.execution, now);
    }
}
