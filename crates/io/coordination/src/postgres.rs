//! PostgreSQL: one row of a table of its own, in one session of its own.
//!
//! **A swap is one statement**: an update where the revision is the expected one, which also notifies of organisation,
//! revision and note. The first one is an insert that does nothing where there is a row. Where it changed nothing, a
//! second statement reads what there is: a statement that had to wait for another's update still sees what was there
//! before it.
//!
//! **Synchronous replication**: a commit that no standby confirms waits for ever, and no timeout of the server ends
//! that. So what isn't answered in a second is cancelled; a commit that waits for standbys then says by a warning that it
//! is made here and perhaps nowhere else.
//!
//! **The incarnation** is the cluster's system identifier, the timeline and the postmaster's start, which stay the
//! same as long as a session with a primary lives and are read once in it, and the table's oid, read each time.
//! The start is compared as a text and never used as a time.

mod session;

use crate::error::{CoordinationError, UrlError};
use crate::keeper::{Dial, Ended, Hints, Keeper};
use crate::store::{CoordinationStore, Found, Hint, Revision, Swap};
use async_trait::async_trait;
use session::{ANSWER, Cutting, Open, Statements, payload_begin, translate};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_postgres::AsyncMessage;
use tokio_postgres::error::Severity;
use tollgate_postgres::{Bounds, DialError, Dialler, Hear, PostgresUrl};

/// Longest time to connect to one host.
const CONNECT: Duration = Duration::from_secs(1);
/// Longest time to reach any host.
const REACH: Duration = Duration::from_millis(2_500);
/// How long a statement that was cancelled may take to say so.
const CANCELLED: Duration = Duration::from_millis(500);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS tollgate_coordination (
    organization text PRIMARY KEY, revision bigint NOT NULL, value bytea NOT NULL)";
const CHANNEL: &str = "tollgate_coordination";
const SERVER: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text
    || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
    || '/' || extract(epoch FROM pg_postmaster_start_time())::text";
/// The value of one organisation.
pub(crate) struct Postgres(Keeper);

impl Postgres {
    pub(crate) fn open(url: &PostgresUrl, organization: &str) -> Result<Self, UrlError> {
        let bounds = Bounds {
            connect_timeout: CONNECT,
            timeout: ANSWER,
            statement: ANSWER,
            primary_only: true,
        };
        let dialler = Dialler::new(url, bounds).map_err(|error| UrlError(error.0))?;
        let organization = organization.to_owned();
        Ok(Self(Keeper::start(Server {
            dialler,
            organization,
        })))
    }
}

#[async_trait]
impl CoordinationStore for Postgres {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    async fn read(&self) -> Result<Found, CoordinationError> {
        self.0.read().await
    }

    async fn swap(
        &self,
        expected: Option<Revision>,
        value: &[u8],
        note: &str,
    ) -> Result<Swap, CoordinationError> {
        self.0.swap(expected, value, note).await
    }

    fn changes(&self) -> watch::Receiver<Hint> {
        self.0.changes()
    }
}

struct Server {
    dialler: Dialler,
    organization: String,
}

impl Dial for Server {
    type Session = Open;

    fn patience(&self) -> Duration {
        REACH
    }

    fn answer(&self) -> Duration {
        ANSWER + CANCELLED
    }

    async fn dial(&self, hints: Hints) -> Result<Open, CoordinationError> {
        let warnings = Arc::new(AtomicU64::new(0));
        let hear = hear(&self.organization, hints, Arc::clone(&warnings));
        let dialled = self
            .dialler
            .dial(&hear)
            .await
            .map_err(|error| match error {
                DialError::Standby => CoordinationError::NotPrimary,
                DialError::Silent => CoordinationError::Unreachable(error.to_string()),
                DialError::Postgres(error) => match translate(&error) {
                    CoordinationError::Cut(why) | CoordinationError::Failed(why) => {
                        CoordinationError::Unreachable(why)
                    }
                    other => other,
                },
            })?;
        let session = Cutting(Some(dialled));
        let client = session.client()?;
        let set_up = async {
            if client
                .query_one("SELECT to_regclass('tollgate_coordination') IS NULL", &[])
                .await?
                .try_get(0)?
            {
                client.batch_execute(TABLE).await?;
            }
            client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
            let server: String = client.query_one(SERVER, &[]).await?.try_get(0)?;
            let statements = Statements::prepare(client).await?;
            Ok((server, statements))
        };
        let (server, statements) = set_up
            .await
            .map_err(|error: tokio_postgres::Error| translate(&error))?;
        Ok(Open {
            session,
            statements,
            server,
            organization: self.organization.clone(),
            warnings,
        })
    }
}

/// Counts warnings, and tells of notifications.
fn hear(organization: &str, hints: Hints, warnings: Arc<AtomicU64>) -> Hear {
    let ended = Ended(hints.clone());
    let begin = payload_begin(organization);
    Arc::new(move |message| {
        // Held by the task that carries the connection, and dropped with it.
        let _ = &ended;
        match message {
            AsyncMessage::Notification(it) => {
                // Others are other organisations'.
                if let Some(message) = it.payload().strip_prefix(&begin) {
                    hints.heard(message);
                }
            }
            AsyncMessage::Notice(it) if it.parsed_severity() == Some(Severity::Warning) => {
                warnings.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
    })
}
