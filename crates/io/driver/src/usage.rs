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
//! A file that can't be understood holds every limit whole. One that can't be written is reported,
//! and calls go on: the promise for the next process is then void until a checkpoint is written.

use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_engine::{Checkpoint, Config, Engine, LimitUsage, Record};
use tollgate_model::{Instant, LimitId, Rule, Scope};

/// Between two checkpoints, at the least.
const PAUSE: Duration = Duration::from_secs(1);
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
    /// Held for as long as this lives.
    _lock: File,
    boot: Boot,
    checkpointed: Instant,
    /// Records were written since.
    stale: bool,
    sync: bool,
}

/// Which boot of which machine, and how long it has been up.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Boot {
    id: String,
}

impl Boot {
    /// Empty where the system does not tell.
    fn this() -> Self {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            id: id.trim().to_owned(),
        }
    }

    /// Since boot, sleep included.
    fn uptime() -> Duration {
        let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let seconds = text
            .split_whitespace()
            .next()
            .and_then(|it| it.parse().ok());
        seconds
            .and_then(|seconds: f64| Duration::try_from_secs_f64(seconds).ok())
            .unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    boot: String,
    uptime: Duration,
    limits: Vec<Used>,
}

/// A limit's use, as written.
#[derive(Serialize, Deserialize)]
struct Used {
    name: String,
    scope: String,
    period: Option<Duration>,
    open: u32,
    ends: Vec<(Duration, u32)>,
    closed: Duration,
    until: Duration,
}

impl UsageFile {
    /// Takes the file up and tells the engine what it says. `engine` has seen no event yet.
    pub(crate) fn open(
        path: &Path,
        engine: &mut Engine,
        config: &Config,
        now: Instant,
    ) -> io::Result<Self> {
        let lock = File::create(path.with_extension("lock"))?;
        lock.try_lock().map_err(|error| {
            io::Error::new(
                io::ErrorKind::WouldBlock,
                format!("another process uses it ({error})"),
            )
        })?;
        let boot = Boot::this();
        match read(path) {
            Ok(None) => {}
            Ok(Some((line, mut checkpoint))) => {
                let elapsed = if line.boot == boot.id && !boot.id.is_empty() {
                    Boot::uptime().saturating_sub(line.uptime)
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
            _lock: lock,
            boot,
            checkpointed: now,
            stale: false,
            sync: config.limits.iter().any(|limit| long(limit.rule)),
        };
        it.checkpoint(engine, now)?;
        Ok(it)
    }

    /// To be called before the engine's commands are carried out: what covers them is on disk then.
    pub(crate) fn keep(&mut self, engine: &mut Engine, now: Instant) {
        let mut lines = String::new();
        while let Some(Record {
            limit,
            taken,
            until,
        }) = engine.poll_record()
        {
            lines.push_str(&format!("{} {taken} {}\n", limit.0, until.as_millis() + 1));
        }
        if !lines.is_empty() {
            self.stale = true;
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
        if due && (self.stale || self.file.is_none()) {
            self.close(engine, now);
        }
    }

    /// Writes a last checkpoint.
    pub(crate) fn close(&mut self, engine: &mut Engine, now: Instant) {
        if let Err(error) = self.checkpoint(engine, now) {
            self.report(&error);
        }
    }

    fn report(&mut self, error: &io::Error) {
        tracing::error!(path = %self.path.display(), %error, "usage not written: a restart now would not know it");
        self.file = None;
    }

    fn checkpoint(&mut self, engine: &mut Engine, now: Instant) -> io::Result<()> {
        let line = Line {
            boot: self.boot.id.clone(),
            uptime: Boot::uptime(),
            limits: engine
                .checkpoint(now)
                .limits
                .into_iter()
                .map(used)
                .collect(),
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
        self.stale = false;
        Ok(())
    }
}

/// The checkpoint and its records; none if there is no file.
fn read(path: &Path) -> Result<Option<(Line, Checkpoint)>, String> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(found) if found.len() > MAX_BYTES => return Err("it is too long".into()),
        Ok(_) => {}
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut lines = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let first = lines.next().ok_or("it has no checkpoint")?;
    let line: Line = tollgate_json::read_as(first).map_err(|error| error.to_string())?;
    let limits = line.limits.iter().map(|it| {
        Some(LimitUsage {
            name: it.name.clone(),
            scope: scope(&it.scope)?,
            period: it.period,
            usage: tollgate_engine::Usage {
                open: it.open,
                ends: it.ends.clone(),
                closed: it.closed,
            },
            taken: 0,
            until: it.until,
        })
    });
    let limits: Option<Vec<_>> = limits.collect();
    let mut checkpoint = Checkpoint {
        limits: limits.ok_or("it names an unknown scope")?,
    };
    for record in lines {
        checkpoint.add(parse(record).ok_or_else(|| format!("not a record: {record:?}"))?);
    }
    let slots = checkpoint.limits.iter().map(|it| {
        let settled = it.usage.ends.iter().map(|(_, slots)| u64::from(*slots));
        settled.sum::<u64>() + u64::from(it.usage.open) + u64::from(it.taken)
    });
    if slots.max() > Some(MAX_SLOTS.into()) {
        return Err("it tells of more slots than any limit has".into());
    }
    Ok(Some((line, checkpoint)))
}

fn parse(record: &str) -> Option<Record> {
    let mut words = record.split_whitespace();
    let record = Record {
        limit: LimitId(words.next()?.parse().ok()?),
        taken: words.next()?.parse().ok()?,
        until: Duration::from_millis(words.next()?.parse().ok()?),
    };
    words.next().is_none().then_some(record)
}

fn used(it: LimitUsage) -> Used {
    Used {
        name: it.name,
        scope: it.scope.as_str().to_owned(),
        period: it.period,
        open: it.usage.open,
        ends: it.usage.ends,
        closed: it.usage.closed,
        until: it.until,
    }
}

fn scope(word: &str) -> Option<Scope> {
    const ALL: [Scope; 7] = [
        Scope::Token,
        Scope::Client,
        Scope::Organisation,
        Scope::Integration,
        Scope::Action,
        Scope::Host,
        Scope::Flow,
    ];
    ALL.into_iter().find(|scope| scope.as_str() == word)
}

/// Everything that each limit of no more than an hour allows may have been used just now.
fn hold_whole(checkpoint: &mut Checkpoint, config: &Config) {
    for it in &mut checkpoint.limits {
        let same = config
            .limits
            .iter()
            .find(|limit| limit.name == it.name && limit.scope == it.scope);
        if let Some(limit) = same
            && it.period.is_none_or(|period| period <= LONG)
        {
            it.taken = it.taken.max(limit.rule.allowed().min(MAX_SLOTS));
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
        taken: limit.rule.allowed().min(MAX_SLOTS),
        until: Duration::from_secs(60),
    });
    Checkpoint {
        limits: limits.collect(),
    }
}

#[cfg(test)]
mod tests;
