//! The host that a request names: one, or the request is refused (RFC 9112, 3.2; RFC 9113, 8.3.1).
//!
//! Servers behind one another that each take another of two names disagree about whose request it is. So a
//! request of HTTP/1.1 has exactly one `Host`, one of HTTP/1.0 at the most one, and what it says is a host. One of
//! HTTP/2 names its host beside the path; a `Host` that it has as well says the same.

use hyper::header::HOST;
use hyper::http::uri::Authority;
use hyper::{Request, Uri, Version};
use std::fmt;

/// What is wrong with the host that a request names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadHost {
    Missing,
    Several,
    Invalid,
    Other,
}

impl fmt::Display for BadHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "The request has no Host header.",
            Self::Several => "The request has more than one Host header.",
            Self::Invalid => "The request's Host header is no host with or without a port.",
            Self::Other => "The request's Host header names another host than its :authority.",
        })
    }
}

/// Whether the request names its host as its version of HTTP wants it.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), BadHost> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => return Err(BadHost::Several),
        (None, _) if request.version() == Version::HTTP_11 => return Err(BadHost::Missing),
        (None, _) => return Ok(()),
        (Some(host), None) => host.to_str().map_err(|_| BadHost::Invalid)?,
    };
    let uri = request.uri();
    // In HTTP/1.1 a host of the request line holds, whatever the header says.
    let named = uri
        .authority()
        .filter(|_| request.version() == Version::HTTP_2);
    if host.is_empty() {
        return named.map_or(Ok(()), |_| Err(BadHost::Other));
    }
    let host: Authority = host.parse().map_err(|_| BadHost::Invalid)?;
    if host.as_str().contains('@') {
        return Err(BadHost::Invalid);
    }
    let is_same = named.is_none_or(|named| entity(uri, named) == entity(uri, &host));
    is_same.then_some(()).ok_or(BadHost::Other)
}

/// Host and port, the scheme's own port where none is written.
fn entity(uri: &Uri, authority: &Authority) -> (String, Option<u16>) {
    let own = match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    };
    let host = authority.host().to_ascii_lowercase();
    (host, authority.port_u16().or(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_beside_that_of_http_2_is_the_same() {
        let check = |uri: &str, hosts: &[&str]| {
            let request = Request::builder().version(Version::HTTP_2).uri(uri);
            let request = hosts
                .iter()
                .fold(request, |it, host| it.header(HOST, *host));
            super::check(&request.body(()).unwrap())
        };
        let uri = "http://a.example:80/";
        assert_eq!(check(uri, &[]), Ok(()));
        assert_eq!(check(uri, &["A.example:80"]), Ok(()));
        assert_eq!(check("/", &["a.example"]), Ok(()));
        assert_eq!(check(uri, &["b.example:80"]), Err(BadHost::Other));
        assert_eq!(check(uri, &["a.example"]), Ok(()));
        assert_eq!(check(uri, &["a.example:81"]), Err(BadHost::Other));
        assert_eq!(check(uri, &[""]), Err(BadHost::Other));
        assert_eq!(
            check(uri, &["a.example:80", "a.example:80"]),
            Err(BadHost::Several)
        );
    }
}
