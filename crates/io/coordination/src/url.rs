//! One URL chooses the kind of store.

use crate::error::UrlError;
use crate::redis::url::RedisUrl;
use std::fmt;
use tollgate_postgres::PostgresUrl;

/// Where a coordination store is:
/// - `postgres://…`, as [`PostgresUrl`] reads it;
/// - `redis://user:password@host:port/database`, `rediss://…` over TLS;
/// - `redis+sentinel://user:password@host:port,host:port/SERVICE/database`, `rediss+sentinel://…` over TLS. The
///   credentials are the server's, and are shown to Sentinels that ask for some;
/// - `memory://NAME`: within this process, for tests and trials.
///
/// TLS of Redis verifies the certificate and the host name, against the public authorities or those in the PEM file of
/// `?sslrootcert=…`.
#[derive(Clone)]
pub struct CoordinationUrl(pub(crate) Target);

#[derive(Clone)]
pub(crate) enum Target {
    Postgres(PostgresUrl),
    Redis(RedisUrl),
    Memory(String),
}

impl CoordinationUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if let Some(name) = text.strip_prefix("memory://") {
            if name.is_empty() || name.len() > crate::LONGEST_NAME {
                return Err(UrlError(
                    "memory:// needs a name, as in memory://demo".into(),
                ));
            }
            return Ok(Self(Target::Memory(name.to_owned())));
        }
        if PostgresUrl::is_meant(text) {
            let url = PostgresUrl::parse(text).map_err(|error| UrlError(error.0))?;
            return Ok(Self(Target::Postgres(url)));
        }
        if let Some(url) = RedisUrl::parse(text) {
            return Ok(Self(Target::Redis(url?)));
        }
        let schemes =
            "must start with postgres://, redis://, rediss://, redis+sentinel:// or memory://";
        Err(UrlError(schemes.into()))
    }
}

impl fmt::Debug for CoordinationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Postgres(url) => url.fmt(f),
            Target::Redis(url) => url.fmt(f),
            Target::Memory(name) => write!(f, "memory://{name}"),
        }
    }
}
