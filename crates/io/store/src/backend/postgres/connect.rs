//! Sessions with the server: encrypted if asked, set up for durability and bounded waits.

use super::translate;
use crate::backend::url::Tls;
use crate::error::{OpenError, StoreError, StoreResult};
use crate::limits;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::{Client, Config, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use tollgate_secret::Secret;

/// Prepared statements of one connection; past that they are all dropped.
const STATEMENTS: usize = 256;

/// A session, and the statements prepared in it.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
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
}

/// Makes sessions.
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    pub(super) fn new(url: &Secret, tls: Option<&Tls>) -> Result<Self, OpenError> {
        let mut config: Config = url
            .expose()
            .parse()
            .map_err(|_| OpenError::Url("not a URL of PostgreSQL".into()))?;
        config.connect_timeout(limits::WAIT);
        if config.get_application_name().is_none() {
            config.application_name("tollgate");
        }
        config.ssl_mode(match tls {
            Some(_) => tokio_postgres::config::SslMode::Require,
            None => tokio_postgres::config::SslMode::Disable,
        });
        let tls = tls.map(verified).transpose()?;
        Ok(Self { config, tls })
    }

    pub(super) async fn connect(&self) -> StoreResult<Connection> {
        let client = tokio::time::timeout(limits::WAIT, self.dial())
            .await
            .map_err(|_| StoreError::Busy {
                what: "a connection to the database",
            })??;
        let setup = format!(
            "SET lock_timeout = {wait}; SET statement_timeout = {statement};
             SET idle_in_transaction_session_timeout = {statement}; SET client_min_messages = warning;
             SELECT set_config('synchronous_commit', 'on', false)
              WHERE current_setting('synchronous_commit') = 'off'",
            wait = limits::WAIT.as_millis(),
            statement = limits::STATEMENT.as_millis(),
        );
        client
            .batch_execute(&setup)
            .await
            .map_err(|e| translate(&e))?;
        Ok(Connection {
            client,
            statements: HashMap::new(),
        })
    }

    /// The tasks end when the client is dropped.
    async fn dial(&self) -> StoreResult<Client> {
        match &self.tls {
            Some(tls) => {
                let (client, task) = self
                    .config
                    .connect(tls.clone())
                    .await
                    .map_err(|e| translate(&e))?;
                tokio::spawn(task);
                Ok(client)
            }
            None => {
                let (client, task) = self
                    .config
                    .connect(NoTls)
                    .await
                    .map_err(|e| translate(&e))?;
                tokio::spawn(task);
                Ok(client)
            }
        }
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
