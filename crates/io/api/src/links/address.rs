//! Where this service is, as the caller reaches it: a link is a whole URL.
//!
//! It is what the request itself says: the host that it names, and the scheme that it came by. A proxy in front says
//! in `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Prefix` what it was reached by. Who sends such headers by
//! itself gets a link that leads it somewhere else, and nobody but itself.

use crate::error::ApiError;
use http::request::Parts;
use http::{HeaderMap, header};
use tollgate_listen::Peer;
use tollgate_transfers::Link;

/// Where this service is, as the caller reaches it.
pub(crate) struct Address(String);

impl Address {
    /// As this request reached it.
    pub(crate) fn of(parts: &Parts) -> Result<Self, ApiError> {
        let said = |name: &str| first(&parts.headers, name);
        let own = || match Peer::of(&parts.extensions).is_secured {
            true => "https",
            false => "http",
        };
        let scheme = said("x-forwarded-proto").filter(|it| matches!(*it, "http" | "https"));
        let host = said("x-forwarded-host").or_else(|| said(header::HOST.as_str()));
        let host = host.or_else(|| parts.uri.authority().map(|it| it.as_str()));
        let host = host.filter(|host| host.parse::<http::uri::Authority>().is_ok());
        let host = host.ok_or_else(|| {
            ApiError::bad_request("The request names no host, so no link can be made for it.")
        })?;
        let prefix = said("x-forwarded-prefix").unwrap_or_default();
        let prefix = prefix.trim_end_matches('/');
        let is_path = prefix.is_empty() || prefix.starts_with('/');
        let prefix = if is_path { prefix } else { "" };
        let scheme = scheme.unwrap_or_else(own);
        Ok(Self(format!("{scheme}://{host}{prefix}")))
    }

    /// The URL of a link below a path.
    pub(crate) fn url(&self, path: &str, link: &Link) -> String {
        format!("{}{path}/{}", self.0, link.expose())
    }
}

/// The first of what a header lists.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?;
    let first = text.split(',').next().unwrap_or_default().trim();
    (!first.is_empty()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(headers: &[(&str, &str)]) -> Option<String> {
        let request = headers
            .iter()
            .fold(http::Request::get("/x"), |it, (name, value)| {
                it.header(*name, *value)
            });
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Address::of(&parts).ok().map(|address| address.0)
    }

    #[test]
    fn a_link_leads_where_the_caller_came() {
        let host = ("host", "a.example:8080");
        assert_eq!(address(&[]), None);
        assert_eq!(address(&[("host", "a b")]), None);
        assert_eq!(address(&[host]).unwrap(), "http://a.example:8080");
        let proxied = [
            host,
            ("x-forwarded-proto", "https, http"),
            ("x-forwarded-host", "b.example"),
            ("x-forwarded-prefix", "/tollgate/"),
        ];
        assert_eq!(address(&proxied).unwrap(), "https://b.example/tollgate");
        let odd = [
            host,
            ("x-forwarded-proto", "javascript"),
            ("x-forwarded-prefix", "x"),
        ];
        assert_eq!(address(&odd).unwrap(), "http://a.example:8080");
    }
}
