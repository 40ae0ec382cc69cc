//! What a request shows of its caller.
//!
//! One credential counts: the `Authorization` header before the API key, and either before the connection's
//! certificate. A wrong one is refused, whatever else the request has: whoever sends it means it.

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::sync::Arc;
use tollgate_driver::Secret;
use tollgate_listen::Peer;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The headers that a caller's credentials come in.
pub const CREDENTIAL_HEADERS: [HeaderName; 2] = [header::AUTHORIZATION, API_KEY];

/// An access token that a request came with.
#[derive(Clone)]
pub struct Token(pub(crate) Arc<str>);

/// What a request shows of its caller.
pub(crate) enum Credential<'a> {
    /// An access token.
    Token(Token),
    /// An id and its secret, by HTTP Basic.
    Basic(String, Secret),
    /// A key in a header of its own.
    ApiKey(Secret),
    /// The names in the connection's client certificate.
    Certificate(&'a [String]),
}

impl<'a> Credential<'a> {
    pub(crate) fn of(headers: &HeaderMap, peer: &'a Peer) -> Option<Self> {
        if let Some(written) = headers.get(header::AUTHORIZATION) {
            let (scheme, rest) = scheme_and_rest(written)?;
            return if scheme.eq_ignore_ascii_case("bearer") {
                Some(Self::Token(Token(rest.trim().into())))
            } else {
                decoded(scheme, rest).map(|(id, secret)| Self::Basic(id, secret))
            };
        }
        if let Some(key) = headers.get(API_KEY) {
            return Some(Self::ApiKey(Secret::new(key.to_str().ok()?.to_owned())));
        }
        let names = &peer.certificate_names;
        (!names.is_empty()).then_some(Self::Certificate(names))
    }
}

/// The id and the secret that a request has by HTTP Basic (RFC 7617), if it has them.
#[must_use]
pub fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let (scheme, text) = scheme_and_rest(headers.get(header::AUTHORIZATION)?)?;
    decoded(scheme, text)
}

fn scheme_and_rest(written: &HeaderValue) -> Option<(&str, &str)> {
    written.to_str().ok()?.split_once(' ')
}

/// The id and the secret of an `Authorization` header, if its scheme is Basic.
fn decoded(scheme: &str, text: &str) -> Option<(String, Secret)> {
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(text);
    let decoded = decoded.ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), Secret::new(secret.to_owned())))
}
