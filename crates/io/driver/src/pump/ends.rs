//! What becomes of an execution when one of its attempts is answered, or has ended.

use super::message::Head;
use super::{Attempt, Pump};
use crate::execution::Execution;
use crate::{Progress, http};
use std::collections::HashMap;
use tollgate_engine::{Event, LossKind, Verdict};
use tollgate_model::{AttemptId, ExecutionId};

impl Pump {
    /// The head of an attempt's answer has come.
    pub(super) fn answered(&mut self, attempt: AttemptId, head: Head) {
        self.headers_ignored += u64::from(head.ignored);
        let Head {
            status,
            facts,
            correlation,
            ..
        } = head;
        let Some(Attempt {
            execution,
            token,
            expected,
            ..
        }) = self.attempts.get_mut(&attempt)
        else {
            return;
        };
        expected.came(status);
        if let Some(progress) = progress(&self.executions, *execution) {
            progress.head(attempt, status, correlation);
        }
        let id = *execution;
        let client = token.and_then(|token| Some(self.tokens.get(&token)?.client));
        tracing::debug!(attempt = attempt.0, status, "head");
        self.tell(Event::Head {
            attempt,
            status,
            facts,
        });
        self.look_at(status, client);
        if status == 429 || facts.refused {
            self.warn_of_refusal(id, status);
        }
    }

    pub(super) fn done(&mut self, attempt: AttemptId, response: http::Answer) {
        let Some(id) = self.attempt_ended(attempt) else {
            return;
        };
        let is_error = response.status >= 400;
        let is_last = self.executions.get_mut(&id).is_some_and(|execution| {
            execution.responses.push((attempt, response));
            is_error && execution.is_final()
        });
        if is_last {
            self.withdraw(id, Verdict::Answered(attempt));
        } else {
            self.tell(Event::Done(attempt));
        }
    }

    pub(super) fn lost(&mut self, attempt: AttemptId, kind: LossKind, reason: String) {
        let Some(id) = self.attempt_ended(attempt) else {
            return;
        };
        if let Some(progress) = progress(&self.executions, id) {
            progress.lost(attempt, kind);
        }
        tracing::debug!(attempt = attempt.0, ?kind, reason, "lost");
        let is_last = self.executions.get_mut(&id).is_some_and(|execution| {
            execution.lost = reason;
            execution.is_final()
        });
        if is_last {
            self.withdraw(id, Verdict::Lost(kind));
        } else {
            self.tell(Event::Lost(attempt, kind));
        }
    }

    /// Forgets an attempt that has come to its end. Gives the execution that it was of; none if it was aborted.
    fn attempt_ended(&mut self, attempt: AttemptId) -> Option<ExecutionId> {
        let id = self.attempts.remove(&attempt)?.execution;
        if let Some(progress) = progress(&self.executions, id) {
            progress.attempt_ended(attempt, self.clock.now());
        }
        Some(id)
    }

    /// Ends an execution of which no further attempt can be of use. The engine, which might make one, is told
    /// that the caller has gone: it knows the answer's head already, if there was one.
    fn withdraw(&mut self, id: ExecutionId, verdict: Verdict) {
        if let Some(mut execution) = self.executions.remove(&id) {
            execution.finish(verdict, self.clock.now());
            self.tell(Event::Cancel(id));
        }
    }
}

/// Where it is noted how far the execution is.
fn progress(of: &HashMap<ExecutionId, Execution>, id: ExecutionId) -> Option<&Progress> {
    of.get(&id)?.request.progress.as_deref()
}
