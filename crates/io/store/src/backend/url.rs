//! One URL chooses the back-end.

use crate::open_error::OpenError;
use std::fmt;
use std::path::PathBuf;
use tollgate_secret::Secret;

/// `sqlite:path` or `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`.
///
/// For PostgreSQL, `sslmode` is `disable` or `require`; `require` always verifies the certificate and
/// the host name (`verify-ca` and `verify-full` are taken for it), against the public authorities or
/// those in the PEM file `sslrootcert`. Left out, it is `disable` on a Unix socket or a loopback
/// address and `require` elsewhere. `prefer` protects nothing and is refused.
#[derive(Clone)]
pub struct StoreUrl(pub(crate) Target);

#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres { url: Secret, tls: Option<Tls> },
}

#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) root_cert: Option<PathBuf>,
}

impl StoreUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`OpenError::Url`], which doesn't repeat the URL: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') {
                return Err(bad(
                    "sqlite: needs a path of a file, as in sqlite:tollgate.db",
                ));
            }
            return Ok(Self(Target::Sqlite(path.into())));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text).map(Self);
        }
        Err(bad("must start with sqlite: or postgres://"))
    }
}

fn postgres(text: &str) -> Result<Target, OpenError> {
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
    let config: tokio_postgres::Config = url
        .parse()
        .map_err(|_| bad("not a URL of PostgreSQL: postgres://user:password@host:port/database"))?;
    let tls = match mode {
        Some("disable") => None,
        Some("require" | "verify-ca" | "verify-full") => Some(Tls { root_cert }),
        Some(_) => return Err(bad("sslmode must be disable or require (which verifies)")),
        None if config.get_hosts().iter().all(is_local) => None,
        None => Some(Tls { root_cert }),
    };
    Ok(Target::Postgres {
        url: Secret::new(url),
        tls,
    })
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

fn bad(why: &str) -> OpenError {
    OpenError::Url(why.to_owned())
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Target::Postgres { .. } => f.write_str("postgres://[redacted]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(text: &str) -> Option<bool> {
        match StoreUrl::parse(text).ok()?.0 {
            Target::Postgres { tls, .. } => Some(tls.is_some()),
            Target::Sqlite(_) => None,
        }
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
        assert!(StoreUrl::parse("postgres://u@db.example/db?sslmode=prefer").is_err());
    }

    #[test]
    fn what_is_no_url_is_refused_and_passwords_stay_hidden() {
        for text in [
            "",
            "tollgate.db",
            "sqlite:",
            "sqlite::memory:",
            "mysql://x",
            "postgres://[::",
        ] {
            assert!(StoreUrl::parse(text).is_err(), "{text}");
        }
        let url = StoreUrl::parse("postgres://u:hunter2@db.example/db").unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
