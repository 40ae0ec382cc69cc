//! The task that keeps one session with a server, makes a new one when it is over, and carries out what is asked,
//! one thing after the other.
//!
//! **A server that is away** is tried again after [`PAUSE`], asked or not: so that a hint of a change comes by
//! itself as soon as there is a session again. Who asks in between is told at once why there is none. **A session
//! that was silent** for as long as an answer may take is closed, and so is one that says nothing when it is asked
//! for a sign of life, each [`QUIET`].
//!
//! What waits for its turn and has been given up by its caller is left out: a swap isn't made long after.

use crate::error::CoordinationError;
use crate::store::{BOUND, Found, Hint, Prepared, Revision, Swap};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// Between two tries to reach a server that is away.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a session is left alone before it is asked for a sign of life.
const QUIET: Duration = Duration::from_secs(5);
/// What waits for its turn. Whoever comes later is refused.
const QUEUE: usize = 64;

type Answer<T> = Result<T, CoordinationError>;

/// Makes sessions with one kind of server.
pub(crate) trait Dial: Send + Sync + 'static {
    type Session: Session;
    /// Longest time in which a session is made.
    fn patience(&self) -> Duration;
    /// Longest time in which an answer comes.
    fn answer(&self) -> Duration;
    fn dial(&self, hints: Hints) -> impl Future<Output = Answer<Self::Session>> + Send;
}

/// A session with a primary. Dropped, its connection is closed at once.
pub(crate) trait Session: Send {
    fn read(&mut self) -> impl Future<Output = Answer<Found>> + Send;
    fn swap(&mut self, prepared: &Prepared) -> impl Future<Output = Answer<Swap>> + Send;
    /// Whether the server answers, and is the primary still.
    fn is_well(&mut self) -> impl Future<Output = bool> + Send;
}

/// Where a session tells what it hears.
#[derive(Clone)]
pub(crate) struct Hints {
    pub(crate) changes: watch::Sender<Hint>,
    /// Raised when the connection has ended.
    pub(crate) ended: watch::Sender<bool>,
}

impl Hints {
    /// Takes what [`Prepared::message`] wrote. Of what anybody else wrote, all that is believed is that there is
    /// something to look at.
    pub(crate) fn heard(&self, message: &str) {
        let read = message.split_once(' ').and_then(|(revision, note)| {
            let revision = revision.parse().ok()?;
            Some((Revision(revision), note))
        });
        let (revision, note) = read.map_or((None, ""), |(revision, note)| (Some(revision), note));
        self.changes.send_modify(|it| it.follow(revision, note));
    }

    pub(crate) fn ended(&self) {
        self.ended.send_replace(true);
    }
}

/// Tells, when it is dropped, that the connection has ended.
pub(crate) struct Ended(pub(crate) Hints);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended();
    }
}

enum Ask {
    Read(oneshot::Sender<Answer<Found>>),
    Swap(Prepared, oneshot::Sender<Answer<Swap>>),
}

/// Asks the task; the task ends when this is dropped.
pub(crate) struct Keeper {
    asks: mpsc::Sender<Ask>,
    changes: watch::Sender<Hint>,
    task: AbortHandle,
}

impl Keeper {
    pub(crate) fn start(dialler: impl Dial) -> Self {
        let (asks, asked) = mpsc::channel(QUEUE);
        let changes = watch::Sender::new(Hint::default());
        let task = tokio::spawn(keep(dialler, asked, changes.clone())).abort_handle();
        Self {
            asks,
            changes,
            task,
        }
    }

    pub(crate) fn changes(&self) -> watch::Receiver<Hint> {
        self.changes.subscribe()
    }

    pub(crate) async fn read(&self) -> Answer<Found> {
        self.ask(Ask::Read).await
    }

    pub(crate) async fn swap(
        &self,
        expected: Option<Revision>,
        value: &[u8],
        note: &str,
    ) -> Answer<Swap> {
        let prepared = Prepared::new(expected, value, note)?;
        self.ask(|answer| Ask::Swap(prepared, answer)).await
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<Answer<T>>) -> Ask) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        let busy = "too much is asked of it at once";
        let sent = self.asks.try_send(ask(answer));
        sent.map_err(|_| CoordinationError::Unreachable(busy.into()))?;
        match timeout(BOUND, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(CoordinationError::Cut("its task has ended".into())),
            Err(_) => Err(CoordinationError::Late),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Keeps a session until nobody can ask any more.
async fn keep<D: Dial>(dialler: D, mut asked: mpsc::Receiver<Ask>, changes: watch::Sender<Hint>) {
    loop {
        let (end, ended) = watch::channel(false);
        let hints = Hints {
            changes: changes.clone(),
            ended: end,
        };
        let dialled = timeout(dialler.patience(), dialler.dial(hints)).await;
        let silent = || CoordinationError::Unreachable("no connection in the time it had".into());
        let over = match dialled.unwrap_or_else(|_| Err(silent())) {
            Ok(session) => {
                changes.send_modify(|it| it.follow(None, ""));
                serve(session, ended, &mut asked, dialler.answer()).await
            }
            Err(why) => {
                tracing::debug!(%why, "no session with the coordination store");
                pause(&why, &mut asked).await
            }
        };
        if over == Over::Asking {
            return;
        }
    }
}

/// What is over.
#[derive(PartialEq, Eq)]
enum Over {
    /// The session, or the pause without one.
    Session,
    /// All of it: nobody can ask any more.
    Asking,
}

/// Carries out what is asked, until the session is over.
async fn serve(
    mut session: impl Session,
    mut ended: watch::Receiver<bool>,
    asked: &mut mpsc::Receiver<Ask>,
    patience: Duration,
) -> Over {
    loop {
        let ask = tokio::select! {
            ask = timeout(QUIET, asked.recv()) => ask,
            _ = ended.wait_for(|ended| *ended) => return Over::Session,
        };
        let goes_on = match ask {
            Ok(Some(ask)) => carry(&mut session, ask, patience).await,
            Ok(None) => return Over::Asking,
            Err(_) => timeout(patience, session.is_well()).await == Ok(true),
        };
        if !goes_on {
            return Over::Session;
        }
    }
}

/// Tells all who ask why there is no session, until it is time to try again.
async fn pause(why: &CoordinationError, asked: &mut mpsc::Receiver<Ask>) -> Over {
    let until = Instant::now() + PAUSE;
    loop {
        match timeout_at(until, asked.recv()).await {
            Ok(Some(ask)) => refuse(ask, why),
            Ok(None) => return Over::Asking,
            Err(_) => return Over::Session,
        }
    }
}

fn refuse(ask: Ask, why: &CoordinationError) {
    match ask {
        Ask::Read(answer) => drop(answer.send(Err(why.clone()))),
        Ask::Swap(_, answer) => drop(answer.send(Err(why.clone()))),
    }
}

/// Carries out what is asked; whether the session can go on.
async fn carry(session: &mut impl Session, ask: Ask, patience: Duration) -> bool {
    match ask {
        Ask::Read(answer) if !answer.is_closed() => {
            let read = timeout(patience, session.read()).await;
            give(answer, read.unwrap_or(Err(CoordinationError::Late)))
        }
        Ask::Swap(prepared, answer) if !answer.is_closed() => {
            let swap = timeout(patience, session.swap(&prepared)).await;
            let is_doubtful = matches!(
                &swap,
                Ok(Ok(Swap::Done {
                    is_durable: false,
                    ..
                }))
            );
            let goes_on = give(answer, swap.unwrap_or(Err(CoordinationError::Late)));
            // Another may be the primary by now.
            goes_on && (!is_doubtful || timeout(patience, session.is_well()).await == Ok(true))
        }
        Ask::Read(_) | Ask::Swap(..) => true,
    }
}

fn give<T>(answer: oneshot::Sender<Answer<T>>, outcome: Answer<T>) -> bool {
    let goes_on = !matches!(
        outcome,
        Err(CoordinationError::Cut(_) | CoordinationError::Late | CoordinationError::NotPrimary)
    );
    // Whoever asked may have gone.
    drop(answer.send(outcome));
    goes_on
}
