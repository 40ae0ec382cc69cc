//! SQLite, embedded. One thread per connection: one writes, a few read.
//!
//! A call of SQLite blocks its thread and nothing else. A caller that gives up, because its time has
//! passed or because it is gone, interrupts the statement; the connection is lent again when the thread
//! has come back from it and rolled back, so a disk that hangs costs at most the threads there are.
//!
//! Durability: WAL with `synchronous=FULL`, so a commit is on the disk before it is acknowledged, and
//! an interrupted one is gone when the file is opened next. The file is made readable by its owner only.

use super::pool::{Lease, Places, Pool};
use super::{Answer, Bounds, Database, Mode, Row, Transaction, Value};
use crate::error::{StoreError, StoreResult};
use crate::open_error::OpenError;
use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What SQLite keeps in the head of the file, so that others know whose it is: "toll" as bytes.
const APPLICATION: i32 = i32::from_be_bytes(*b"toll");
/// What is added to the file's name while it is made, before a number of the process's.
const NEW: &str = "-new-";
/// Connections that read: for lists and the like, and for checks of tokens.
const READERS: Places = Places {
    read: 4,
    check: 2,
    login: 0,
    append: 0,
    write: 0,
};
/// Who may be next at the one connection that writes: one of each kind. So a login waits for one change
/// and one batch of the log at most, however many others wait.
const NEXT: Places = Places {
    read: 0,
    check: 0,
    login: 1,
    append: 1,
    write: 1,
};
/// The one connection that writes.
const WRITER: Places = Places {
    write: 1,
    ..READERS
};

pub(crate) struct Sqlite {
    next: Pool<()>,
    writer: Pool<Worker>,
    readers: Pool<Worker>,
    bounds: Bounds,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path, bounds: Bounds) -> StoreResult<Self> {
        // The first connection makes the file a WAL database; the others find it so.
        let writer = Worker::start(path, bounds.statement()).await?;
        let mut readers = Vec::new();
        for _ in 0..READERS.read + READERS.check {
            readers.push(Worker::start(path, bounds.statement()).await?);
        }
        Ok(Self {
            next: Pool::new(NEXT, bounds.place(), Vec::new()),
            writer: Pool::new(WRITER, bounds.place(), vec![writer]),
            readers: Pool::new(READERS, bounds.place(), readers),
            bounds,
        })
    }
}

/// The lock of the one service at a store: the file beside it, locked as long as it is open. The system
/// frees it with the process, however that ends.
pub(crate) struct Alone(#[allow(dead_code, reason = "held, not read")] File);

impl Alone {
    /// Waits a moment for a service that is just ending.
    pub(crate) async fn at(path: &Path, wait: Duration) -> Result<Self, OpenError> {
        let failed = |why: String| {
            OpenError::Store(StoreError::Database {
                backend: "sqlite",
                message: why,
                disconnected: false,
            })
        };
        // A store that two links lead to is one store.
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut beside = real.into_os_string();
        beside.push("-lock");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let shown = beside.to_string_lossy().into_owned();
        let file = options.open(&beside);
        let file = file.map_err(|error| failed(format!("{shown}: {error}")))?;
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
                    return Err(failed(format!("{shown}: {error}")));
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
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(StoreError::Database {
            backend: "sqlite",
            message: format!("{}: {error}", path.display()),
            disconnected: false,
        }),
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
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(StoreError::Database {
            backend: "sqlite",
            message: format!("{}: {e}", path.display()),
            disconnected: false,
        }),
    }
}

#[async_trait]
impl Database for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    async fn begin(&self, mode: Mode) -> StoreResult<Box<dyn Transaction>> {
        let (lease, sql) = match mode {
            Mode::Read | Mode::Check => (self.readers.take(mode).await?, "BEGIN DEFERRED"),
            Mode::Login | Mode::Append | Mode::Write | Mode::Migrate => {
                let _turn = self.next.take(mode).await?;
                (self.writer.take(Mode::Write).await?, "BEGIN IMMEDIATE")
            }
        };
        // Made before the statement runs, so that dropping this future rolls it back.
        let mut open = Open::new(lease, true);
        open.run(move |c| c.execute_batch(sql)).await?;
        Ok(Box::new(open))
    }

    async fn read(&self, mode: Mode, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        let lease = self.readers.take(mode).await?;
        Open::new(lease, false).query(sql, values).await
    }

    /// Nothing: a connection is no way to a server, and is lent again only when it has come back.
    fn suspect(&self) {}

    /// Never: the command line is the only other one at the file, and what it changes is polled for.
    async fn changed(&self) {
        std::future::pending().await
    }
}

/// A lent connection, rolled back when dropped.
struct Open {
    lease: Option<Lease<Worker>>,
    /// Whether a statement is under way.
    busy: bool,
    /// Whether there may be a transaction.
    inside: bool,
}

impl Open {
    fn new(lease: Lease<Worker>, inside: bool) -> Self {
        Self {
            lease: Some(lease),
            busy: false,
            inside,
        }
    }

    async fn run<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let Some(worker) = self.lease.as_mut().and_then(Lease::item) else {
            return Err(gone());
        };
        self.busy = true;
        let outcome = worker.run(job).await;
        self.busy = false;
        outcome
    }
}

#[async_trait]
impl Transaction for Open {
    async fn query(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        let sql = numbered(sql);
        let answer = self.run(move |c| {
            let mut statement = c.prepare_cached(&sql)?;
            let columns = statement.column_count();
            let mut found = statement.query(rusqlite::params_from_iter(values))?;
            let mut answer = Answer::default();
            while let Some(row) = found.next()? {
                let values: rusqlite::Result<Vec<Value>> = (0..columns)
                    .map(|i| row.get_ref(i).map(Value::from))
                    .collect();
                if !answer.add(values?) {
                    break;
                }
            }
            Ok(answer)
        });
        answer.await?.rows()
    }

    async fn execute(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<u64> {
        let sql = numbered(sql);
        self.run(move |c| {
            let changed = c
                .prepare_cached(&sql)?
                .execute(rusqlite::params_from_iter(values))?;
            Ok(changed as u64)
        })
        .await
    }

    async fn script(&mut self, sql: &str) -> StoreResult<()> {
        let sql = sql.to_owned();
        self.run(move |c| c.execute_batch(&sql)).await
    }

    async fn commit(mut self: Box<Self>) -> StoreResult<()> {
        self.run(|c| c.execute_batch("COMMIT")).await?;
        self.inside = false;
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) {
        // Dropping would do the same; this waits for it.
        let _ = self
            .run(|c| {
                if c.is_autocommit() {
                    Ok(())
                } else {
                    c.execute_batch("ROLLBACK")
                }
            })
            .await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(mut lease) = self.lease.take() else {
            return;
        };
        let Some(worker) = lease.item() else { return };
        if self.busy {
            // Before the rollback is queued, so that nothing but a statement nobody waits for is interrupted.
            worker.interrupt.interrupt();
        }
        if self.busy || self.inside {
            let jobs = worker.jobs.clone();
            // The connection goes with the rollback, and is lent again after it. An error of some kinds has
            // rolled back already.
            let _ = jobs.send(Box::new(move |c| {
                if !c.is_autocommit()
                    && let Err(e) = c.execute_batch("ROLLBACK")
                {
                    tracing::error!(error = %e, "sqlite can't roll back");
                }
                drop(lease);
            }));
        }
    }
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A thread with a connection. It ends when this is dropped. Its queue holds at most one statement of
/// the one user it is lent to, and one rollback.
struct Worker {
    jobs: mpsc::Sender<Job>,
    interrupt: InterruptHandle,
}

impl Worker {
    async fn start(path: &Path, wait: Duration) -> StoreResult<Self> {
        let path = path.to_owned();
        let (ready, opened) = oneshot::channel();
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("sqlite".into())
            .spawn(move || match connect(&path, wait) {
                Ok(connection) => {
                    let _ = ready.send(Ok(connection.get_interrupt_handle()));
                    for job in inbox {
                        job(&connection);
                    }
                }
                Err(e) => {
                    let _ = ready.send(Err(translate(&e)));
                }
            })
            .map_err(|_| gone())?;
        let interrupt = opened.await.map_err(|_| gone())??;
        Ok(Self { jobs, interrupt })
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (reply, answer) = oneshot::channel();
        self.post(Box::new(move |c| {
            let _ = reply.send(job(c));
        }));
        answer.await.map_err(|_| gone())?.map_err(|e| translate(&e))
    }

    fn post(&self, job: Job) {
        // Fails only if the thread is gone; whoever waits for the answer learns it.
        let _ = self.jobs.send(job);
    }
}

fn connect(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(256);
    make_wal(&connection, wait)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

/// Two processes that make the same file a WAL database at once would wait for each other, so SQLite
/// tells one of them `BUSY` without any wait. That one tries again, for as long as it would have waited.
fn make_wal(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    let until = Instant::now() + wait;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(e)
                if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < until =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

/// `$1` of the common SQL as SQLite's `?1`. No literal of the store's has a dollar sign.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn gone() -> StoreError {
    StoreError::Database {
        backend: "sqlite",
        message: "the thread of a connection is gone".into(),
        disconnected: true,
    }
}

fn translate(error: &rusqlite::Error) -> StoreError {
    let code = error.sqlite_error();
    let extended = code.map_or(0, |c| c.extended_code);
    match code.map(|c| c.code) {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull,
        // The shared-memory file can't grow: the same thing by another name.
        _ if extended == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => StoreError::DiskFull,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy {
            what: "a lock of the database",
        },
        _ => StoreError::Database {
            backend: "sqlite",
            message: error.to_string(),
            disconnected: false,
        },
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(n) => Self::Int(n),
            // The store has no columns of reals; a foreign one is corrupt whatever it is read as.
            ValueRef::Real(_) => Self::Null,
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}
