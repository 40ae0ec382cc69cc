//! What is asked in a session.

use crate::error::CoordinationError;
use crate::keeper::Session;
use crate::store::{Found, Prepared, Revision, ServerIncarnation, Swap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Client, Row, Statement};
use tollgate_postgres::explain;

/// Longest time of a statement, and of a wait for a lock. What takes longer is cancelled.
pub(super) const ANSWER: Duration = Duration::from_secs(1);
const READ: &str = "SELECT here.oid, kept.revision, kept.value
    FROM (SELECT 'tollgate_coordination'::regclass::oid AS oid) AS here
    LEFT JOIN tollgate_coordination AS kept ON kept.organization = $1";
const INSERT: &str = "WITH swapped AS (
        INSERT INTO tollgate_coordination AS kept (organization, revision, value) VALUES ($1, $3, $2)
        ON CONFLICT DO NOTHING RETURNING kept.tableoid AS oid, kept.revision)
    SELECT oid, revision, pg_notify('tollgate_coordination', $4) FROM swapped";
const UPDATE: &str = "WITH swapped AS (
        UPDATE tollgate_coordination AS kept SET revision = $3, value = $2
        WHERE kept.organization = $1 AND kept.revision = $5 RETURNING kept.tableoid AS oid, kept.revision)
    SELECT oid, revision, pg_notify('tollgate_coordination', $4) FROM swapped";

/// What all notifications of an organisation begin with, and no other's: its length says where its name ends.
pub(super) fn payload_begin(organization: &str) -> String {
    format!("{} {organization} ", organization.len())
}

/// A session that is cut in the end: it may be a silent one.
pub(super) struct Cutting(pub(super) Option<tollgate_postgres::Session>);

impl Cutting {
    fn session(&self) -> Result<&tollgate_postgres::Session, CoordinationError> {
        let closed = || CoordinationError::Cut("closed".into());
        self.0.as_ref().ok_or_else(closed)
    }

    pub(super) fn client(&self) -> Result<&Client, CoordinationError> {
        self.session().map(|session| &session.client)
    }
}

impl Drop for Cutting {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            session.cut();
        }
    }
}

pub(super) struct Statements {
    read: Statement,
    insert: Statement,
    update: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            read: client.prepare(READ).await?,
            insert: client.prepare(INSERT).await?,
            update: client.prepare(UPDATE).await?,
        })
    }
}

/// A session with a primary.
pub(super) struct Open {
    pub(super) session: Cutting,
    pub(super) statements: Statements,
    /// But for the table's oid.
    pub(super) server: String,
    pub(super) organization: String,
    /// Warnings of the server so far.
    pub(super) warnings: Arc<AtomicU64>,
}

impl Session for Open {
    async fn read(&mut self) -> Result<Found, CoordinationError> {
        let rows = self
            .ask(&self.statements.read, &[&self.organization])
            .await?;
        let row = rows
            .first()
            .ok_or_else(|| CoordinationError::Failed("no row".into()))?;
        let revision: Option<i64> = column(row, 1)?;
        let value = match revision {
            None => None,
            Some(revision) => Some((self.revision(revision)?, column(row, 2)?)),
        };
        Ok(Found {
            value,
            server: self.incarnation(row)?,
        })
    }

    async fn swap(&mut self, prepared: &Prepared) -> Result<Swap, CoordinationError> {
        let before = self.warnings.load(Ordering::SeqCst);
        let payload = payload_begin(&self.organization) + &prepared.message();
        let revisions = (
            i64::try_from(prepared.next.0),
            prepared.expected.map(|it| i64::try_from(it.0)).transpose(),
        );
        let rows = match revisions {
            (Ok(next), Ok(expected)) => {
                let mut values: Vec<&(dyn ToSql + Sync)> =
                    vec![&self.organization, &prepared.value, &next, &payload];
                let statement = match &expected {
                    None => &self.statements.insert,
                    Some(expected) => {
                        values.push(expected);
                        &self.statements.update
                    }
                };
                self.ask(statement, &values).await?
            }
            // No value has such a revision.
            _ => Vec::new(),
        };
        match rows.first() {
            Some(row) => Ok(Swap::Done {
                revision: self.revision(column(row, 1)?)?,
                server: self.incarnation(row)?,
                is_durable: self.warnings.load(Ordering::SeqCst) == before,
            }),
            None => self.read().await.map(Swap::Changed),
        }
    }

    async fn is_well(&mut self) -> bool {
        match self.session.client() {
            Ok(client) => client.batch_execute("SELECT 1").await.is_ok(),
            Err(_) => false,
        }
    }
}

impl Open {
    /// The rows of a statement, which is cancelled if it takes too long.
    async fn ask(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, CoordinationError> {
        let session = self.session.session()?;
        let mut asked = std::pin::pin!(session.client.query(statement, values));
        let answer = match tokio::time::timeout(ANSWER, &mut asked).await {
            Ok(answer) => answer,
            Err(_) => {
                // Whether it was cancelled is told by the answer.
                let (_, answer) = tokio::join!(session.cancel(), asked);
                answer
            }
        };
        answer.map_err(|error| translate(&error))
    }

    fn incarnation(&self, row: &Row) -> Result<ServerIncarnation, CoordinationError> {
        let table: u32 = column(row, 0)?;
        Ok(ServerIncarnation(format!("{}/{table}", self.server)))
    }

    fn revision(&self, revision: i64) -> Result<Revision, CoordinationError> {
        match u64::try_from(revision) {
            Ok(revision @ 1..) => Ok(Revision(revision)),
            _ => Err(CoordinationError::NotOurs(format!("revision {revision}"))),
        }
    }
}

fn column<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<T, CoordinationError> {
    let read = row.try_get(index);
    read.map_err(|error| CoordinationError::NotOurs(explain(&error)))
}

pub(super) fn translate(error: &tokio_postgres::Error) -> CoordinationError {
    let why = explain(error);
    let Some(db) = error.as_db_error() else {
        return CoordinationError::Cut(why);
    };
    let code = db.code();
    if [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED].contains(code) {
        return CoordinationError::Late;
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return CoordinationError::NotPrimary;
    }
    match code.code() {
        // The name or the password is wrong; a right is missing; there is no such database.
        code if code.starts_with("28") || code == "42501" || code == "3D000" => {
            CoordinationError::Refused(why)
        }
        // The server is stopping, starting or has just been killed.
        code if code.starts_with("57P") || code.starts_with("08") => CoordinationError::Cut(why),
        // The table has gone or has changed since the session began; a new one makes it anew.
        "42P01" | "42703" | "0A000" => CoordinationError::Cut(why),
        _ => CoordinationError::Failed(why),
    }
}
