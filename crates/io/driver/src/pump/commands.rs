//! Carrying out what the engine wants done.

use super::message::{Message, Report};
use super::{Attempt, Pump};
use crate::answer_counts::ExpectedAnswer;
use crate::task::Task;
use crate::{mark, upstream};
use tollgate_engine::{Command, Event, LossKind};
use tollgate_model::{AttemptId, ExecutionId, Instant, TokenId};

impl Pump {
    /// Carries out all that the engine wants done.
    pub(super) fn carry_out(&mut self) {
        loop {
            // Before each command, for one that fails may bring about a send.
            if let Some(usage) = &mut self.usage {
                usage.keep(&mut self.engine, self.clock.now());
            }
            let Some(command) = self.engine.poll_command() else {
                return;
            };
            match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    give_up,
                    lease_ends,
                } => self.send((execution, attempt), token, (give_up, lease_ends)),
                Command::Abort(attempt) => {
                    tracing::debug!(attempt = attempt.0, "aborted");
                    self.attempts.remove(&attempt);
                }
                Command::Finish(id, verdict) => {
                    if let Some(mut execution) = self.executions.remove(&id) {
                        execution.finish(verdict, self.clock.now());
                    }
                }
                Command::FetchToken(client, token) => self.fetch(client, token),
                Command::DropToken(token) => {
                    self.fetches.remove(&token);
                    self.tokens.remove(&token);
                }
                Command::AskForSlots => self.asks.notify_one(),
                Command::WouldHave(id, decision) => {
                    if let Some((tell, decision)) = self.undecided.remove(&id).zip(decision) {
                        // An error means that nobody records it.
                        let _ = tell.send(decision);
                    }
                }
            }
        }
    }

    fn send(
        &mut self,
        (id, attempt): (ExecutionId, AttemptId),
        token: Option<TokenId>,
        (give_up, lease_ends): (Instant, Option<Instant>),
    ) {
        let held = |token| Some(self.tokens.get(&token)?.bearer.clone());
        let bearer = token.map(held);
        let (Some(execution), None | Some(Some(_))) = (self.executions.get_mut(&id), &bearer)
        else {
            // Against the engine's contract; it gets its slot back instead of waiting for the timeout.
            tracing::error!(
                execution = id.0,
                attempt = attempt.0,
                ?token,
                "no such execution or token"
            );
            self.tell(Event::Lost(attempt, LossKind::NeverSent));
            return;
        };
        if let Some(sent) = &execution.request.sent {
            sent.set();
        }
        tracing::debug!(execution = id.0, attempt = attempt.0, ?token, "send");
        let bearer = bearer.flatten();
        if let Some(bearer) = &bearer {
            execution.sent.push(bearer.redactor.clone());
        }
        let mut request = upstream::prepare(&execution.request, bearer);
        let by = execution.request.mark.as_deref();
        let span = by.map(|by| mark::mark(&mut request.headers, by));
        execution.send(attempt, span, self.clock.now());
        let died = Message::Lost(
            attempt,
            LossKind::NoAnswer,
            "the attempt's task died".into(),
        );
        let report = Report {
            inbox: self.inbox.clone(),
            last: Some(died),
        };
        let expected = ExpectedAnswer::new(execution.request.answers.clone());
        let http = self.outlets.get(&execution.route).unwrap_or(&self.http);
        let most = self.bounds.max_response_bytes;
        let request = (request, self.clock.leave_by(give_up, lease_ends));
        let work = upstream::attempt(http.clone(), most, attempt, request, report);
        self.attempts.insert(
            attempt,
            Attempt {
                execution: id,
                token,
                expected,
                _task: Task::spawn(work),
            },
        );
    }

    /// Tells whoever waits for it that nothing is under way any more.
    pub(super) fn end_drain(&mut self) {
        if self.executions.is_empty()
            && let Some(waiting) = &mut self.drain
        {
            for reply in waiting.drain(..) {
                // An error means that the drain's time was up.
                let _ = reply.send(());
            }
        }
    }
}
