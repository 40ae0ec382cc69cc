//! Who writes the file: a process that holds its lock, on a boot of a machine.

use super::format::{Line, Process};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

/// The process that writes the file.
#[derive(Debug)]
pub(super) struct Writer {
    /// Held for as long as this lives.
    _lock: File,
    pub(super) boot: Boot,
    pub(super) process: Process,
}

impl Writer {
    /// Takes the lock of the file at this path.
    pub(super) fn new(path: &Path, process: u64) -> io::Result<Self> {
        let lock = File::create(path.with_extension("lock"))?;
        lock.try_lock().map_err(|error| {
            let why = format!("another process uses it ({error})");
            io::Error::new(ErrorKind::WouldBlock, why)
        })?;
        let found = lock.metadata()?;
        Ok(Self {
            _lock: lock,
            boot: Boot::this(),
            process: Process {
                number: format!("{process:016x}"),
                lock: (found.dev(), found.ino()),
            },
        })
    }

    /// The process that has written this, if it is surely this one's predecessor: it is dead, and all that it sent is in the
    /// file.
    ///
    /// It is dead, for its lock is this one's, and is free once all threads of its holder have ended. The file is no copy of
    /// one that goes on to be written elsewhere, since that has another lock. And of the same boot nothing is lost that was
    /// written, be it on the disk or not.
    pub(super) fn succeeds(&self, line: &Line) -> Option<u64> {
        let before = line.process.as_ref()?;
        let is_same = self.boot.is(&line.boot) && before.lock == self.process.lock;
        let number = u64::from_str_radix(&before.number, 16).ok()?;
        is_same.then_some(number)
    }
}

/// Which boot of which machine, and how long it has been up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Boot {
    pub(super) id: String,
}

impl Boot {
    /// Empty where the system does not tell.
    pub(super) fn this() -> Self {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            id: id.trim().to_owned(),
        }
    }

    /// Whether this is the name of the same boot.
    pub(super) fn is(&self, name: &str) -> bool {
        self.id == name && !self.id.is_empty()
    }

    /// Since boot, sleep included.
    pub(super) fn uptime() -> Duration {
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
