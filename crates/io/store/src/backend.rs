//! A database, as little of it as the store needs: a transaction that takes SQL and gives rows.
//!
//! The SQL is the same for both. Parameters are `$1`, `$2`, …; values are integers, text, bytes and
//! null; text is compared byte by byte. What a mode promises:
//! - [`Mode::Write`]: one at a time in the whole store, whatever node it comes from. So what a
//!   transaction has read still holds when it commits: checks for versions, names and bounds are exact,
//!   and no transaction is ever repeated. Definitions change a few times a minute; that is enough.
//! - [`Mode::Append`]: for counters and log entries, which depend on nothing read. On PostgreSQL they
//!   run beside the writers.
//! - [`Mode::Read`]: one snapshot; waits for no writer.
//!
//! A transaction that is dropped is rolled back, also in the middle of a statement.

mod pool;
mod postgres;
mod row;
mod sqlite;
pub(crate) mod url;

pub(crate) use postgres::Postgres;
pub(crate) use row::{Answer, Row, Value, corrupt, values};
pub(crate) use sqlite::Sqlite;
pub use url::StoreUrl;

use crate::error::{Invalid, StoreError, StoreResult};
use async_trait::async_trait;

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Read,
    Append,
    Write,
}

#[async_trait]
pub(crate) trait Database: Send + Sync {
    fn name(&self) -> &'static str;
    async fn begin(&self, mode: Mode) -> StoreResult<Box<dyn Transaction>>;
    /// One read of its own, without a transaction around it.
    async fn read(&self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>>;
    /// A consistent copy of the database into a new file, where the back-end can make one.
    async fn copy_to(&self, path: &std::path::Path) -> StoreResult<()>;
}

#[async_trait]
pub(crate) trait Transaction: Send {
    async fn query(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>>;
    /// Rows changed.
    async fn execute(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<u64>;
    /// Several statements without parameters.
    async fn script(&mut self, sql: &str) -> StoreResult<()>;
    async fn commit(self: Box<Self>) -> StoreResult<()>;
    async fn rollback(self: Box<Self>);
}

/// Refuses text that PostgreSQL can't keep or compare. SQLite could, and shouldn't differ.
pub(crate) fn fit(values: &[Value]) -> StoreResult<()> {
    let odd = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if values.iter().any(odd) {
        return Err(Invalid::new("text", "holds a NUL character").into());
    }
    Ok(())
}

/// A transaction that remembers a failed statement, so that it can't be committed after one.
pub(crate) struct Tx {
    inner: Box<dyn Transaction>,
    failed: bool,
}

impl Tx {
    pub(crate) async fn begin(database: &dyn Database, mode: Mode) -> StoreResult<Self> {
        let inner = database.begin(mode).await?;
        Ok(Self {
            inner,
            failed: false,
        })
    }

    pub(crate) async fn query(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        fit(&values)?;
        let result = self.inner.query(sql, values).await;
        self.failed |= result.is_err();
        result
    }

    /// The first row, if there is one.
    pub(crate) async fn first(
        &mut self,
        sql: &str,
        values: Vec<Value>,
    ) -> StoreResult<Option<Row>> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    pub(crate) async fn execute(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<u64> {
        fit(&values)?;
        let result = self.inner.execute(sql, values).await;
        self.failed |= result.is_err();
        result
    }

    pub(crate) async fn script(&mut self, sql: &str) -> StoreResult<()> {
        let result = self.inner.script(sql).await;
        self.failed |= result.is_err();
        result
    }

    /// Commits if the outcome is good, rolls back if not, and hands the outcome on.
    pub(crate) async fn finish<T, E: From<StoreError>>(
        self,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        match outcome {
            Ok(value) if !self.failed => {
                self.inner.commit().await?;
                Ok(value)
            }
            Ok(_) => {
                self.inner.rollback().await;
                Err(StoreError::Corrupt {
                    table: "transaction",
                    why: "a failed statement was passed over".into(),
                }
                .into())
            }
            Err(error) => {
                self.inner.rollback().await;
                Err(error)
            }
        }
    }
}
