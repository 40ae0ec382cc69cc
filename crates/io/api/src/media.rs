//! What bodies of requests may be: their media type, their charset and how they are packed.
//!
//! An operation takes the type that the document has for it: JSON, YAML or a form. A body without a `Content-Type`
//! is taken for that. Any other is answered 415, although it might be read: a browser sends `text/plain` and forms
//! from a page of any origin without asking, with the client certificate of whoever sits in front of it, and so
//! could be made to carry out what its user didn't ask for. `curl -d` calls its body a form unless it is told
//! otherwise (`--json`), so it is told what to say instead.
//!
//! A body may be packed with gzip, whose content has the bounds that any body has. Another packing is answered 415
//! with what may be (RFC 9110, 15.5.16).

use crate::bodies::Bodies;
use crate::error::ApiError;
use crate::operation::{BodyType, Operation};
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;

impl BodyType {
    /// Whether a body of this media type can be it. YAML is text, and is sent as such by much that has no type for it.
    fn takes(self, media_type: &str) -> bool {
        let text = ["text/plain", "application/octet-stream"];
        Self::of(media_type) == Some(self) || (self == Self::Yaml && text.contains(&media_type))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// Refuses a body that the operation doesn't take, and unpacks one that is packed.
pub(crate) async fn check(
    State(bodies): State<Bodies>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if request.body().is_end_stream() {
        return Ok(next.run(request).await);
    }
    let operation = request.extensions().get::<Arc<Operation>>();
    let Some(taken) = operation.and_then(|it| it.body) else {
        return Ok(next.run(request).await);
    };
    is_taken(taken, request.headers())?;
    match packing(request.headers()) {
        Packing::None => {}
        Packing::Gzip => request = unpacked(bodies, request).await?,
        Packing::Other(name) => return Ok(unknown_packing(&name)),
    }
    Ok(next.run(request).await)
}

fn is_taken(taken: BodyType, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(written) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let written = String::from_utf8_lossy(written.as_bytes());
    let mut parts = written
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let media_type = parts.next().unwrap_or_default();
    let wanted = taken.name();
    if !media_type.is_empty() && !taken.takes(&media_type) {
        return Err(unsupported(format!(
            "The request body's Content-Type is {media_type:?}; this operation takes {wanted}. With curl: \
             -H 'Content-Type: {wanted}'."
        )));
    }
    let charset =
        parts.find_map(|part| Some(part.strip_prefix("charset=")?.trim_matches('"').to_owned()));
    match charset.as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(()),
        Some(other) => Err(unsupported(format!(
            "The request body's charset is {other:?}; bodies are UTF-8."
        ))),
    }
}

enum Packing {
    None,
    Gzip,
    Other(String),
}

fn packing(headers: &HeaderMap) -> Packing {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase());
    let joined = lines.collect::<Vec<_>>().join(",");
    let names = joined.split(',').map(str::trim);
    let names: Vec<_> = names
        .filter(|name| !matches!(*name, "" | "identity"))
        .collect();
    match names.as_slice() {
        [] => Packing::None,
        ["gzip" | "x-gzip"] => Packing::Gzip,
        _ => Packing::Other(joined),
    }
}

/// The request as if its body had come unpacked.
async fn unpacked(bodies: Bodies, request: Request) -> Result<Request, ApiError> {
    let (mut head, body) = request.into_parts();
    let body = bodies.gunzip(&bodies.bytes(body).await?)?;
    head.headers.remove(CONTENT_ENCODING);
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Ok(Request::from_parts(head, Body::from(body)))
}

fn unknown_packing(name: &str) -> Response {
    let message =
        format!("The request body's Content-Encoding is {name:?}; send it as it is, or with gzip.");
    let may: [(HeaderName, &str); 1] = [(ACCEPT_ENCODING, "gzip, identity")];
    (may, unsupported(message)).into_response()
}

fn unsupported(message: String) -> ApiError {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    ApiError::new(status, "unsupported.media.type", message)
}
