//! The file of a store: how it is made, whose it is, and who may use it.

use super::translate;
use crate::error::{StoreError, StoreResult};
use crate::open_error::OpenError;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What SQLite keeps in the head of the file, so that others know whose it is: "toll" as bytes.
const APPLICATION: i32 = i32::from_be_bytes(*b"toll");
/// What is added to the file's name while it is made, before a number of the process's.
const NEW: &str = "-new-";

/// The lock of the one service at a store: the file beside it, locked as long as it is open. The system
/// frees it with the process, however that ends.
pub(crate) struct FileClaim(#[allow(dead_code, reason = "held, not read")] File);

impl FileClaim {
    /// Waits a moment for a service that is just ending.
    pub(crate) async fn at(path: &Path, wait: Duration) -> Result<Self, OpenError> {
        // A store that two links lead to is one store.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut beside = real.into_os_string();
        beside.push("-lock");
        let beside = Path::new(&beside);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options
            .open(beside)
            .map_err(|error| failed(beside, &error))?;
        let until = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(OpenError::Taken(path.to_owned()));
                }
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(failed(beside, &error).into());
                }
            }
        }
    }
}

/// Makes a missing file a database, all at once: what is killed meanwhile leaves no half of one behind that
/// another start would take for a store. A file of no bytes is none: something has cut it off.
pub(crate) fn make(path: &Path) -> Result<(), OpenError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() && found.len() == 0 => {
            return Err(OpenError::Empty(path.to_owned()));
        }
        Ok(found) if linked(path, &found) => return Err(OpenError::Linked(path.to_owned())),
        Ok(_) => return Ok(()),
        Err(_) => {}
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!("{NEW}{}-{number}", std::process::id()));
    let beside = Path::new(&beside);
    create_private(beside)?;
    let made = Connection::open_with_flags(beside, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|fresh| fresh.pragma_update(None, "application_id", APPLICATION))
        .map_err(|error| translate(&error));
    // Not over another's, who was quicker.
    let placed = made.and_then(|()| match std::fs::hard_link(beside, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(path, &error)),
        _ => Ok(()),
    });
    let _ = std::fs::remove_file(beside);
    Ok(placed?)
}

/// Whether the file has a name that isn't of [`make`]'s. One of those is there for a moment, and stays where a
/// process was killed in it; it is removed.
fn linked(path: &Path, found: &Metadata) -> bool {
    let same = |file: &Metadata| (file.dev(), file.ino()) == (found.dev(), found.ino());
    if !found.is_file() || found.nlink() == 1 {
        return false;
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return true;
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let beginning = format!("{}{NEW}", name.to_string_lossy());
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(&beginning);
        if ours && std::fs::metadata(entry.path()).is_ok_and(|file| same(&file)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    std::fs::metadata(path).is_ok_and(|file| file.nlink() > 1)
}

/// Makes a missing file with no rights for others; SQLite gives its side files the same.
fn create_private(path: &Path) -> StoreResult<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(path, &error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Database {
        backend: "sqlite",
        message: format!("{}: {error}", path.display()),
        disconnected: false,
    }
}
