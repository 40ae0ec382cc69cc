//! What a request asks for, and whether such a request may pass at all.

use crate::refusal::Refusal;
use http::{Method, Version, header, request};
use tollgate_upstream::{Closed, METHODS, RequestPath};

/// Whose a request is.
pub(crate) enum Asked<'a> {
    /// The upstream's: its path, checked.
    Upstream(RequestPath<'a>),
    /// This service's: the path there.
    Own(&'static str),
}

impl<'a> Asked<'a> {
    /// Reads a request's head. `path` is the path as the upstream has it.
    pub(crate) fn read(head: &request::Parts, path: &'a str) -> Result<Self, Refusal> {
        // HTTP/2 names the host beside the path in every request, HTTP/1.1 only in one for a proxy.
        let is_for_proxy = head.version < Version::HTTP_2 && head.uri.authority().is_some();
        if is_for_proxy || head.method == Method::CONNECT || path == "*" {
            return Err(Refusal::Target);
        }
        if !METHODS.contains(&head.method.as_str()) {
            return Err(Refusal::Method);
        }
        if head.headers.contains_key(header::UPGRADE) {
            return Err(Refusal::Upgrade);
        }
        let path = RequestPath::new(path).map_err(Refusal::Path)?;
        match path.as_str() {
            "/oauth/token" | "/login/oauth/token" => return Ok(Self::Own("/oauth/token")),
            "/api/v2/tokens/me" => return Ok(Self::Own("/api/v2/tokens/me")),
            _ => {}
        }
        match Closed::of(head.method.as_str(), path) {
            Some(Closed::Own) => Err(Refusal::Own),
            Some(Closed::Notifications) => Err(Refusal::Notifications),
            None => Ok(Self::Upstream(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, target: &str) -> Result<String, Refusal> {
        let request = http::Request::builder().method(method).uri(target);
        let (head, ()) = request.body(()).unwrap().into_parts();
        match Asked::read(&head, head.uri.path())? {
            Asked::Upstream(path) => Ok(format!("upstream {}", path.as_str())),
            Asked::Own(path) => Ok(format!("own {path}")),
        }
    }

    #[test]
    fn each_request_is_somebodys_or_nobodys() {
        for (method, target, whose) in [
            ("GET", "/api/v2/users?x=/../", "upstream /api/v2/users"),
            ("POST", "/oauth/token", "own /oauth/token"),
            ("POST", "/login/oauth/token", "own /oauth/token"),
            ("DELETE", "/api/v2/tokens/me", "own /api/v2/tokens/me"),
            ("DELETE", "/api/v2/tokens/7", "upstream /api/v2/tokens/7"),
        ] {
            assert_eq!(read(method, target).unwrap(), whose, "{method} {target}");
        }
        for (method, target, why) in [
            ("GET", "http://evil.example/api/v2/users", Refusal::Target),
            ("CONNECT", "evil.example:443", Refusal::Target),
            ("OPTIONS", "*", Refusal::Target),
            ("TRACE", "/", Refusal::Method),
            ("PURGE", "/", Refusal::Method),
            ("DELETE", "/api/v2/Tokens/me", Refusal::Own),
            ("DELETE", "/api/v2/tokens/%6De", Refusal::Own),
            ("DELETE", "/api/v2/tokens/me/", Refusal::Own),
            ("POST", "/OAuth/token", Refusal::Own),
            ("GET", "/login/", Refusal::Own),
            ("GET", "/login/x", Refusal::Own),
            (
                "POST",
                "/api/v2/notifications/channels",
                Refusal::Notifications,
            ),
            ("GET", "/api/v2/Notifications/x/", Refusal::Notifications),
        ] {
            assert_eq!(read(method, target).unwrap_err(), why, "{method} {target}");
        }
    }
}
