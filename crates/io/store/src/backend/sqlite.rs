//! SQLite, embedded. One thread per connection: one writes, a few read.
//!
//! Durability: WAL with `synchronous=FULL`, so a commit is on the disk before it is acknowledged, and
//! an interrupted one is gone when the file is opened next. The file is made readable by its owner only.

use super::pool::{Lease, Pool};
use super::{Answer, Database, Mode, Row, Transaction, Value};
use crate::error::{StoreError, StoreResult};
use crate::limits;
use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Connections that read.
const READERS: usize = 4;

pub(crate) struct Sqlite {
    writer: Pool<Worker>,
    readers: Pool<Worker>,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path) -> StoreResult<Self> {
        create_private(path)?;
        // The first connection makes the file a WAL database; the others find it so.
        let writer = Worker::start(path).await?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(Worker::start(path).await?);
        }
        Ok(Self {
            writer: Pool::new(1, vec![writer]),
            readers: Pool::new(READERS, readers),
        })
    }
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

    async fn begin(&self, mode: Mode) -> StoreResult<Box<dyn Transaction>> {
        let (pool, sql) = match mode {
            Mode::Read => (&self.readers, "BEGIN DEFERRED"),
            Mode::Append | Mode::Write => (&self.writer, "BEGIN IMMEDIATE"),
        };
        // Made before the statement runs, so that dropping this future rolls it back.
        let mut open = Open(pool.take().await?);
        open.run(move |c| c.execute_batch(sql)).await?;
        Ok(Box::new(open))
    }

    async fn read(&self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        Open(self.readers.take().await?).query(sql, values).await
    }

    async fn copy_to(&self, path: &Path) -> StoreResult<()> {
        create_private(path)?;
        let target = path.to_string_lossy().into_owned();
        let mut open = Open(self.readers.take().await?);
        // The file exists and is empty, which VACUUM INTO accepts.
        open.run(move |c| c.execute("VACUUM INTO ?1", [target]))
            .await?;
        Ok(())
    }
}

/// A lent connection, rolled back when dropped.
struct Open(Lease<Worker>);

impl Open {
    async fn run<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        match self.0.item() {
            Some(worker) => worker.run(job).await,
            None => Err(gone()),
        }
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
        self.run(|c| c.execute_batch("COMMIT")).await
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
        if let Some(worker) = self.0.item() {
            // Queued before the connection is lent again. An error of some kinds has rolled back already.
            worker.post(Box::new(|c| {
                if !c.is_autocommit()
                    && let Err(e) = c.execute_batch("ROLLBACK")
                {
                    tracing::error!(error = %e, "sqlite can't roll back");
                }
            }));
        }
    }
}

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A thread with a connection. It ends when this is dropped. Its queue holds at most one statement of
/// the one user it is lent to, and one rollback.
struct Worker(mpsc::Sender<Job>);

impl Worker {
    async fn start(path: &Path) -> StoreResult<Self> {
        let path = path.to_owned();
        let (ready, opened) = oneshot::channel();
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("sqlite".into())
            .spawn(move || match connect(&path) {
                Ok(connection) => {
                    let _ = ready.send(Ok(()));
                    for job in inbox {
                        job(&connection);
                    }
                }
                Err(e) => {
                    let _ = ready.send(Err(translate(&e)));
                }
            })
            .map_err(|_| gone())?;
        opened.await.map_err(|_| gone())??;
        Ok(Self(jobs))
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
        let _ = self.0.send(job);
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::WAIT)?;
    connection.set_prepared_statement_cache_capacity(256);
    make_wal(&connection)?;
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
fn make_wal(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + limits::WAIT;
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
