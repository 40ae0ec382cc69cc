//! Which headers go on, in both directions.

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName};
use tollgate_callers::CREDENTIAL_HEADERS;
use tollgate_upstream::CONNECTION_HEADERS;

/// What the names of headers begin with that are addressed to this service.
const OURS: &str = "tollgate-";

/// Headers by which some servers read another method or path than the request's own, which is what was checked.
const OVERRIDES: [&str; 5] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// What the names of headers begin with by which an answer says whose pages a browser shows it.
const CORS: &str = "access-control-";

/// The headers that go to the upstream.
pub(crate) fn to_upstream(headers: &HeaderMap) -> HeaderMap {
    let mut passed = without_connection(headers);
    for name in &CREDENTIAL_HEADERS {
        passed.remove(name);
    }
    for name in OVERRIDES {
        passed.remove(name);
    }
    remove_all(&mut passed, OURS);
    passed
}

/// Removes the headers whose names begin so.
fn remove_all(headers: &mut HeaderMap, begin: &str) {
    let names = headers
        .keys()
        .filter(|name| name.as_str().starts_with(begin));
    let names: Vec<_> = names.cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// The headers that go to the caller. The length of the body stays: the body is what the upstream sent. Whose pages
/// may read an answer of this service is for the service to say (`[server.cors]`), not for the upstream.
pub(crate) fn to_caller(status: StatusCode, headers: &HeaderMap) -> HeaderMap {
    let length = headers.get(header::CONTENT_LENGTH).cloned();
    let mut passed = without_connection(headers);
    remove_all(&mut passed, CORS);
    // One that is sent in pieces has no length, and neither has one that can't be (RFC 9110, 8.6).
    let has_length =
        !headers.contains_key(header::TRANSFER_ENCODING) && status != StatusCode::NO_CONTENT;
    if let Some(length) = length.filter(|_| has_length) {
        passed.insert(header::CONTENT_LENGTH, length);
    }
    passed
}

/// The headers but for those that are the connection's, and those that `Connection` names.
fn without_connection(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(header::CONNECTION);
    let named = named.iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(','));
    let named = named.filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok());
    let named: Vec<_> = named.collect();
    let mut passed = headers.clone();
    for name in CONNECTION_HEADERS {
        passed.remove(name);
    }
    for name in named {
        passed.remove(name);
    }
    passed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, value.parse().unwrap())
        });
        headers.collect()
    }

    #[test]
    fn what_is_the_connections_or_ours_stays_here() {
        let given = map(&[
            ("authorization", "Bearer x"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("host", "evil"),
            ("tollgate-flow", "voice"),
            ("expect", "100-continue"),
            ("accept-encoding", "br"),
            ("x-http-method-override", "DELETE"),
            ("x-custom", "stays"),
        ]);
        let passed = to_upstream(&given);
        let expected = map(&[("accept-encoding", "br"), ("x-custom", "stays")]);
        assert_eq!(passed, expected);
    }

    #[test]
    fn an_answer_keeps_its_length() {
        let given = map(&[("content-length", "3"), ("keep-alive", "timeout=5")]);
        let (ok, none) = (StatusCode::OK, StatusCode::NO_CONTENT);
        assert_eq!(to_caller(ok, &given), map(&[("content-length", "3")]));
        assert!(to_caller(none, &given).is_empty());
        let given = map(&[("content-length", "3"), ("transfer-encoding", "chunked")]);
        assert!(to_caller(ok, &given).is_empty());
        let given = map(&[
            ("access-control-allow-origin", "*"),
            ("access-control-max-age", "5"),
        ]);
        assert!(to_caller(ok, &given).is_empty());
    }
}
