//! A line for each call, in the format that the simulator replays (`docs/planning.md`).
//!
//! Written behind the callers' backs: a disk that is slow or full costs lines, which are counted in the
//! log, and never a call. The file is renamed to `….1` at a bound, over the one before, so there
//! are never more than two.
//!
//! Where something is in shadow, a line waits until it is decided what would have become of its call, by the call's
//! deadline. When the service ends, nothing more is decided, and the lines that wait are written without it
//! ([`Records::settle`]).

use crate::Seldom;
use crate::record::{CallOutcome, CallRecord, Foretold};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{RwLock, oneshot};
use tollgate_engine::ShadowDecision;

/// Lines on their way to the disk.
const MAX_WAITING: usize = 10_000;
/// Bytes of one file.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Of lost records, of which the metrics have the number.
static LOST: Seldom = Seldom::once_in(Duration::from_secs(60));

/// One call.
#[derive(Debug)]
struct Line {
    /// When it was asked for.
    at: SystemTime,
    flow: String,
    action: String,
    /// How long the upstream took, if it answered.
    latency: Option<Duration>,
    outcome: CallOutcome,
    /// What would have become of it, were nothing in shadow; none where nothing is, and where that isn't known.
    would_have: Option<ShadowDecision>,
}

impl Line {
    fn of(record: &CallRecord<'_>) -> Self {
        let answered = record.outcome == CallOutcome::Answered;
        Self {
            at: record.asked,
            flow: record.flow.to_owned(),
            action: record.subject.to_string(),
            latency: record.upstream.filter(|_| answered),
            outcome: record.outcome,
            would_have: None,
        }
    }
}

/// Takes lines; cheap where no file is wanted.
#[derive(Clone, Debug, Default)]
pub struct Records(Option<Open>);

#[derive(Clone, Debug)]
struct Open {
    lines: Sender<String>,
    lost: Arc<AtomicU64>,
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
        let lost = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&lost);
        tokio::task::spawn_blocking(move || write(file, &path, lines, &count));
        Ok(Self(Some(Open {
            lines: sender,
            lost,
            undecided: Arc::default(),
        })))
    }

    /// Whether lines go anywhere.
    pub(crate) fn wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line of a call. Where something is in shadow, it is written once it is decided what would have become of the
    /// call.
    pub(crate) fn note(&self, record: &CallRecord<'_>, foretold: Foretold) {
        if !self.wanted() {
            return;
        }
        let line = Line::of(record);
        match foretold {
            None => self.write(&line),
            Some(foretold) => self.write_decided(line, foretold),
        }
    }

    /// Writes the line when it is decided what would have become of its call, or when nobody can say any more.
    fn write_decided(&self, line: Line, decision: oneshot::Receiver<ShadowDecision>) {
        let Some(Open {
            lines,
            lost,
            undecided,
        }) = &self.0
        else {
            return;
        };
        // Whoever settles the lines is not kept waiting by new ones.
        let Ok(waits) = Arc::clone(undecided).try_read_owned() else {
            return self.write(&line);
        };
        // A caller may leave when the runtime has ended.
        let Ok(runtime) = Handle::try_current() else {
            return self.write(&line);
        };
        let (lines, undecided) = (lines.clone(), Arc::clone(undecided));
        let lost = Arc::clone(lost);
        runtime.spawn(async move {
            let would_have = decision.await.ok();
            let text = Line { would_have, ..line }.text();
            match lines.try_send(text) {
                // In the end there may be more at once than the writer has room for.
                Err(TrySendError::Full(text)) if undecided.try_read().is_err() => {
                    note_if_lost(&lines.send(text).await, &lost);
                }
                sent => note_if_lost(&sent, &lost),
            }
            drop(waits);
        });
    }

    /// See [`crate::Telemetry::settle`].
    pub(crate) async fn settle(&self) {
        if let Some(Open { undecided, .. }) = &self.0 {
            let _all = undecided.write().await;
        }
    }

    fn write(&self, line: &Line) {
        if let Some(Open { lines, lost, .. }) = &self.0 {
            note_if_lost(&lines.try_send(line.text()), lost);
        }
    }

    /// Lines that were not written.
    pub(crate) fn lost(&self) -> u64 {
        self.0.as_ref().map_or(0, |it| it.lost.load(Relaxed))
    }
}

fn note_if_lost<E>(sent: &Result<(), E>, lost: &AtomicU64) {
    if sent.is_err() {
        lost.fetch_add(1, Relaxed);
        if LOST.is_due() {
            tracing::warn!(
                "records are lost: the disk is too slow, or it can't be written; /metrics has how many"
            );
        }
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
            "outcome": self.outcome.as_str(),
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
fn write(mut file: File, path: &PathBuf, mut lines: Receiver<String>, lost: &AtomicU64) {
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
            lost.fetch_add(1, Relaxed);
            if LOST.is_due() {
                tracing::warn!(path = %path.display(), %error, "records are lost; /metrics has how many");
            }
        }
    }
}
