//! A caller waiting for its answer, and what it is told in the end.

use crate::http;
use crate::{Answer, Failure, Request};
use std::sync::Arc;
use tokio::sync::oneshot;
use tollgate_engine::{LossKind, Verdict};
use tollgate_model::{AttemptId, Instant, RouteId};
use tollgate_secret::Redactor;

/// A caller waiting for its answer.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) route: RouteId,
    pub(crate) request: Arc<Request>,
    pub(crate) reply: oneshot::Sender<Result<Answer, Failure>>,
    pub(crate) submitted: Instant,
    pub(crate) first_sent: Option<Instant>,
    pub(crate) attempts: u32,
    /// Whole responses; the engine says which one stands. At most one per attempt.
    pub(crate) responses: Vec<(AttemptId, http::Answer)>,
    /// What the tokens that went with it are struck by; one for each attempt at the most.
    pub(crate) sent: Vec<Redactor>,
    /// Why the last lost attempt was lost.
    pub(crate) lost: String,
}

impl Execution {
    pub(crate) fn new(
        route: RouteId,
        request: Arc<Request>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
        now: Instant,
    ) -> Self {
        Self {
            route,
            request,
            reply,
            submitted: now,
            first_sent: None,
            attempts: 0,
            responses: Vec::new(),
            sent: Vec::new(),
            lost: String::new(),
        }
    }

    pub(crate) fn outcome(&mut self, verdict: Verdict, now: Instant) -> Result<Answer, Failure> {
        let lost = std::mem::take(&mut self.lost);
        match verdict {
            Verdict::Answered(attempt) => {
                let found = self.responses.iter().position(|(of, _)| *of == attempt);
                let place = found.ok_or(Failure::NoAnswer(lost))?;
                let (_, response) = self.responses.swap_remove(place);
                Ok(Answer {
                    status: response.status,
                    headers: response.headers,
                    body: response.body,
                    redactor: self.sent.iter().fold(Redactor::default(), Redactor::and),
                    attempts: self.attempts,
                    waited: self.first_sent.unwrap_or(now).since(self.submitted),
                    took: now.since(self.submitted),
                })
            }
            Verdict::Refused(refusal) => Err(Failure::Refused {
                earliest_in: refusal.earliest_start.map(|start| start.since(now)),
                refusal,
            }),
            Verdict::TimedOut => Err(Failure::TimedOut),
            Verdict::Lost(LossKind::NeverSent) => Err(Failure::ConnectFailed(lost)),
            Verdict::Lost(LossKind::Unprocessed | LossKind::Closed | LossKind::NoAnswer) => {
                Err(Failure::NoAnswer(lost))
            }
        }
    }
}
