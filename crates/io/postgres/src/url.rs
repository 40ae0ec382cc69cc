//! The URL of a server, or of several that are one.

use std::fmt;
use std::path::PathBuf;
use tollgate_secret::Secret;

/// `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`, or `postgresql://…`.
///
/// `sslmode` is `disable` or `require`; `require` always verifies the certificate and the host name
/// (`verify-ca` and `verify-full` are taken for it), against the public authorities or those in the PEM file
/// `sslrootcert`. Left out, it is `disable` on a Unix socket or a loopback address and `require` elsewhere.
/// `prefer` protects nothing and is refused.
#[derive(Clone)]
pub struct PostgresUrl {
    pub(crate) url: Secret,
    pub(crate) tls: Option<Tls>,
}

#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) root_cert: Option<PathBuf>,
}

/// Why a text leads to no server. Doesn't repeat the text, which may hold a password.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct UrlError(pub String);

impl UrlError {
    pub(crate) fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl PostgresUrl {
    /// Whether the text has the scheme of such a URL.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }

    /// Whether sessions are encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlError`]: it isn't one, or says something of TLS that isn't offered.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut mode = None;
        let mut root_cert = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", path)) => root_cert = Some(PathBuf::from(path)),
                _ => rest.push(pair),
            }
        }
        let joined = rest.join("&");
        let url = if joined.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{joined}")
        };
        let bad = "not a URL of PostgreSQL: postgres://user:password@host:port/database";
        let config: tokio_postgres::Config = url.parse().map_err(|_| UrlError::new(bad))?;
        let tls = match mode {
            Some("disable") => None,
            Some("require" | "verify-ca" | "verify-full") => Some(Tls { root_cert }),
            Some(_) => {
                let bad = "sslmode must be disable or require (which verifies)";
                return Err(UrlError::new(bad));
            }
            None if config.get_hosts().iter().all(is_local) => None,
            None => Some(Tls { root_cert }),
        };
        Ok(Self {
            url: Secret::new(url),
            tls,
        })
    }
}

fn is_local(host: &tokio_postgres::config::Host) -> bool {
    match host {
        tokio_postgres::config::Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        tokio_postgres::config::Host::Unix(_) => true,
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(text: &str) -> Option<bool> {
        PostgresUrl::parse(text).ok().map(|url| url.is_encrypted())
    }

    #[test]
    fn encryption_is_left_out_only_at_home() {
        assert_eq!(tls("postgres://u@127.0.0.1/db"), Some(false));
        assert_eq!(
            tls("postgres://u@localhost:5433/db?application_name=x"),
            Some(false)
        );
        assert_eq!(tls("postgresql://u@%2Frun%2Fpostgresql/db"), Some(false));
        assert_eq!(tls("postgres://u@db.example/db"), Some(true));
        assert_eq!(
            tls("postgres://u@db.example/db?sslmode=disable"),
            Some(false)
        );
        assert_eq!(
            tls("postgres://u@db.example/db?sslmode=verify-full&sslrootcert=ca.pem"),
            Some(true)
        );
        assert_eq!(tls("postgres://u@db.example/db?sslmode=prefer"), None);
        assert_eq!(tls("postgres://[::"), None);
    }

    #[test]
    fn passwords_stay_hidden() {
        let url = PostgresUrl::parse("postgres://u:hunter2@db.example/db");
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
