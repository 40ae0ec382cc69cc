//! Sessions with the server, and the statements prepared in them. How a session is made is `tollgate_postgres`'s.
//!
//! **A server that is away** costs its callers the time of a connection once. One connection is made at a time. When
//! none can be made, all who wait for one are told so, and for [`PAUSE`] everybody is told at once; after
//! that one caller at a time tries, and the others aren't kept waiting for it.

use super::translate;
use crate::backend::Bounds;
use crate::error::{StoreError, StoreResult};
use crate::open_error::OpenError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};
use tokio_postgres::{AsyncMessage, Client, Statement};
use tollgate_postgres::{DialError, Dialler, Hear, PostgresUrl, Session};

/// Prepared statements of one connection; past that they are all dropped.
const STATEMENTS: usize = 256;
/// Between two tries to reach a server that is away.
const PAUSE: Duration = Duration::from_secs(1);

/// A session, and the statements prepared in it.
pub(super) struct Connection {
    session: Session,
    statements: HashMap<String, Statement>,
}

impl Connection {
    pub(super) fn client(&self) -> &Client {
        &self.session.client
    }

    pub(super) async fn statement(&mut self, sql: &str) -> StoreResult<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self
            .session
            .client
            .prepare(sql)
            .await
            .map_err(|e| translate(&e))?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Closes the socket at once.
    pub(super) fn cut(self) {
        self.session.cut();
    }
}

/// Makes sessions.
pub(super) struct Connector {
    dialler: Dialler,
    hear: Hear,
    dialling: Semaphore,
    trouble: Mutex<Option<Trouble>>,
    /// Told of each notification of the server.
    pub(super) changes: Arc<Notify>,
}

/// Why no connection could be made, and how long that is believed.
struct Trouble {
    until: Instant,
    why: String,
}

impl Connector {
    pub(super) fn new(url: &PostgresUrl, bounds: Bounds) -> Result<Self, OpenError> {
        let in_session = tollgate_postgres::Bounds {
            connect_timeout: bounds.connect_timeout,
            timeout: bounds.timeout,
            statement: bounds.statement(),
            primary_only: false,
        };
        let dialler = Dialler::new(url, in_session).map_err(|error| OpenError::Url(error.0))?;
        let changes = Arc::new(Notify::new());
        let told = Arc::clone(&changes);
        Ok(Self {
            dialler,
            hear: Arc::new(move |message| {
                if matches!(message, AsyncMessage::Notification(_)) {
                    told.notify_one();
                }
            }),
            dialling: Semaphore::new(1),
            trouble: Mutex::new(None),
            changes,
        })
    }

    /// A new session.
    ///
    /// # Errors
    /// None can be made now; or none could be made a moment ago, and nothing was tried.
    pub(super) async fn connect(&self) -> StoreResult<Connection> {
        let mut turn = self.dialling.try_acquire();
        if turn.is_err() && self.trouble().is_none() {
            turn = Ok(self.dialling.acquire().await.map_err(|_| away("closed"))?);
        }
        match (turn, self.trouble()) {
            (Err(_), known) => Err(away(&known.map_or_else(String::new, |(why, _)| why))),
            (Ok(_), Some((why, until))) if Instant::now() < until => Err(away(&why)),
            (Ok(_turn), _) => {
                let outcome = self.dial().await;
                let trouble = outcome.as_ref().err().map(|error| Trouble {
                    until: Instant::now() + PAUSE,
                    why: error.to_string(),
                });
                *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
                outcome
            }
        }
    }

    fn trouble(&self) -> Option<(String, Instant)> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble
            .as_ref()
            .map(|trouble| (trouble.why.clone(), trouble.until))
    }

    async fn dial(&self) -> StoreResult<Connection> {
        let dialled = self.dialler.dial(&self.hear).await;
        let session = dialled.map_err(|error| match error {
            DialError::Postgres(error) => translate(&error),
            DialError::Silent => away("no connection in the time it had (store.connect_timeout)"),
            DialError::Standby => away(&error.to_string()),
        })?;
        Ok(Connection {
            session,
            statements: HashMap::new(),
        })
    }
}

fn away(why: &str) -> StoreError {
    StoreError::Database {
        backend: "postgres",
        message: format!("can't be reached: {why}"),
        disconnected: true,
    }
}
