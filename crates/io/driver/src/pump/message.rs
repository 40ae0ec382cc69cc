//! How callers, attempts and token fetches reach the task that owns the engine.

use super::Pump;
use crate::clock::Clock;
use crate::endpoints::Endpoints;
use crate::execution::Reply;
use crate::http;
use crate::pipe::Coming;
use crate::task_figures::TaskFigures;
use crate::token::{Grant, NoGrant};
use crate::trouble::Troubles;
use crate::{Failure, Request};
use ::http::HeaderMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tollgate_engine::{Event, Facts, LossKind, ShadowDecision, Submission};
use tollgate_model::{AttemptId, ExecutionId, Instant, TokenId};

/// What callers, attempts and token fetches tell the task. The crate's documentation argues why the
/// channel needs no bound of its own.
#[derive(Debug)]
pub(crate) enum Message {
    Submit {
        submission: Submission,
        request: Arc<Request>,
        reply: oneshot::Sender<Result<Reply, Failure>>,
        /// Who records what would become of it, were nothing in shadow.
        tell: Option<oneshot::Sender<ShadowDecision>>,
        /// Freed when the task takes the message up.
        permit: OwnedSemaphorePermit,
        /// When the message was sent.
        at: Instant,
    },
    Cancel(ExecutionId),
    Head(AttemptId, Head),
    /// After the head: the answer stands, and its body comes to whoever asked.
    Opened {
        attempt: AttemptId,
        status: u16,
        headers: HeaderMap,
        coming: Coming,
    },
    /// Something that the engine is to know before the next call.
    Tell(Event),
    /// What somebody outside asks or changes.
    Ask(Work),
    Done(AttemptId, http::Answer),
    Lost(AttemptId, LossKind, String),
    Token(TokenId, Result<Grant, NoGrant>),
    Drain(oneshot::Sender<()>),
    Stop,
}

/// What the head of an attempt's answer says.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) facts: Facts,
    /// Rate-limit headers that were not believed.
    pub(crate) ignored: u32,
    /// The name that the upstream gave its answer.
    pub(crate) correlation: Option<Arc<str>>,
}

/// Work on the state of the task that owns the engine. Short, for calls wait meanwhile.
pub(crate) struct Work(pub(crate) Box<dyn FnOnce(&mut Pump) + Send>);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

/// What the handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) inbox: UnboundedSender<Message>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) next_execution: AtomicU64,
    pub(crate) routes: AtomicUsize,
    pub(crate) flows: AtomicUsize,
    /// Whether the configuration has a flow or a limit in shadow.
    pub(crate) any_in_shadow: bool,
    pub(crate) clock: Clock,
    pub(crate) troubles: Arc<Troubles>,
    pub(crate) endpoints: Endpoints,
    /// Woken when calls wait for slots of other processes.
    pub(crate) asks: Arc<Notify>,
    pub(crate) predecessor: Option<u64>,
    pub(crate) figures: Arc<TaskFigures>,
}

impl Shared {
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // An error means that the task is gone already.
        let _ = self.inbox.send(Message::Stop);
    }
}

/// Sends its message when dropped, so that a task reports its end however it ends. Before the task has
/// set its result the message is that of a task that died.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) inbox: UnboundedSender<Message>,
    pub(crate) last: Option<Message>,
}

impl Report {
    /// Reports something before the end.
    pub(crate) fn send(&self, message: Message) {
        // An error means that the engine is gone and nobody is left to tell.
        let _ = self.inbox.send(message);
    }

    /// What to report at the end.
    pub(crate) fn set(&mut self, message: Message) {
        self.last = Some(message);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(message) = self.last.take() {
            self.send(message);
        }
    }
}
