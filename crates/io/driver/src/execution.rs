//! A caller waiting for its answer, and what it is told in the end.

use crate::http;
use crate::pipe::Coming;
use crate::{Answer, Failure, Request};
use ::http::HeaderMap;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::oneshot;
use tollgate_engine::{LossKind, Verdict};
use tollgate_model::{AttemptId, FlowId, Instant, RouteId};
use tollgate_secret::Redactor;

/// A caller waiting for its answer.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) route: RouteId,
    pub(crate) flow: FlowId,
    pub(crate) request: Arc<Request>,
    /// None once the answer has begun to reach the caller.
    reply: Option<oneshot::Sender<Result<Reply, Failure>>>,
    pub(crate) submitted: Instant,
    pub(crate) first_sent: Option<Instant>,
    attempts: u32,
    /// Whole responses; the engine says which one stands. At most one per attempt.
    pub(crate) responses: Vec<(AttemptId, http::Answer)>,
    /// What the tokens that went with it are struck by; one for each attempt at the most.
    pub(crate) sent: Vec<Redactor>,
    /// Why the last lost attempt was lost.
    pub(crate) lost: String,
}

/// What the caller is told.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    /// The answer's body, if it is passed on while it comes.
    pub(crate) coming: Option<Coming>,
}

impl Execution {
    pub(crate) fn new(
        (route, flow): (RouteId, FlowId),
        request: Arc<Request>,
        reply: oneshot::Sender<Result<Reply, Failure>>,
        now: Instant,
    ) -> Self {
        Self {
            route,
            flow,
            request,
            reply: Some(reply),
            submitted: now,
            first_sent: None,
            attempts: 0,
            responses: Vec::new(),
            sent: Vec::new(),
            lost: String::new(),
        }
    }

    /// Whether no further attempt can be of use: the caller has a part of an answer, or the request's body has
    /// been read and can't be read again.
    pub(crate) fn is_final(&self) -> bool {
        self.reply.is_none() || self.request.body.is_spent()
    }

    /// Gives the caller an answer whose body is still to come.
    pub(crate) fn open(&mut self, head: (u16, HeaderMap), coming: Coming, now: Instant) {
        self.end(now);
        let answer = self.answer(http::Answer::new(head, Ok(Bytes::new())), now);
        self.tell(Ok(Reply {
            answer,
            coming: Some(coming),
        }));
    }

    /// Tells the caller how it ended, unless an answer has begun to reach it.
    pub(crate) fn finish(&mut self, verdict: Verdict, now: Instant) {
        self.end(now);
        let answer = self.outcome(verdict, now);
        self.tell(answer.map(|answer| Reply {
            answer,
            coming: None,
        }));
    }

    /// Notes that an attempt is sent.
    pub(crate) fn send(&mut self, attempt: AttemptId, span: Option<u64>, now: Instant) {
        self.attempts += 1;
        self.first_sent.get_or_insert(now);
        if let Some(progress) = &self.request.progress {
            progress.send(attempt, span, now);
        }
    }

    fn end(&self, now: Instant) {
        if let Some(progress) = &self.request.progress {
            progress.end(now);
        }
    }

    fn tell(&mut self, outcome: Result<Reply, Failure>) {
        if let Some(reply) = self.reply.take() {
            // An error means that the caller hung up.
            let _ = reply.send(outcome);
        }
    }

    fn answer(&self, response: http::Answer, now: Instant) -> Answer {
        Answer {
            status: response.status,
            headers: response.headers,
            body: response.body,
            redactor: self.sent.iter().fold(Redactor::default(), Redactor::and),
            attempts: self.attempts,
            waited: self.first_sent.unwrap_or(now).since(self.submitted),
            took: now.since(self.submitted),
        }
    }

    fn outcome(&mut self, verdict: Verdict, now: Instant) -> Result<Answer, Failure> {
        let lost = std::mem::take(&mut self.lost);
        match verdict {
            Verdict::Answered(attempt) => {
                let found = self.responses.iter().position(|(of, _)| *of == attempt);
                let place = found.ok_or(Failure::NoAnswer(lost))?;
                let (_, response) = self.responses.swap_remove(place);
                Ok(self.answer(response, now))
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
