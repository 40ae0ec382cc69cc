//! What becomes of an execution when one of its attempts is answered, or has ended.

use super::{Attempt, Pump};
use crate::http;
use tollgate_engine::{Event, Facts, LossKind, Verdict};
use tollgate_model::{AttemptId, ExecutionId};

impl Pump {
    pub(super) fn answered(&mut self, attempt: AttemptId, status: u16, facts: Facts) {
        let Some(Attempt {
            token, expected, ..
        }) = self.attempts.get_mut(&attempt)
        else {
            return;
        };
        expected.came(status);
        let client = token.and_then(|token| Some(self.tokens.get(&token)?.client));
        tracing::debug!(attempt = attempt.0, status, "head");
        self.tell(Event::Head {
            attempt,
            status,
            facts,
        });
        self.look_at(status, client);
    }

    pub(super) fn done(&mut self, attempt: AttemptId, response: http::Answer) {
        let Some(Attempt { execution: id, .. }) = self.attempts.remove(&attempt) else {
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
        let Some(Attempt { execution: id, .. }) = self.attempts.remove(&attempt) else {
            return;
        };
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

    /// Ends an execution of which no further attempt can be of use. The engine, which might make one, is told
    /// that the caller has gone: it knows the answer's head already, if there was one.
    fn withdraw(&mut self, id: ExecutionId, verdict: Verdict) {
        if let Some(mut execution) = self.executions.remove(&id) {
            execution.finish(verdict, self.clock.now());
            self.tell(Event::Cancel(id));
        }
    }
}
