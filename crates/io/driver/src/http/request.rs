//! A request as each version of HTTP writes it.

use super::origin::Origin;
use super::{Loss, coding, http1, http2};
use crate::Request;
use crate::call::AnswerAs;
use http::header::{self, HeaderValue};
use url::{Position, Url};

/// The request as HTTP/1.1 writes it: a relative URL and a `Host` header.
pub(super) fn relative(request: &Request, origin: &Origin) -> Result<http::Request<()>, Loss> {
    let mut built = build(request, path(&request.url))?;
    let authority = HeaderValue::from_str(&origin.authority());
    let authority = authority.map_err(|error| Loss::never_sent(error.to_string()))?;
    http1::complete(&mut built, request.body.length(), authority);
    Ok(built)
}

/// The request as HTTP/2 writes it: an absolute URL and no `Host` header.
pub(super) fn absolute(request: &Request, origin: &Origin) -> Result<http::Request<()>, Loss> {
    let scheme = request.url.scheme();
    let uri = format!("{scheme}://{}{}", origin.authority(), path(&request.url));
    let mut built = build(request, &uri)?;
    built.headers_mut().remove(header::HOST);
    http2::complete(&mut built, request.body.length());
    Ok(built)
}

fn path(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

fn build(request: &Request, uri: &str) -> Result<http::Request<()>, Loss> {
    let uri: http::Uri = uri
        .parse()
        .map_err(|error| Loss::never_sent(format!("the URL: {error}")))?;
    let mut built = http::Request::new(());
    *built.method_mut() = request.method.clone();
    *built.uri_mut() = uri;
    *built.headers_mut() = request.headers.clone();
    if request.answer_as == AnswerAs::Sent {
        return Ok(built);
    }
    let headers = built.headers_mut();
    let agent = concat!("tollgate/", env!("CARGO_PKG_VERSION"));
    headers
        .entry(header::USER_AGENT)
        .or_insert(HeaderValue::from_static(agent));
    headers
        .entry(header::ACCEPT)
        .or_insert(HeaderValue::from_static("*/*"));
    // A part of a packed body can't be unpacked.
    let ranged = headers.contains_key(header::RANGE);
    let codings = if ranged { "identity" } else { coding::ACCEPTED };
    headers
        .entry(header::ACCEPT_ENCODING)
        .or_insert(HeaderValue::from_static(codings));
    Ok(built)
}
