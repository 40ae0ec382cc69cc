//! Sessions with the server: encrypted if asked, set up for durability and bounded waits.
//!
//! **Several hosts** are tried in turn, the one that worked last first, each within
//! [`Bounds::connect_timeout`]: one that takes the connection and then says nothing costs that much and
//! not the others their turn.
//!
//! **A server that is away** costs its callers that time once. One connection is made at a time. When
//! none can be made, all who wait for one are told so, and for [`PAUSE`] everybody is told at once; after
//! that one caller at a time tries, and the others aren't kept waiting for it.

mod hosts;

use super::translate;
use crate::backend::Bounds;
use crate::backend::url::Tls;
use crate::error::{StoreError, StoreResult};
use crate::open_error::OpenError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use tollgate_secret::Secret;

/// Prepared statements of one connection; past that they are all dropped.
const STATEMENTS: usize = 256;
/// Between two tries to reach a server that is away.
const PAUSE: Duration = Duration::from_secs(1);
/// A connection that carries nothing is asked for a sign of life after this, and then this often.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(10), Duration::from_secs(5), 3);

/// A session, and the statements prepared in it.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
    task: AbortHandle,
}

impl Connection {
    pub(super) async fn statement(&mut self, sql: &str) -> StoreResult<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await.map_err(|e| translate(&e))?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Closes the socket at once. Without this the task would wait for the answers that are still owed,
    /// which of a silent server is for ever.
    pub(super) fn cut(self) {
        self.task.abort();
    }
}

/// Makes sessions.
pub(super) struct Connector {
    /// One for each host.
    hosts: Vec<Config>,
    /// The host that worked last.
    good: AtomicUsize,
    tls: Option<MakeRustlsConnect>,
    bounds: Bounds,
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
    pub(super) fn new(url: &Secret, tls: Option<&Tls>, bounds: Bounds) -> Result<Self, OpenError> {
        let bad = || OpenError::Url("not a URL of PostgreSQL".into());
        let mut config: Config = url.expose().parse().map_err(|_| bad())?;
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
        config.ssl_mode(match tls {
            Some(_) => tokio_postgres::config::SslMode::Require,
            None => tokio_postgres::config::SslMode::Disable,
        });
        let hosts = hosts::each(&config).ok_or_else(bad)?;
        let tls = tls.map(verified).transpose()?;
        Ok(Self {
            hosts,
            good: AtomicUsize::new(0),
            tls,
            bounds,
            dialling: Semaphore::new(1),
            trouble: Mutex::new(None),
            changes: Arc::new(Notify::new()),
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
                let outcome = self.try_hosts().await;
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

    async fn try_hosts(&self) -> StoreResult<Connection> {
        let (first, count) = (self.good.load(Ordering::Relaxed), self.hosts.len());
        let mut outcome = Err(away("it has no host"));
        for host in (0..count).map(|n| (first + n) % count) {
            let dialled = self.dial(&self.hosts[host]);
            outcome = match tokio::time::timeout(self.bounds.connect_timeout, dialled).await {
                Ok(outcome) => outcome,
                Err(_) => Err(away(
                    "no connection in the time it had (store.connect_timeout)",
                )),
            };
            if outcome.is_ok() {
                self.good.store(host, Ordering::Relaxed);
                break;
            }
        }
        outcome
    }

    async fn dial(&self, config: &Config) -> StoreResult<Connection> {
        let (client, task) = match &self.tls {
            Some(tls) => {
                let (client, connection) = config
                    .connect(tls.clone())
                    .await
                    .map_err(|e| translate(&e))?;
                (client, self.drive(connection))
            }
            None => {
                let (client, connection) =
                    config.connect(NoTls).await.map_err(|e| translate(&e))?;
                (client, self.drive(connection))
            }
        };
        // Cut unless it is handed over.
        let made = NewConnection(Some(Connection {
            client,
            statements: HashMap::new(),
            task,
        }));
        made.set_up(self.bounds).await
    }

    /// Carries a connection's messages until it is closed. The task ends when the client is dropped and
    /// owes no answer.
    fn drive<S, T>(&self, mut connection: tokio_postgres::Connection<S, T>) -> AbortHandle
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let changes = Arc::clone(&self.changes);
        let task = tokio::spawn(async move {
            loop {
                let message = std::future::poll_fn(|cx| connection.poll_message(cx)).await;
                match message {
                    Some(Ok(AsyncMessage::Notification(_))) => changes.notify_one(),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        });
        task.abort_handle()
    }
}

/// A connection that is cut when it isn't used after all.
struct NewConnection(Option<Connection>);

impl NewConnection {
    async fn set_up(mut self, bounds: Bounds) -> StoreResult<Connection> {
        let statement = bounds.statement().as_millis();
        let idle = (bounds.timeout * 2).as_millis();
        let setup = format!(
            "SET lock_timeout = {statement}; SET statement_timeout = {statement};
             SET idle_in_transaction_session_timeout = {idle}; SET client_min_messages = warning;
             SELECT set_config('synchronous_commit', 'on', false)
              WHERE current_setting('synchronous_commit') = 'off'",
        );
        if let Some(connection) = &self.0 {
            let done = connection.client.batch_execute(&setup).await;
            done.map_err(|e| translate(&e))?;
        }
        self.0.take().ok_or_else(|| away("closed"))
    }
}

impl Drop for NewConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.cut();
        }
    }
}

fn away(why: &str) -> StoreError {
    StoreError::Database {
        backend: "postgres",
        message: format!("can't be reached: {why}"),
        disconnected: true,
    }
}

fn verified(tls: &Tls) -> Result<MakeRustlsConnect, OpenError> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    match &tls.root_cert {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let bad = |e: &dyn std::fmt::Display| {
                OpenError::Url(format!("sslrootcert {}: {e}", path.display()))
            };
            for certificate in CertificateDer::pem_file_iter(path).map_err(|e| bad(&e))? {
                roots
                    .add(certificate.map_err(|e| bad(&e))?)
                    .map_err(|e| bad(&e))?;
            }
            if roots.is_empty() {
                return Err(bad(&"holds no certificate"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| OpenError::Url(format!("TLS: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
