//! Sessions with the server: encrypted if asked, set up for durability and bounded waits.
//!
//! **Several hosts** are tried in turn, the one that worked last first, each within
//! [`Bounds::connect_timeout`]: one that takes the connection and then says nothing costs that much and
//! not the others their turn.
//!
//! **Durability**: a server set to acknowledge before its disk does (`synchronous_commit = off`) is told otherwise
//! for our sessions.

use crate::hosts;
use crate::url::{PostgresUrl, Tls, UrlError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection that carries nothing is asked for a sign of life after this, and then this often.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(10), Duration::from_secs(5), 3);

/// What holds in a session.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Longest time in which a connection to one host is made, TLS and login included.
    pub connect_timeout: Duration,
    /// Longest time that sent bytes stay unacknowledged; a transaction that idles twice as long is ended.
    pub timeout: Duration,
    /// Longest time of one statement and of each wait for a lock, by the server's own clock.
    pub statement: Duration,
    /// Whether a server that is a standby is passed over.
    pub primary_only: bool,
}

/// Why no session was made with any of the hosts: what the last one said.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// No session in the time it had.
    #[error("no connection in the time it had")]
    Silent,
    /// The server is a standby, and a primary is needed.
    #[error("the server is a standby")]
    Standby,
    /// The server, or what leads to it, said no.
    #[error("{}", explain(.0))]
    Postgres(#[from] tokio_postgres::Error),
}

/// Is told of each message that the server sends unasked, before the answer that follows it is given out.
pub type Hear = Arc<dyn Fn(&AsyncMessage) + Send + Sync>;

/// A session. Dropped, it ends once all that was asked is answered.
pub struct Session {
    /// Takes statements.
    pub client: Client,
    task: AbortHandle,
    tls: Option<MakeRustlsConnect>,
}

impl Session {
    /// Closes the socket at once. Without this the task would wait for the answers that are still owed,
    /// which of a silent server is for ever.
    pub fn cut(self) {
        self.task.abort();
    }

    /// Asks the server to give up the statement that runs. Whether it did is seen by the statement's answer.
    ///
    /// # Errors
    /// The server, or what leads to it, said no.
    pub async fn cancel(&self) -> Result<(), tokio_postgres::Error> {
        let token = self.client.cancel_token();
        match &self.tls {
            Some(tls) => token.cancel_query(tls.clone()).await,
            None => token.cancel_query(NoTls).await,
        }
    }
}

/// Makes sessions.
pub struct Dialler {
    /// One for each host.
    hosts: Vec<Config>,
    /// The host that worked last.
    good: AtomicUsize,
    tls: Option<MakeRustlsConnect>,
    bounds: Bounds,
}

impl Dialler {
    /// Makes sessions with the server at `url`. Nothing is connected yet.
    ///
    /// # Errors
    /// [`UrlError`]: hosts and ports don't go together, or the authorities' file can't be read.
    pub fn new(url: &PostgresUrl, bounds: Bounds) -> Result<Self, UrlError> {
        let bad = || UrlError::new("not a URL of PostgreSQL");
        let mut config: Config = url.url.expose().parse().map_err(|_| bad())?;
        // So that a name with several addresses gets to a second one.
        config.connect_timeout(bounds.connect_timeout / 2);
        config.tcp_user_timeout(bounds.timeout);
        let (idle, interval, retries) = KEEP_ALIVE;
        config.keepalives(true).keepalives_idle(idle);
        config
            .keepalives_interval(interval)
            .keepalives_retries(retries);
        if config.get_application_name().is_none() {
            config.application_name("tollgate");
        }
        config.ssl_mode(match url.tls {
            Some(_) => tokio_postgres::config::SslMode::Require,
            None => tokio_postgres::config::SslMode::Disable,
        });
        Ok(Self {
            hosts: hosts::each(&config).ok_or_else(bad)?,
            good: AtomicUsize::new(0),
            tls: url.tls.as_ref().map(verified).transpose()?,
            bounds,
        })
    }

    /// A new session with the first host that gives one.
    ///
    /// # Errors
    /// [`DialError`] of the host that was tried last.
    pub async fn dial(&self, hear: &Hear) -> Result<Session, DialError> {
        let (first, count) = (self.good.load(Ordering::Relaxed), self.hosts.len());
        let mut outcome = Err(DialError::Silent);
        for host in (0..count).map(|n| (first + n) % count) {
            let dialled = self.dial_one(&self.hosts[host], hear);
            outcome = tokio::time::timeout(self.bounds.connect_timeout, dialled)
                .await
                .unwrap_or(Err(DialError::Silent));
            if outcome.is_ok() {
                self.good.store(host, Ordering::Relaxed);
                break;
            }
        }
        outcome
    }

    async fn dial_one(&self, config: &Config, hear: &Hear) -> Result<Session, DialError> {
        let (client, task) = match &self.tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                (client, drive(connection, Arc::clone(hear)))
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, drive(connection, Arc::clone(hear)))
            }
        };
        // Cut unless it is handed over.
        let tls = self.tls.clone();
        let made = NewSession(Some(Session { client, task, tls }));
        made.set_up(self.bounds).await
    }
}

/// Carries a connection's messages until it is closed. The task ends when the client is dropped and owes no answer.
fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, hear: Hear) -> AbortHandle
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let task = tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            hear(&message);
        }
    });
    task.abort_handle()
}

/// A session that is cut when it isn't used after all.
struct NewSession(Option<Session>);

impl NewSession {
    async fn set_up(mut self, bounds: Bounds) -> Result<Session, DialError> {
        let statement = bounds.statement.as_millis();
        let idle = (bounds.timeout * 2).as_millis();
        let setup = format!(
            "SET lock_timeout = {statement}; SET statement_timeout = {statement};
             SET idle_in_transaction_session_timeout = {idle}; SET client_min_messages = warning;
             SELECT set_config('synchronous_commit', 'on', false)
              WHERE current_setting('synchronous_commit') = 'off'",
        );
        if let Some(Session { client, .. }) = &self.0 {
            client.batch_execute(&setup).await?;
            if bounds.primary_only {
                let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await?;
                if row.try_get(0)? {
                    return Err(DialError::Standby);
                }
            }
        }
        self.0.take().ok_or(DialError::Silent)
    }
}

impl Drop for NewSession {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            session.cut();
        }
    }
}

fn verified(tls: &Tls) -> Result<MakeRustlsConnect, UrlError> {
    let config = match &tls.root_cert {
        None => tollgate_certificates::verifying_client(None),
        Some(path) => std::fs::read(path)
            .map_err(|e| e.to_string())
            .and_then(|pem| tollgate_certificates::verifying_client(Some(&pem)))
            .map_err(|why| format!("sslrootcert {}: {why}", path.display())),
    };
    config.map(MakeRustlsConnect::new).map_err(UrlError)
}

/// The chain of an error of the library: what the socket, TLS or the server said. It holds no parameter of a
/// statement and no detail, which may quote values.
#[must_use]
pub fn explain(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} ({})", db.message(), db.code().code());
    }
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        message = format!("{message}: {inner}");
        source = inner.source();
    }
    message
}
