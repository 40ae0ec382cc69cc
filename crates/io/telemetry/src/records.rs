//! A line for each call, in the format that the simulator replays (`docs/planning.md`).
//!
//! Written behind the callers' backs: a disk that is slow or full costs lines, which are counted in the
//! log, and never a call. The file is renamed to `….1` at a bound, over the one before, so there
//! are never more than two.
//!
//! Where something is in shadow, a line waits until it is decided what would have become of its call, by the call's
//! deadline. When the service ends, nothing more is decided, and the lines that wait are written without it
//! ([`Records::settle`]).

use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{RwLock, oneshot};
use tollgate_engine::ShadowDecision;

/// Lines on their way to the disk.
const MAX_WAITING: usize = 10_000;
/// Bytes of one file.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// One call.
#[derive(Debug)]
pub(crate) struct Line {
    /// When it was asked for.
    pub(crate) at: SystemTime,
    pub(crate) flow: String,
    pub(crate) action: String,
    /// How long the upstream took, if it answered.
    pub(crate) latency: Option<Duration>,
    /// `answered`, `refused`, `failed`, `cached`, or `composite`: however it ended, its calls have lines of their own.
    pub(crate) outcome: &'static str,
    /// What would have become of it, were nothing in shadow; none where nothing is, and where that isn't known.
    pub(crate) would_have: Option<ShadowDecision>,
}

/// Takes lines; cheap where no file is wanted.
#[derive(Clone, Debug, Default)]
pub struct Records(Option<Open>);

#[derive(Clone, Debug)]
struct Open {
    lines: Sender<String>,
    /// Held for reading by each line that waits for a decision.
    undecided: Arc<RwLock<()>>,
}

impl Records {
    /// Opens the file at its end and starts its writer.
    ///
    /// # Errors
    /// The file can't be opened.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = append(path)?;
        let (sender, lines) = channel(MAX_WAITING);
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || write(file, &path, lines));
        Ok(Self(Some(Open {
            lines: sender,
            undecided: Arc::default(),
        })))
    }

    /// Whether lines go anywhere.
    pub(crate) fn wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes the line when it is decided what would have become of its call, or when nobody can say any more.
    pub(crate) fn note_decided(&self, line: Line, decision: oneshot::Receiver<ShadowDecision>) {
        let Some(Open { lines, undecided }) = &self.0 else {
            return;
        };
        // Whoever settles the lines is not kept waiting by new ones.
        let Ok(waits) = Arc::clone(undecided).try_read_owned() else {
            return self.note(&line);
        };
        let (lines, undecided) = (lines.clone(), Arc::clone(undecided));
        tokio::spawn(async move {
            let would_have = decision.await.ok();
            let text = Line { would_have, ..line }.text();
            match lines.try_send(text) {
                // In the end there may be more at once than the writer has room for.
                Err(TrySendError::Full(text)) if undecided.try_read().is_err() => {
                    warn_if_lost(&lines.send(text).await);
                }
                sent => warn_if_lost(&sent),
            }
            drop(waits);
        });
    }

    /// Waits until no line waits for a decision: until they were made, or whoever makes them has ended or drained.
    pub async fn settle(&self) {
        if let Some(Open { undecided, .. }) = &self.0 {
            let _all = undecided.write().await;
        }
    }

    pub(crate) fn note(&self, line: &Line) {
        if let Some(Open { lines, .. }) = &self.0 {
            warn_if_lost(&lines.try_send(line.text()));
        }
    }
}

fn warn_if_lost<E>(sent: &Result<(), E>) {
    if sent.is_err() {
        tracing::warn!("a record was lost: the disk is too slow, or it can't be written");
    }
}

impl Line {
    /// As it stands in the file.
    fn text(&self) -> String {
        let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut text = json!({
            "at": at.as_millis() as f64 / 1e3,
            "flow": self.flow,
            "action": self.action,
            "latency_ms": self.latency.map(millis),
            "outcome": self.outcome,
        });
        if let Some(decision) = &self.would_have {
            text["would_have"] = would_have(decision);
        }
        format!("{text}\n")
    }
}

fn would_have(decision: &ShadowDecision) -> Value {
    match decision {
        ShadowDecision::Sent { waited } => json!({"sent_after_ms": millis(*waited)}),
        ShadowDecision::Refused(refusal) => json!({
            "refused": refusal.reason.as_str(),
            "limit": refusal.limit,
        }),
    }
}

/// Milliseconds, to the microsecond.
fn millis(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e3
}

fn append(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Writes until the last sender is gone.
fn write(mut file: File, path: &PathBuf, mut lines: Receiver<String>) {
    let mut bytes = file.metadata().map_or(0, |it| it.len());
    while let Some(line) = lines.blocking_recv() {
        bytes += line.len() as u64;
        let written = file.write_all(line.as_bytes());
        let turned = if bytes > MAX_BYTES {
            let mut before = path.clone().into_os_string();
            before.push(".1");
            bytes = 0;
            std::fs::rename(path, before)
                .and_then(|()| append(path))
                .map(|fresh| file = fresh)
        } else {
            Ok(())
        };
        if let Err(error) = written.and(turned) {
            tracing::warn!(path = %path.display(), %error, "a record was lost");
        }
    }
}
