//! A transaction as the store uses one.

use super::{Database, Mode, Row, Transaction, Value, answered, fit, silent};
use crate::error::{StoreError, StoreResult};
use std::sync::Arc;
use tokio::time::Instant;

/// A transaction that remembers a failed statement, so that it can't be committed after one, and that
/// ends in time.
pub struct Tx {
    database: Arc<dyn Database>,
    /// None once the database was silent.
    inner: Option<Box<dyn Transaction>>,
    failed: bool,
    until: Instant,
}

impl Tx {
    pub(crate) async fn begin(database: &Arc<dyn Database>, mode: Mode) -> StoreResult<Self> {
        let until = Instant::now() + database.bounds().span(mode);
        let begun = database.begin(mode);
        let inner = answered(database.as_ref(), until, begun).await?;
        Ok(Self {
            database: Arc::clone(database),
            inner: Some(inner),
            failed: false,
            until,
        })
    }

    /// What a statement that reads a row ends with, so that the row stays as it is until the commit. The
    /// database that has one writer needs nothing.
    pub(crate) fn for_update(&self) -> &'static str {
        match self.database.name() {
            "postgres" => " FOR NO KEY UPDATE",
            _ => "",
        }
    }

    /// What a statement that reads rows to remove ends with: those that another one locks are left alone.
    pub(crate) fn skip_locked(&self) -> &'static str {
        match self.database.name() {
            "postgres" => " FOR UPDATE SKIP LOCKED",
            _ => "",
        }
    }

    /// The transaction, to be given to [`Self::settle`] with what it is asked.
    fn take(&mut self) -> StoreResult<Box<dyn Transaction>> {
        let gone = silent(self.database.name());
        self.inner.take().ok_or(gone)
    }

    /// Waits for an answer. What has none at the deadline is dropped, and its connection with it.
    async fn settle<T>(
        &mut self,
        work: impl Future<Output = (Box<dyn Transaction>, StoreResult<T>)>,
    ) -> StoreResult<T> {
        let work = async { Ok(work.await) };
        let outcome = match answered(self.database.as_ref(), self.until, work).await {
            Ok((inner, outcome)) => {
                self.inner = Some(inner);
                outcome
            }
            Err(silent) => Err(silent),
        };
        self.failed |= outcome.is_err();
        outcome
    }

    pub(crate) async fn query(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        fit(&values)?;
        let mut inner = self.take()?;
        let work = async move {
            let outcome = inner.query(sql, values).await;
            (inner, outcome)
        };
        self.settle(work).await
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
        let mut inner = self.take()?;
        let work = async move {
            let outcome = inner.execute(sql, values).await;
            (inner, outcome)
        };
        self.settle(work).await
    }

    pub(crate) async fn script(&mut self, sql: &str) -> StoreResult<()> {
        let mut inner = self.take()?;
        let work = async move {
            let outcome = inner.script(sql).await;
            (inner, outcome)
        };
        self.settle(work).await
    }

    /// Commits if the outcome is good, rolls back if not, and hands the outcome on.
    pub(crate) async fn finish<T, E: From<StoreError>>(
        self,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        let (database, until) = (self.database.as_ref(), self.until);
        let Some(inner) = self.inner else {
            return match outcome {
                Ok(_) => Err(silent(database.name()).into()),
                Err(error) => Err(error),
            };
        };
        match outcome {
            Ok(value) if !self.failed => {
                answered(database, until, inner.commit()).await?;
                Ok(value)
            }
            outcome => {
                let undo = async {
                    inner.rollback().await;
                    Ok(())
                };
                // Rolled back with its connection if not by this.
                let _ = answered(database, until, undo).await;
                match outcome {
                    Err(error) => Err(error),
                    Ok(_) => Err(StoreError::Corrupt {
                        table: "transaction",
                        why: "a failed statement was passed over".into(),
                    }
                    .into()),
                }
            }
        }
    }
}
