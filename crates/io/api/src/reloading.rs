//! Who asks for the configuration to be read anew, and what came of it last.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use tollgate_config::Changes;
use tollgate_definitions::Fault;

/// Wishes that wait at once; further ones wait to be let in.
const WISHES: usize = 16;

/// What was taken over.
#[derive(Clone, Debug)]
pub struct Reloaded {
    /// What is different.
    pub changes: Changes,
    /// The first digits of the SHA-256 of the file that runs now.
    pub digest: String,
}

/// Why nothing was taken over. Everything is as it was.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotReloaded {
    /// The configuration, or a file that it names, can't be used: each fault in a line.
    #[error("the configuration can't be used as it is written")]
    Invalid(Vec<String>),
    /// It has something that only a start takes over: each field in a line.
    #[error("the configuration has what only a restart takes over")]
    NeedsRestart(Vec<String>),
    /// The service can't: it is about to end.
    #[error("the service is about to end")]
    Ending,
}

impl NotReloaded {
    /// What is in the way, in the order of the configuration.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Invalid(lines) | Self::NeedsRestart(lines) => lines,
            Self::Ending => &[],
        }
    }

    /// Faults as lines.
    #[must_use]
    pub fn invalid(faults: &[Fault]) -> Self {
        Self::Invalid(faults.iter().map(Fault::to_string).collect())
    }
}

/// What came of a wish.
pub type ReloadAnswer = Result<Reloaded, NotReloaded>;

/// Somebody's wish to have the configuration read anew; it is answered here.
pub type ReloadWish = oneshot::Sender<ReloadAnswer>;

/// Asks for the configuration to be read anew, and knows what came of it last. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Reloading {
    wishes: mpsc::Sender<ReloadWish>,
    last: Arc<Last>,
}

/// How the configuration that runs came to be.
#[derive(Debug)]
struct Last {
    was_successful: AtomicBool,
    /// In seconds of the Unix time.
    success: AtomicU64,
    digest: RwLock<String>,
}

impl Reloading {
    /// With the wishes, which one task answers. The start was a success, of the file with this digest.
    #[must_use]
    pub fn new(digest: &str) -> (Self, mpsc::Receiver<ReloadWish>) {
        let (wishes, wished) = mpsc::channel(WISHES);
        let last = Last {
            was_successful: AtomicBool::new(true),
            success: AtomicU64::new(now()),
            digest: RwLock::new(digest.to_owned()),
        };
        let last = Arc::new(last);
        (Self { wishes, last }, wished)
    }

    /// Has the configuration read anew, and waits for what comes of it.
    ///
    /// # Errors
    /// Nothing was taken over.
    pub async fn reload(&self) -> ReloadAnswer {
        let (answer, answered) = oneshot::channel();
        let sent = self.wishes.send(answer).await;
        sent.map_err(|_| NotReloaded::Ending)?;
        answered.await.unwrap_or(Err(NotReloaded::Ending))
    }

    /// Notes what came of a reload.
    pub fn note(&self, answer: &ReloadAnswer) {
        let last = &self.last;
        last.was_successful.store(answer.is_ok(), Ordering::Relaxed);
        if let Ok(reloaded) = answer {
            last.success.store(now(), Ordering::Relaxed);
            let mut digest = last.digest.write().unwrap_or_else(PoisonError::into_inner);
            digest.clone_from(&reloaded.digest);
        }
    }

    /// Whether the last reload was a success, and when the last success was, in seconds of the Unix time.
    pub(crate) fn last(&self) -> (bool, u64) {
        let last = &self.last;
        (
            last.was_successful.load(Ordering::Relaxed),
            last.success.load(Ordering::Relaxed),
        )
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| it.as_secs())
}
