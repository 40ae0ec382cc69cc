//! A database, as little of it as the store needs: a transaction that takes SQL and gives rows.
//!
//! The SQL is the same for both. Parameters are `$1`, `$2`, …; values are integers, text, bytes and
//! null; text is compared byte by byte. What a mode promises:
//! - [`Mode::Write`]: one at a time in the whole store, whatever node it comes from. So what a
//!   transaction has read still holds when it commits: checks for versions, names and bounds are exact,
//!   and no transaction is ever repeated. Definitions change a few times a minute; that is enough.
//! - [`Mode::Append`]: for counters and log entries, which depend on nothing read. On PostgreSQL they
//!   run beside the writers.
//! - [`Mode::Job`]: takes jobs in and says what became of them, beside the writers; it locks the rows of these jobs
//!   (`sql::job`).
//! - [`Mode::Login`]: gives tokens, beside the writers; it locks the row of the client.
//! - [`Mode::Read`] and [`Mode::Check`]: one snapshot; waits for no writer. Checks of tokens have places
//!   of their own, which no list takes from them.
//!
//! A transaction that is dropped is rolled back, also in the middle of a statement.
//!
//! # A database that doesn't answer
//!
//! Nothing here waits for ever. A transaction has one span for all it does, the wait for its place
//! included ([`Bounds::span`]); a connection that gave no answer in that span is closed and never used
//! again, and so are the other ones of the pool, which lead to the same server. PostgreSQL ends a
//! statement by itself a little earlier, so a span that passes tells of a connection, a server or a disk
//! that is silent. While no new connection can be made, callers are told so at once
//! (`postgres::connect`).

mod pool;
mod postgres;
mod row;
mod sqlite;
mod tx;
pub(crate) mod url;

pub(crate) use postgres::Postgres;
pub(crate) use row::{Answer, Cell, Row, Value, cells, corrupt, read_json, values};
pub(crate) use sqlite::{FileClaim, Sqlite, make};
pub(crate) use tx::Tx;
pub use url::StoreUrl;

use crate::error::{Invalid, StoreError, StoreResult};
use crate::limits;
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;

/// How long the store may keep its callers waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Longest time for a read, for the wait for a lock, and for one statement of a change; a whole change
    /// takes at most twice as long.
    pub timeout: Duration,
    /// Longest time in which a connection to one host of PostgreSQL is made, TLS and login included.
    pub connect_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
        }
    }
}

impl Bounds {
    /// Longest time for all that a transaction does.
    pub(crate) fn span(&self, mode: Mode) -> Duration {
        match mode {
            Mode::Read | Mode::Check => self.timeout,
            Mode::Login | Mode::Append | Mode::Job | Mode::Write => self.timeout * 2,
            Mode::Migrate => limits::MIGRATION,
        }
    }

    /// Longest time of one statement, by the server's own clock: it ends before the caller gives up.
    pub(crate) fn statement(&self) -> Duration {
        self.timeout * 9 / 10
    }

    /// Longest wait for a place in the pool.
    pub(crate) fn place(&self) -> Duration {
        self.timeout / 2
    }
}

/// What a transaction is for. Work of each mode has connections of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Reads one snapshot, beside everything else.
    Read,
    /// Reads as [`Mode::Read`], for a caller that waits to be let in.
    Check,
    /// Gives a token.
    Login,
    /// Adds counters and log entries, which depend on nothing that is read.
    Append,
    /// Takes jobs in, and says what became of them; it locks the rows of these jobs.
    Job,
    /// Changes anything, one transaction at a time in the whole store.
    Write,
    /// Changes the schema, as [`Mode::Write`], and may take long.
    Migrate,
}

/// A database that SQL can be given to.
#[async_trait]
pub(crate) trait Database: Send + Sync {
    /// `sqlite` or `postgres`.
    fn name(&self) -> &'static str;
    fn bounds(&self) -> Bounds;
    async fn begin(&self, mode: Mode) -> StoreResult<Box<dyn Transaction>>;
    /// One read of its own, without a transaction around it.
    async fn read(&self, mode: Mode, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>>;
    /// Ends when the database tells that a definition has changed, or perhaps has. Never, where the database
    /// says no such thing. For one waiter at a time.
    async fn changed(&self);
    /// Learns that a connection gave no answer in the time it had.
    fn suspect(&self);
}

/// A transaction that was begun. Dropping it rolls it back.
#[async_trait]
pub(crate) trait Transaction: Send {
    /// The rows that a statement finds.
    async fn query(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>>;
    /// Runs a statement; returns how many rows it changed.
    async fn execute(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<u64>;
    /// Runs several statements without parameters.
    async fn script(&mut self, sql: &str) -> StoreResult<()>;
    async fn commit(self: Box<Self>) -> StoreResult<()>;
    async fn rollback(self: Box<Self>);
}

/// The outcome of `work`, or that there was none until `until`. The work is dropped then, and what it
/// had begun is rolled back with its connection.
async fn answered<T>(
    database: &dyn Database,
    until: Instant,
    work: impl Future<Output = StoreResult<T>>,
) -> StoreResult<T> {
    match tokio::time::timeout_at(until, work).await {
        Ok(outcome) => outcome,
        Err(_) => {
            database.suspect();
            Err(silent(database.name()))
        }
    }
}

fn silent(backend: &'static str) -> StoreError {
    StoreError::Database {
        backend,
        message: "gave no answer in the time it had (store.timeout)".into(),
        disconnected: true,
    }
}

/// One read of its own, within its time.
pub(crate) async fn read(
    database: &dyn Database,
    mode: Mode,
    sql: &str,
    values: Vec<Value>,
) -> StoreResult<Vec<Row>> {
    fit(&values)?;
    let until = Instant::now() + database.bounds().span(mode);
    answered(database, until, database.read(mode, sql, values)).await
}

/// Refuses text that PostgreSQL can't keep or compare. SQLite could, and shouldn't differ.
pub(crate) fn fit(values: &[Value]) -> StoreResult<()> {
    let odd = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if values.iter().any(odd) {
        return Err(Invalid::new("text", "holds a NUL character").into());
    }
    Ok(())
}
