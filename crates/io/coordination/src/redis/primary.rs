//! Which server is the primary, how it is reached, and what it says of itself.
//!
//! **Sentinels** are all asked at once, and the one believed that knows of the latest failover (`config-epoch`): one
//! that was cut off together with an old primary still names that.

use super::connection::{Connection, translate};
use super::url::RedisUrl;
use crate::error::{CoordinationError, UrlError};
use crate::keeper::Ended;
use crate::store::ServerIncarnation;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ProtocolVersion, RedisConnectionInfo, cmd};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// Longest time in which a connection is made, TLS and login included.
pub(super) const CONNECT: Duration = Duration::from_secs(1);

/// What sessions of one store have in common.
pub(super) struct Shared {
    pub(super) key: String,
    pub(super) url: RedisUrl,
    tls: Option<TlsConnector>,
    /// Whether a replica must confirm what is swapped.
    pub(super) has_replicas: AtomicBool,
    /// Whether none did, the last time.
    is_alone: AtomicBool,
    /// Whether the policy of eviction was looked at.
    is_warned: AtomicBool,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Shared {
    pub(super) fn new(url: &RedisUrl, key: String) -> Result<Self, UrlError> {
        let config = url.tls.as_ref().map(|tls| match &tls.root_cert {
            None => tollgate_certificates::verifying_client(None),
            Some(path) => std::fs::read(path)
                .map_err(|e| e.to_string())
                .and_then(|pem| tollgate_certificates::verifying_client(Some(&pem)))
                .map_err(|why| format!("sslrootcert {}: {why}", path.display())),
        });
        let tls = config.transpose().map_err(UrlError)?;
        Ok(Self {
            key,
            has_replicas: AtomicBool::new(url.service.is_some()),
            url: url.clone(),
            tls: tls.map(|config| TlsConnector::from(Arc::new(config))),
            is_alone: AtomicBool::new(false),
            is_warned: AtomicBool::new(false),
        })
    }

    /// Where the Sentinels say that the primary is.
    pub(super) async fn primary(&self) -> Result<(String, u16), CoordinationError> {
        let asked = self
            .url
            .addresses
            .iter()
            .map(|address| self.ask_sentinel(address));
        let mut best = None;
        let mut why = CoordinationError::Unreachable("no Sentinel answers".into());
        for answer in join_all(asked).await {
            match answer {
                Ok((epoch, address)) if best.as_ref().is_none_or(|(its, _)| *its < epoch) => {
                    best = Some((epoch, address));
                }
                Ok(_) => {}
                Err(error) => why = error,
            }
        }
        best.map(|(_, address)| address).ok_or(why)
    }

    /// The number of failovers that a Sentinel knows of, and where it says that the primary is.
    async fn ask_sentinel(
        &self,
        address: &(String, u16),
    ) -> Result<(u64, (String, u16)), CoordinationError> {
        let config = || AsyncConnectionConfig::new().set_response_timeout(None);
        let mut connection = match self.connect(address, false, config(), None).await {
            Err(CoordinationError::Refused(_)) if self.url.password.is_some() => {
                self.connect(address, true, config(), None).await
            }
            tried => tried,
        }
        .map_err(unreachable)?;
        let mut asked = cmd("SENTINEL");
        asked.arg("MASTER").arg(&self.url.service);
        let known: HashMap<String, String> = connection.ask(&asked).await?;
        let read = || {
            let epoch = known.get("config-epoch")?.parse().ok()?;
            let port = known.get("port")?.parse().ok()?;
            Some((epoch, (known.get("ip")?.clone(), port)))
        };
        let odd = || CoordinationError::Failed("a Sentinel's answer has no address".into());
        read().ok_or_else(odd)
    }

    /// A connection, logged in if `with_login`.
    pub(super) async fn connect(
        &self,
        (host, port): &(String, u16),
        with_login: bool,
        config: AsyncConnectionConfig,
        ended: Option<Ended>,
    ) -> Result<Connection, CoordinationError> {
        let mut login = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
        if with_login {
            if let Some(user) = &self.url.user {
                login = login.set_username(user);
            }
            if let Some(password) = &self.url.password {
                login = login.set_password(password.expose());
            }
            login = login.set_db(self.url.database);
        }
        let connected = async {
            let stream = self.stream(host, *port).await;
            let stream = stream.map_err(|e| CoordinationError::Cut(e.to_string()))?;
            let made = MultiplexedConnection::new_with_config(&login, stream, config).await;
            let (commands, driver) = made.map_err(|error| translate(&error))?;
            let task = tokio::spawn(async move {
                driver.await;
                drop(ended);
            });
            Ok(Connection {
                commands,
                task: task.abort_handle(),
            })
        };
        let connected = timeout(CONNECT, connected).await;
        connected.unwrap_or(Err(CoordinationError::Late))
    }

    async fn stream(&self, host: &str, port: u16) -> std::io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        Ok(Box::new(tls.connect(name, stream).await?))
    }

    /// Which primary it is that says so. Learns whether it has replicas.
    pub(super) fn incarnation(&self, info: &str) -> Result<ServerIncarnation, CoordinationError> {
        if field(info, "role") != Some("master") {
            return Err(CoordinationError::NotPrimary);
        }
        if field(info, "connected_slaves").is_some_and(|count| count != "0") {
            self.has_replicas.store(true, Ordering::Relaxed);
        }
        match (field(info, "run_id"), field(info, "master_replid")) {
            (Some(run), Some(history)) => Ok(ServerIncarnation(format!("{run}/{history}"))),
            _ => {
                let why = "its INFO has no run_id or no master_replid";
                Err(CoordinationError::Failed(why.into()))
            }
        }
    }

    /// Whether the server can be used, and a warning if it may forget.
    pub(super) fn check(&self, info: &str) -> Result<(), CoordinationError> {
        let version = field(info, "redis_version").unwrap_or_default();
        let major = version.split('.').next().and_then(|it| it.parse().ok());
        if major.is_none_or(|major: u32| major < 7) {
            let why = format!("Redis 7 or Valkey 7 is needed, and this is {version}");
            return Err(CoordinationError::Failed(why));
        }
        let policy = field(info, "maxmemory_policy").unwrap_or("noeviction");
        if policy != "noeviction" && !self.is_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                policy,
                "the coordination store's Redis may forget our value when its memory is full: \
                 set maxmemory-policy noeviction"
            );
        }
        Ok(())
    }

    /// Says once that no replica confirms, and once that one does again.
    pub(super) fn confirmed(&self, is_confirmed: bool) {
        let was_alone = self.is_alone.swap(!is_confirmed, Ordering::Relaxed);
        match (was_alone, is_confirmed) {
            (false, false) => tracing::warn!(
                "no replica of the coordination store's Redis confirms what is written: \
                 a failover would lose it, so leases aren't prolonged"
            ),
            (true, true) => tracing::info!("a replica of the coordination store's Redis confirms"),
            _ => {}
        }
    }
}

/// Nothing was asked yet when the connection failed.
pub(super) fn unreachable(error: CoordinationError) -> CoordinationError {
    match error {
        CoordinationError::Cut(why) => CoordinationError::Unreachable(why),
        CoordinationError::Late => {
            CoordinationError::Unreachable("no connection in the time it had".into())
        }
        other => other,
    }
}

/// A field of what INFO says.
fn field<'i>(info: &'i str, name: &str) -> Option<&'i str> {
    let mut fields = info.lines().filter_map(|line| line.split_once(':'));
    let found = fields.find(|(its, _)| *its == name);
    found.map(|(_, value)| value.trim())
}
