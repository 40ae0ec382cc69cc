//! The task that owns the engine: message in, event to the engine, its commands carried out.

mod commands;
mod ends;
mod extension;
mod leases;
pub(crate) mod message;
mod refused;
mod tokens;
mod view;
mod warned;

pub use extension::Extension;

use crate::answer_counts::ExpectedAnswer;
use crate::clock::Clock;
use crate::endpoints::Endpoints;
use crate::execution::{Execution, Reply};
use crate::http::Http;
use crate::task::Task;
use crate::task_figures::TaskFigures;
use crate::token::Bearer;
use crate::trouble::Troubles;
use crate::usage::UsageFile;
use crate::{Bounds, ClientCredentials, Failure, Request, Setup, SetupError};
use message::{Message, Shared, Work};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, Semaphore, oneshot};
use tollgate_engine::{Engine, Event, NoSuchEntry, ShadowDecision, Submission};
use tollgate_model::{AttemptId, ClientId, ExecutionId, Instant, RouteId, TokenId};
use warned::Warnings;

/// Who waits for the reply, and who records what would become of the execution, were nothing in shadow.
type Answers = (
    oneshot::Sender<Result<Reply, Failure>>,
    Option<oneshot::Sender<ShadowDecision>>,
);

/// A token that calls are sent with.
#[derive(Debug)]
struct HeldToken {
    client: ClientId,
    bearer: Bearer,
}

/// An attempt under way.
#[derive(Debug)]
struct Attempt {
    execution: ExecutionId,
    token: Option<TokenId>,
    expected: ExpectedAnswer,
    _task: Task,
}

/// The engine, and what carries its commands out.
pub(crate) struct Pump {
    engine: Engine,
    clock: Clock,
    http: Http,
    /// Of routes that have one of their own.
    pub(crate) outlets: HashMap<RouteId, Http>,
    /// Of clients that have one of their own.
    pub(crate) client_outlets: HashMap<ClientId, Http>,
    bounds: Bounds,
    clients: Vec<Arc<ClientCredentials>>,
    /// Cloned into the tasks.
    inbox: UnboundedSender<Message>,
    executions: HashMap<ExecutionId, Execution>,
    /// Who records what would become of executions, were nothing in shadow.
    undecided: HashMap<ExecutionId, oneshot::Sender<ShadowDecision>>,
    attempts: HashMap<AttemptId, Attempt>,
    tokens: HashMap<TokenId, HeldToken>,
    fetches: HashMap<TokenId, (ClientId, Task)>,
    troubles: Arc<Troubles>,
    warned: Warnings,
    usage: Option<UsageFile>,
    asks: Arc<Notify>,
    headers_ignored: u64,
    figures: Arc<TaskFigures>,
    /// Whoever waits for the drain's end; `Some` from its begin on.
    drain: Option<Vec<oneshot::Sender<()>>>,
}

/// Starts the task and gives the part that the handles share.
pub(crate) fn start(
    setup: Setup,
    http: Http,
    runtime: &tokio::runtime::Handle,
    usage: Option<(&Path, u64)>,
) -> Result<Arc<Shared>, SetupError> {
    let clock = Clock::begin();
    let (inbox, messages) = unbounded_channel();
    let mut engine = Engine::new(setup.engine.clone(), setup.seed, clock.now());
    let usage = usage
        .map(|(path, process)| {
            let opened = UsageFile::open(path, process, &mut engine, &setup.engine, clock.now());
            opened.map_err(|source| SetupError::Usage {
                path: path.to_owned(),
                source,
            })
        })
        .transpose()?;
    let shared = Shared {
        inbox: inbox.clone(),
        permits: Arc::new(Semaphore::new(
            setup.bounds.inbox.clamp(1, Semaphore::MAX_PERMITS),
        )),
        next_execution: AtomicU64::new(0),
        routes: AtomicUsize::new(engine.config().routes.len()),
        flows: AtomicUsize::new(setup.engine.flows.len()),
        any_in_shadow: !setup.engine.is_enforced(),
        clock,
        troubles: Arc::default(),
        endpoints: Endpoints::default(),
        asks: Arc::default(),
        predecessor: usage.as_ref().and_then(UsageFile::predecessor),
        figures: Arc::new(TaskFigures::new()),
    };
    let pump = Pump {
        engine,
        clock,
        http,
        outlets: HashMap::new(),
        client_outlets: HashMap::new(),
        bounds: setup.bounds,
        clients: setup.clients.into_iter().map(Arc::new).collect(),
        inbox,
        executions: HashMap::new(),
        undecided: HashMap::new(),
        attempts: HashMap::new(),
        tokens: HashMap::new(),
        fetches: HashMap::new(),
        troubles: Arc::clone(&shared.troubles),
        warned: Warnings::default(),
        usage,
        asks: Arc::clone(&shared.asks),
        headers_ignored: 0,
        figures: Arc::clone(&shared.figures),
        drain: None,
    };
    runtime.spawn(pump.run(messages));
    Ok(Arc::new(shared))
}

impl Pump {
    async fn run(mut self, mut messages: UnboundedReceiver<Message>) {
        self.carry_out();
        loop {
            // Before the messages, so that a stream of them can't hold a due timer back.
            if self.due().is_some_and(|due| due <= self.clock.now()) {
                self.figures.step();
                self.engine.handle_timeout(self.clock.now());
                self.carry_out();
            }
            let message = match self.due() {
                None => messages.recv().await,
                Some(due) => {
                    let pause = due.since(self.clock.now());
                    match tokio::time::timeout(pause, messages.recv()).await {
                        Ok(message) => message,
                        Err(_) => continue,
                    }
                }
            };
            match message {
                None | Some(Message::Stop) => break,
                Some(message) => self.take(message),
            }
            self.carry_out();
            self.end_drain();
        }
        self.checkpoint();
    }

    /// When the engine is to be woken, or a checkpoint to be written, should nothing happen before.
    fn due(&self) -> Option<Instant> {
        let checkpoint = self.usage.as_ref().and_then(|it| it.due(&self.engine));
        let wake = self.engine.poll_timeout();
        wake.into_iter().chain(checkpoint).min()
    }

    fn take(&mut self, message: Message) {
        self.figures.step();
        match message {
            Message::Submit {
                submission,
                request,
                reply,
                tell,
                permit,
                at,
            } => {
                drop(permit);
                self.figures.taken_up_after(self.clock.now().since(at));
                self.submit(submission, request, (reply, tell));
            }
            Message::Cancel(id) => {
                // Already finished, if its answer and the hang-up crossed.
                if self.executions.remove(&id).is_some() {
                    self.tell(Event::Cancel(id));
                }
            }
            // An attempt not in the table was aborted; the engine expects to hear no more of it.
            Message::Head(attempt, head) => self.answered(attempt, head),
            Message::Opened {
                attempt,
                status,
                headers,
                coming,
            } => {
                if let Some(Attempt { execution, .. }) = self.attempts.get(&attempt)
                    && let Some(execution) = self.executions.get_mut(execution)
                {
                    execution.open((status, headers), coming, self.clock.now());
                }
            }
            Message::Done(attempt, response) => self.done(attempt, response),
            Message::Lost(attempt, kind, reason) => self.lost(attempt, kind, reason),
            Message::Token(token, result) => {
                if let Some((client, _)) = self.fetches.remove(&token) {
                    self.fetched(client, token, result);
                }
            }
            Message::Tell(event) => self.tell(event),
            Message::Ask(Work(work)) => work(self),
            Message::Drain(reply) => {
                // Whoever records what has ended waits for no decision any more.
                self.undecided.clear();
                self.drain.get_or_insert_default().push(reply);
            }
            Message::Stop => {}
        }
    }

    /// Tells the engine what somebody changes, if there is such a thing.
    pub(crate) fn change(&mut self, event: Event) -> Result<(), NoSuchEntry> {
        self.engine.find(&event)?;
        let to_disk = match &event {
            Event::RenameLimit { .. } | Event::Open(_) | Event::Inherit { .. } => true,
            // What other processes' calls hold here is known to the next process, too.
            Event::SetLease { held, .. } => !held.is_empty(),
            _ => false,
        };
        self.tell(event);
        if to_disk {
            self.checkpoint();
        }
        Ok(())
    }

    fn checkpoint(&mut self) {
        if let Some(usage) = &mut self.usage {
            usage.close(&mut self.engine, self.clock.now());
        }
    }

    /// Tells the engine of something that happened at the latest now.
    fn tell(&mut self, event: Event) {
        self.engine.handle_event(event, self.clock.now());
    }

    fn submit(&mut self, submission: Submission, request: Arc<Request>, (reply, tell): Answers) {
        if self.drain.is_some() {
            // An error means that the caller hung up.
            let _ = reply.send(Err(Failure::Draining));
            return;
        }
        let of = (submission.route, submission.flow);
        let execution = Execution::new(of, Arc::clone(&request), reply, self.clock.now());
        self.executions.insert(submission.execution, execution);
        let undecided = tell.map(|tell| (submission.execution, tell));
        self.undecided.extend(undecided);
        let progress = request.progress.clone();
        self.tell(Event::Submit(submission));
        if let Some(progress) = progress
            && let Some(limit) = self.engine.waits_for(submission.execution)
        {
            progress.waits_for(limit);
        }
    }
}
