//! The URL of a Redis or Valkey server, or of the Sentinels that know which server it is.

use crate::error::UrlError;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;
use tollgate_secret::Secret;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;
/// Sentinels that are asked. Three are usual, five are many.
const ADDRESSES: usize = 16;

/// - `redis://user:password@host:port/database`, `rediss://…` over TLS;
/// - `redis+sentinel://user:password@host:port,host:port/SERVICE/database`, `rediss+sentinel://…` over TLS, to the
///   Sentinels too. The credentials are the server's, and are shown to Sentinels that ask for some.
///
/// User, password, port and database may be left out. TLS always verifies the certificate and the host name, against
/// the public authorities or those in the PEM file of `?sslrootcert=…`.
#[derive(Clone)]
pub(crate) struct RedisUrl {
    /// The server's, or the Sentinels'.
    pub(crate) addresses: Vec<(String, u16)>,
    /// What the Sentinels call the server; none where there are none.
    pub(crate) service: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) database: i64,
    pub(crate) tls: Option<Tls>,
}

#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) root_cert: Option<PathBuf>,
}

impl RedisUrl {
    /// Reads a URL; none if it has another scheme.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, UrlError>> {
        let (scheme, rest) = text.split_once("://")?;
        let (is_encrypted, has_sentinels) = match scheme {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis+sentinel" => (false, true),
            "rediss+sentinel" => (true, true),
            _ => return None,
        };
        let read = read(rest, is_encrypted, has_sentinels);
        Some(read.map_err(|why| UrlError(why.to_owned())))
    }
}

fn read(rest: &str, is_encrypted: bool, has_sentinels: bool) -> Result<RedisUrl, &'static str> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let root_cert = match query.split_once('=') {
        Some(("sslrootcert", path)) if is_encrypted => Some(PathBuf::from(path)),
        None if query.is_empty() => None,
        _ => return Err("of a URL of Redis, only ?sslrootcert=FILE is known, with rediss"),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (login, hosts),
        None => ("", authority),
    };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    if !user.is_empty() && password.is_empty() {
        return Err("a user of Redis needs a password: redis://user:password@host");
    }
    let (service, database) = match (has_sentinels, path.split_once('/')) {
        (true, Some((service, database))) => (Some(decoded(service)?), database),
        (true, None) => (Some(decoded(path)?), ""),
        (false, _) => (None, path),
    };
    if service.as_ref().is_some_and(String::is_empty) {
        return Err(
            "the name of the service is missing: redis+sentinel://host:port,host:port/SERVICE",
        );
    }
    let port = if has_sentinels { SENTINEL_PORT } else { PORT };
    let hosts: Vec<&str> = hosts.split(',').collect();
    if hosts.len() > ADDRESSES || (hosts.len() > 1 && !has_sentinels) {
        return Err("a URL of Redis has one host; redis+sentinel:// has up to 16 Sentinels");
    }
    let addresses: Result<_, _> = hosts.iter().map(|host| address(host, port)).collect();
    Ok(RedisUrl {
        addresses: addresses?,
        service,
        user: (!user.is_empty()).then(|| decoded(user)).transpose()?,
        password: (!password.is_empty())
            .then(|| decoded(password).map(Secret::new))
            .transpose()?,
        database: match database {
            "" => 0,
            number => number
                .parse::<u16>()
                .map_err(|_| "the database of Redis is a number")?
                .into(),
        },
        tls: is_encrypted.then_some(Tls { root_cert }),
    })
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
fn address(text: &str, usual: u16) -> Result<(String, u16), &'static str> {
    let bad = "a host of Redis is host:port";
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(bad)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| bad)?;
            (host, port)
        }
        None => match text.find(':') {
            Some(colon) => text.split_at(colon),
            None => (text, ""),
        },
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().map_err(|_| bad)?,
        None if port.is_empty() => usual,
        None => return Err(bad),
    };
    if host.is_empty() {
        return Err(bad);
    }
    Ok((host.to_owned(), port))
}

fn decoded(text: &str) -> Result<String, &'static str> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded =
        decoded.map_err(|_| "a URL of Redis is UTF-8, also where it is percent-encoded")?;
    Ok(decoded.into_owned())
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.tls, &self.service) {
            (None, None) => "redis://[redacted]",
            (Some(_), None) => "rediss://[redacted]",
            (None, Some(_)) => "redis+sentinel://[redacted]",
            (Some(_), Some(_)) => "rediss+sentinel://[redacted]",
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<RedisUrl> {
        RedisUrl::parse(text).unwrap().ok()
    }

    #[test]
    fn urls_are_read() {
        let plain = parse("redis://cache.example").unwrap();
        assert_eq!(plain.addresses, [("cache.example".into(), 6379)]);
        assert!(plain.tls.is_none() && plain.service.is_none() && plain.password.is_none());

        let full = parse("rediss://me:p%40ss%2F@[::1]:7000/3?sslrootcert=ca.pem").unwrap();
        assert_eq!(full.addresses, [("::1".into(), 7000)]);
        assert_eq!(full.user.as_deref(), Some("me"));
        assert_eq!(full.password.as_ref().unwrap().expose(), "p@ss/");
        assert_eq!(full.database, 3);
        assert_eq!(full.tls.as_ref().unwrap().root_cert, Some("ca.pem".into()));
        assert!(!format!("{full:?}").contains("p@ss"));

        let watched = parse("redis+sentinel://:secret@a:1,b/main/2").unwrap();
        assert_eq!(watched.addresses, [("a".into(), 1), ("b".into(), 26379)]);
        assert_eq!(watched.service.as_deref(), Some("main"));
        assert_eq!((watched.user, watched.database), (None, 2));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "redis://",
            "redis://a,b",
            "redis://a:b",
            "redis://a:99999",
            "redis://[::1",
            "redis://[x]:1",
            "redis://a/x",
            "redis://me@a",
            "redis://a?x=1",
            "redis://a?sslrootcert=ca.pem",
            "redis+sentinel://a",
            "redis+sentinel://a,/main",
            "redis://%ff:x@a",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(RedisUrl::parse("postgres://a").is_none());
    }
}
