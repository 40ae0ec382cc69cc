//! PostgreSQL. A bounded pool; a connection that broke is replaced when it is needed, and one that was
//! silent is cut off.
//!
//! Durability: `fsync = off` can't be undone from here; it is logged as an error. What can be is done by
//! `tollgate_postgres`.

mod connect;
mod listen;
mod value;

use super::pool::{Lease, Places, Pool};
use super::{Answer, Bounds, Database, Mode, Row, Transaction, Value};
use crate::error::{StoreError, StoreResult};
use crate::open_error::OpenError;
use async_trait::async_trait;
use connect::{Connection, Connector};
use futures_util::StreamExt;
use listen::Listener;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tollgate_postgres::PostgresUrl;
use value::row_values;

/// Connections of one node, but for the one that listens. Writers are one at a time in the whole store,
/// so more than two of one node would only wait.
const PLACES: Places = Places {
    read: 3,
    check: 2,
    login: 2,
    append: 1,
    job: 2,
    write: 2,
};
/// The lock that makes writers one at a time: "tollgate" as bytes.
const WRITER_LOCK: i64 = i64::from_be_bytes(*b"tollgate");

pub(crate) struct Postgres {
    connector: Arc<Connector>,
    bounds: Bounds,
    pool: Pool<Connection>,
    listener: OnceLock<Listener>,
}

impl Postgres {
    pub(crate) async fn open(url: &PostgresUrl, bounds: Bounds) -> Result<Self, OpenError> {
        let connector = Arc::new(Connector::new(url, bounds)?);
        let first = connector.connect().await?;
        let asked = first.client().query_one("SHOW fsync", &[]);
        if let Ok(Ok(row)) = tokio::time::timeout(bounds.timeout, asked).await
            && row.try_get::<_, String>(0).is_ok_and(|v| v == "off")
        {
            tracing::error!(
                "PostgreSQL runs with fsync = off: a crash of its machine loses what was acknowledged"
            );
        }
        Ok(Self {
            connector,
            bounds,
            pool: Pool::new(PLACES, bounds.place(), vec![first]),
            listener: OnceLock::new(),
        })
    }

    /// A connection that has been used before, or a new one, with a transaction's guard around it.
    async fn lend(&self, mode: Mode) -> StoreResult<(OpenTransaction, bool)> {
        let mut lease = self.pool.take(mode).await?;
        let is_new = lease.item().is_none();
        if is_new {
            lease.put(self.connector.connect().await?);
        }
        // Made before a statement runs, so that dropping the future of one drops the connection.
        let inside = true;
        Ok((OpenTransaction { lease, inside }, is_new))
    }

    /// Runs a first statement on an idle connection, or on a new one if the idle ones turn out dead.
    /// Only for statements that a lost connection undoes.
    async fn start(&self, mode: Mode, sql: &str) -> StoreResult<OpenTransaction> {
        loop {
            let (mut open, is_new) = self.lend(mode).await?;
            match open.script(sql).await {
                Ok(()) => return Ok(open),
                Err(error) if is_new || !disconnected(&error) => return Err(error),
                Err(_) => {}
            }
        }
    }
}

fn disconnected(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Database {
            disconnected: true,
            ..
        }
    )
}

#[async_trait]
impl Database for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    async fn begin(&self, mode: Mode) -> StoreResult<Box<dyn Transaction>> {
        let sql = match mode {
            Mode::Read | Mode::Check => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()
            }
            Mode::Append | Mode::Job | Mode::Login => {
                "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned()
            }
            Mode::Write => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITER_LOCK})"
            ),
            Mode::Migrate => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; \
                 SET LOCAL lock_timeout = {wait}; SELECT pg_advisory_xact_lock({WRITER_LOCK})",
                wait = self.bounds.span(mode).as_millis()
            ),
        };
        Ok(Box::new(self.start(mode, &sql).await?))
    }

    async fn read(&self, mode: Mode, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        loop {
            let (mut open, is_new) = self.lend(mode).await?;
            match open.query(sql, values.clone()).await {
                Err(error) if !is_new && disconnected(&error) => {}
                result => {
                    open.inside = result.is_err();
                    return result;
                }
            }
        }
    }

    fn suspect(&self) {
        tracing::warn!("the database gave no answer in time; its connections are closed");
        self.pool.empty();
    }

    async fn changed(&self) {
        let listen = || Listener::start(Arc::clone(&self.connector), self.bounds.timeout);
        self.listener.get_or_init(listen);
        self.connector.changes.notified().await;
    }
}

/// A lent connection. Dropped inside a transaction, it is closed, and the server rolls back.
struct OpenTransaction {
    lease: Lease<Connection>,
    inside: bool,
}

impl OpenTransaction {
    fn connection(&mut self) -> StoreResult<&mut Connection> {
        self.lease.item().ok_or_else(|| StoreError::Database {
            backend: "postgres",
            message: "the connection is closed".into(),
            disconnected: true,
        })
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        if self.inside
            && let Some(connection) = self.lease.remove()
        {
            connection.cut();
        }
    }
}

#[async_trait]
impl Transaction for OpenTransaction {
    async fn query(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        let connection = self.connection()?;
        let statement = connection.statement(sql).await?;
        let found = connection
            .client()
            .query_raw(&statement, references(&values));
        let mut found = pin!(found.await.map_err(|e| translate(&e))?);
        let mut answer = Answer::default();
        while let Some(row) = found.next().await {
            if !answer.add(row_values(&row.map_err(|e| translate(&e))?)?) {
                break;
            }
        }
        answer.rows()
    }

    async fn execute(&mut self, sql: &str, values: Vec<Value>) -> StoreResult<u64> {
        let connection = self.connection()?;
        let statement = connection.statement(sql).await?;
        let changed = connection
            .client()
            .execute(&statement, &references(&values))
            .await;
        changed.map_err(|e| translate(&e))
    }

    async fn script(&mut self, sql: &str) -> StoreResult<()> {
        let connection = self.connection()?;
        connection
            .client()
            .batch_execute(sql)
            .await
            .map_err(|e| translate(&e))
    }

    async fn commit(mut self: Box<Self>) -> StoreResult<()> {
        self.script("COMMIT").await?;
        self.inside = false;
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) {
        self.inside = self.script("ROLLBACK").await.is_err();
    }
}

fn references(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

fn translate(error: &tokio_postgres::Error) -> StoreError {
    let busy = |what| StoreError::Busy { what };
    let Some(db) = error.as_db_error() else {
        let message = tollgate_postgres::explain(error);
        let socket = std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>());
        let disconnected = error.is_closed() || socket;
        return StoreError::Database {
            backend: "postgres",
            message,
            disconnected,
        };
    };
    let code = db.code();
    if *code == SqlState::DISK_FULL {
        StoreError::DiskFull
    } else if [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED].contains(code)
        || [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .contains(code)
    {
        busy("a lock of the database")
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        busy("a connection to the database")
    } else {
        // Class 57P: the server is stopping, starting or has just been killed. The detail is left
        // out: it may quote values.
        StoreError::Database {
            backend: "postgres",
            message: tollgate_postgres::explain(error),
            disconnected: code.code().starts_with("57P") || code.code().starts_with("08"),
        }
    }
}
