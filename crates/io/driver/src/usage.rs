//! What was used of the shared limits, on disk, so that the next process knows.
//!
//! **The file** holds one checkpoint of the engine's and, behind it, the records since; each is one
//! line. A checkpoint replaces the file by renaming; records are appended before the sends that they
//! cover. A line without its end is of a write that a kill cut short, so the sends behind it never
//! happened, and it is ignored. So `kill -9` at any instant leaves a file that says no less than was
//! sent; the proof that nothing more is needed is the engine's (`tollgate_engine`'s journal).
//!
//! **The span since** is measured on the machine's own line of time since its boot, which no step of
//! the wall clock moves and which sleep does not stop. Where that line is not the same (another boot,
//! another machine, a system that does not tell), nothing is sure, the span is taken as zero, and
//! limits are held for longer. What the old machine had not yet written to its disk is then not known
//! either: limits with a period of up to an hour are held whole for one period. Longer ones are held
//! as the file says, which is synced at each checkpoint if there are such limits: a power failure can
//! cost them what was sent in the last second.
//!
//! **Who wrote it.** A process that shares limits with others may go on with the part of them that its predecessor had: the
//! file says which process that was ([`Writer::succeeds`]).
//!
//! A checkpoint is written a second after something has changed, whether or not anything else happens
//! ([`UsageFile::due`]), so that the next process doesn't hold limits for calls that ended long before.
//!
//! A file that can't be understood holds every limit whole. One that can't be written is reported, and
//! calls go on. Before they do, the boot's name in the file is struck out, in place, which needs no room on
//! the disk: a process that starts before a checkpoint can be written again finds a file of an unknown
//! boot, and holds the limits accordingly. A full disk doesn't keep a process from starting, either; a file
//! that can't be written for another reason does.

mod format;
mod writer;

use format::{Line, learned, read, used, write};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_engine::{Checkpoint, Config, Engine, LimitUsage, Since};
use tollgate_model::{Instant, Rule};
use writer::{Boot, Writer};

/// Between two checkpoints, at the least.
const PAUSE: Duration = Duration::from_secs(1);
/// The system tells its uptime in these.
const TICK: Duration = Duration::from_millis(10);
/// For how long a call may be under way of which nothing is known.
const CALL: Duration = Duration::from_secs(60);
/// Limits with a longer period are not held whole after a machine's end.
const LONG: Duration = Duration::from_secs(3_600);
/// A longer file is not believed.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// More slots than this no limit has taken.
const MAX_SLOTS: u32 = 10_000_000;

/// The file, open for records.
#[derive(Debug)]
pub(crate) struct UsageFile {
    path: PathBuf,
    /// None while the last write failed.
    file: Option<File>,
    writer: Writer,
    /// The process that wrote the file before, where it has surely died, and the file surely tells all that it sent.
    predecessor: Option<u64>,
    checkpointed: Instant,
    /// The last write failed, and that was reported.
    failed: bool,
    sync: bool,
}

impl UsageFile {
    /// Takes the file up and tells the engine what it says. `engine` has seen no event yet. No other process has the number
    /// `process`.
    pub(crate) fn open(
        path: &Path,
        process: u64,
        engine: &mut Engine,
        config: &Config,
        now: Instant,
    ) -> io::Result<Self> {
        let writer = Writer::new(path, process)?;
        let mut predecessor = None;
        match read(path) {
            Ok(None) => {}
            Ok(Some((line, mut checkpoint))) => {
                predecessor = writer.succeeds(&line);
                let elapsed = if writer.boot.is(&line.boot) {
                    Boot::uptime().saturating_sub(line.uptime + TICK)
                } else {
                    hold_whole(&mut checkpoint, config);
                    Duration::ZERO
                };
                engine.restore(&checkpoint, elapsed, now);
            }
            Err(reason) => {
                tracing::warn!(path = %path.display(), reason, "usage file not understood; every limit is held for one period");
                engine.restore(&everything(config), Duration::ZERO, now);
            }
        }
        let long = |rule| matches!(rule, Rule::Window { period, .. } if period > LONG);
        let mut it = Self {
            path: path.to_owned(),
            file: None,
            writer,
            predecessor,
            checkpointed: now,
            failed: false,
            sync: config.limits.iter().any(|limit| long(limit.rule)),
        };
        match it.checkpoint(engine, now) {
            Ok(()) => {}
            Err(error) if full(&error) => it.report(&error),
            Err(error) => return Err(error),
        }
        Ok(it)
    }

    /// The number of the process that wrote the file before, if this one succeeds it.
    pub(crate) fn predecessor(&self) -> Option<u64> {
        self.predecessor
    }

    /// To be called before the engine's commands are carried out: what covers them is on disk then.
    pub(crate) fn keep(&mut self, engine: &mut Engine, now: Instant) {
        let mut lines = String::new();
        while let Some(record) = engine.poll_record() {
            lines.push_str(&write(record));
        }
        if !lines.is_empty() {
            // One write, so that a record is there as a whole or not at all.
            let written = self
                .file
                .as_mut()
                .map(|file| file.write_all(lines.as_bytes()));
            if let Some(Err(error)) = written {
                self.report(&error);
            }
        }
        let due = self.checkpointed + PAUSE <= now;
        if due && (engine.checkpoint_is_due() || self.file.is_none()) {
            self.close(engine, now);
        }
    }

    /// When [`Self::keep`] has a checkpoint to write, should nothing happen before.
    pub(crate) fn due(&self, engine: &Engine) -> Option<Instant> {
        let due = engine.checkpoint_is_due() || self.file.is_none();
        due.then(|| self.checkpointed + PAUSE)
    }

    /// Writes a last checkpoint.
    pub(crate) fn close(&mut self, engine: &mut Engine, now: Instant) {
        if let Err(error) = self.checkpoint(engine, now) {
            self.report(&error);
        }
    }

    /// Once, until it can be written again: it is tried every second.
    fn report(&mut self, error: &io::Error) {
        if !self.failed {
            tracing::error!(path = %self.path.display(), %error, "usage not written: a restart now would hold every limit for a period");
            if let Err(error) = strike_out(&self.path) {
                tracing::error!(path = %self.path.display(), %error, "nor can that be written: a restart now would not know what was used");
            }
        }
        self.failed = true;
        self.file = None;
    }

    fn checkpoint(&mut self, engine: &mut Engine, now: Instant) -> io::Result<()> {
        let checkpoint = engine.checkpoint(now);
        let line = Line {
            boot: self.writer.boot.id.clone(),
            uptime: Boot::uptime(),
            process: Some(self.writer.process.clone()),
            limits: checkpoint.limits.into_iter().map(used).collect(),
            closed_routes: checkpoint.closed_routes,
            closed_clients: checkpoint.closed_clients,
            learned: checkpoint.learned.into_iter().map(learned).collect(),
        };
        self.checkpointed = now;
        // Records are relative to this checkpoint from here on, so the old file takes no more of them.
        self.file = None;
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        let fresh = self.path.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&fresh)?;
        file.write_all(text.as_bytes())?;
        if self.sync {
            file.sync_data()?;
        }
        fs::rename(&fresh, &self.path)?;
        // The handle follows the file through its renaming.
        self.file = Some(file);
        if std::mem::take(&mut self.failed) {
            tracing::info!(path = %self.path.display(), "usage is written again");
        }
        Ok(())
    }
}

/// No room on the disk.
fn full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

/// Makes the file one of an unknown boot, and where it names none, one that can't be understood. Takes no
/// room.
fn strike_out(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(256).read_to_end(&mut head)?;
    let Some(at) = format::boot(&head) else {
        return file.set_len(0);
    };
    file.seek(io::SeekFrom::Start(at.start as u64))?;
    let struck = file.write_all(&b"-".repeat(at.len()));
    struck.or_else(|_| file.set_len(0))
}

/// Everything that each limit of no more than an hour allows may have been used just now. How much that is,
/// is not known of the limits of integrations that come from the store later on; those are closed for as
/// long as it would be held.
fn hold_whole(checkpoint: &mut Checkpoint, config: &Config) {
    for it in &mut checkpoint.limits {
        let same = config
            .limits
            .iter()
            .find(|limit| limit.name == it.name && limit.scope == it.scope);
        if it.period.is_some_and(|period| period > LONG) {
            continue;
        }
        if let Some(limit) = same {
            let whole = whole(limit.rule);
            it.since = Since {
                taken: whole.taken.max(it.since.taken),
                until: whole.until.max(it.since.until),
                ..whole
            };
        } else if let Some(period) = it.period {
            it.usage.closed = it.usage.closed.max(period + config.policy.grace);
        }
    }
}

fn everything(config: &Config) -> Checkpoint {
    let limits = config.limits.iter().map(|limit| LimitUsage {
        name: limit.name.clone(),
        scope: limit.scope,
        period: match limit.rule {
            Rule::Window { period, .. } => Some(period),
            Rule::Concurrency { .. } => None,
        },
        usage: tollgate_engine::Usage::default(),
        since: whole(limit.rule),
        part: None,
    });
    Checkpoint {
        limits: limits.collect(),
        ..Checkpoint::default()
    }
}

/// All that the limit allows was taken.
fn whole(rule: Rule) -> Since {
    Since {
        taken: rule.allowed().min(MAX_SLOTS),
        at_once: None,
        until: CALL,
    }
}

#[cfg(test)]
mod tests;
