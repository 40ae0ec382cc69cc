//! SQLite, embedded. One thread per connection: one writes, a few read.
//!
//! A call of SQLite blocks its thread and nothing else. A caller that gives up, because its time has
//! passed or because it is gone, interrupts the statement; the connection is lent again when the thread
//! has come back from it and rolled back, so a disk that hangs costs at most the threads there are.
//!
//! Durability: WAL with `synchronous=FULL`, so a commit is on the disk before it is acknowledged, and
//! an interrupted one is gone when the file is opened next. The file is made readable by its owner only.

mod file;
mod worker;

pub(crate) use file::{FileClaim, make};

use super::pool::{Lease, Places, Pool};
use super::{Answer, Bounds, Database, Mode, Row, Transaction, Value};
use crate::error::{StoreError, StoreResult};
use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};
use std::path::Path;
use worker::Worker;

/// Connections that read: for lists and the like, and for checks of tokens.
const READERS: Places = Places {
    read: 4,
    check: 2,
    login: 0,
    append: 0,
    job: 0,
    write: 0,
};
/// Who may be next at the one connection that writes: one of each kind. So a login waits for one change,
/// one batch of the log and one step of a job at most, however many others wait.
const NEXT: Places = Places {
    read: 0,
    check: 0,
    login: 1,
    append: 1,
    job: 1,
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
            Mode::Login | Mode::Append | Mode::Job | Mode::Write | Mode::Migrate => {
                let _turn = self.next.take(mode).await?;
                (self.writer.take(Mode::Write).await?, "BEGIN IMMEDIATE")
            }
        };
        // Made before the statement runs, so that dropping this future rolls it back.
        let mut open = OpenTransaction::new(lease, true);
        open.run(move |c| c.execute_batch(sql)).await?;
        Ok(Box::new(open))
    }

    async fn read(&self, mode: Mode, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        let lease = self.readers.take(mode).await?;
        OpenTransaction::new(lease, false).query(sql, values).await
    }

    /// Nothing: a connection is no way to a server, and is lent again only when it has come back.
    fn suspect(&self) {}

    /// Never: the command line is the only other one at the file, and what it changes is polled for.
    async fn changed(&self) {
        std::future::pending().await
    }
}

/// A lent connection, rolled back when dropped.
struct OpenTransaction {
    lease: Option<Lease<Worker>>,
    /// Whether a statement is under way.
    busy: bool,
    /// Whether there may be a transaction.
    inside: bool,
}

impl OpenTransaction {
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
impl Transaction for OpenTransaction {
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

impl Drop for OpenTransaction {
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
