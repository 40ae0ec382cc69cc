//! Entity tags: `ETag`, `If-None-Match` and `If-Match`, for all operations alike.
//!
//! What a GET answers with 200 has an `ETag`, which names its bytes: whoever has them already (`If-None-Match`) is
//! answered 304 without them. Where the answer shows a `version`, the tag begins with it: `"7-0b5c…"`. A change with
//! `If-Match` is made of what has this version, or of nothing: the version goes to the store as that of a body does,
//! and is compared in the transaction that makes the change. Another one is answered 412.
//!
//! So `If-Match` compares what is stored, and not how it was shown: a tag is as good from an answer with `expand` as
//! from one without, and an integration that goes from `ACTIVE` to `ERROR` meanwhile is still the one that was read.
//! For the same reason it takes a tag that something on the way has made weak, as proxies do that pack answers.
//!
//! An answer that is packed has a tag of its own, with `-gzip` at its end, since it has other bytes (RFC 9110, 8.8.3).

use crate::error::ApiError;
use crate::operation::Operation;
use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, IF_MATCH, IF_NONE_MATCH, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use tollgate_definitions::IDS;
use tollgate_store::{Expected, Version};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, PartialSchema as _};
use uuid::Uuid;

const PACKED: &str = "-gzip";

/// The version that a change is to be made of, by the request's `If-Match`. An operation names it among its `params`,
/// and takes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct IfMatch(Expected);

impl IfMatch {
    /// The version that the header says, or else the one that the body says.
    pub(crate) fn or(self, body: Expected) -> Result<Expected, ApiError> {
        match (self.0, body) {
            (Expected::Version(header), Expected::Version(body)) if header != body => {
                let message = format!(
                    "If-Match says version {}, and the body version {}; nothing was changed.",
                    header.0, body.0
                );
                Err(failed(message))
            }
            (Expected::Any, body) => Ok(body),
            (header, _) => Ok(header),
        }
    }

    /// The version that the header says, of a request whose body says none.
    pub(crate) fn expected(self) -> Expected {
        self.0
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let lines = head.headers.get_all(IF_MATCH);
        if lines.iter().any(|line| line.to_str().is_err()) {
            let message = "If-Match is no tag of this thing; nothing was changed.";
            return Err(failed(message.to_owned()));
        }
        let tags: Vec<_> = members(&head.headers, &IF_MATCH).collect();
        match tags.as_slice() {
            [] if !head.headers.contains_key(IF_MATCH) => Ok(Self(Expected::Any)),
            ["*"] => Ok(Self(Expected::Any)),
            [tag] => {
                let version = version_of(tag).ok_or_else(|| {
                    failed("If-Match is no tag of this thing; nothing was changed.".to_owned())
                })?;
                Ok(Self(Expected::Version(version)))
            }
            _ => Err(ApiError::bad_request(
                "If-Match: give the one tag that was read with what is to be changed.",
            )),
        }
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "The ETag that was read with what is to be changed; what was changed since then is answered 412, \
                     and left as it is.";
        let parameter = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some(about))
            .schema(Some(String::schema()));
        vec![parameter.build()]
    }
}

fn failed(message: String) -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, "version.conflict", message)
}

/// Answers conditional requests as all operations do.
pub(crate) async fn conditions(request: Request, next: Next) -> Result<Response, ApiError> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let known = request.headers().clone();
        return Ok(tagged(&known, next.run(request).await).await);
    }
    if !request.headers().contains_key(IF_MATCH) {
        return Ok(next.run(request).await);
    }
    let operation = request.extensions().get::<Arc<Operation>>();
    if !operation.is_some_and(|it| it.takes_if_match) {
        let message =
            "If-Match: this operation has no version to compare; send the request without it.";
        return Err(ApiError::bad_request(message));
    }
    Ok(precondition(next.run(request).await).await)
}

/// The answer with its tag; without its body, if the caller has that.
async fn tagged(known: &HeaderMap, response: Response) -> Response {
    let secret = response
        .headers()
        .get(CACHE_CONTROL)
        .is_some_and(|it| it == "no-store");
    let whole = response.body().size_hint().exact().is_some();
    let has_tag = response.headers().contains_key(ETAG);
    if response.status() != StatusCode::OK || secret || has_tag || !whole {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = body.collect().await else {
        return ApiError::internal().into_response();
    };
    let bytes = bytes.to_bytes();
    let tag = tag(&bytes);
    let vary = HeaderValue::from_static("accept-encoding");
    let fresh = HeaderValue::from_static("private, no-cache");
    head.headers.append(VARY, vary);
    head.headers.entry(CACHE_CONTROL).or_insert(fresh);
    let has = members(known, &IF_NONE_MATCH).find(|it| *it == "*" || bare(it) == bare(&tag));
    let shown = has.filter(|it| *it != "*").unwrap_or(&tag);
    if let Ok(shown) = HeaderValue::from_str(shown) {
        head.headers.insert(ETAG, shown);
    }
    if has.is_some() {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

/// The tag of an answer's bytes, with the version that they show.
fn tag(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Shown {
        version: i64,
    }
    let name = Uuid::new_v5(&IDS, bytes).simple();
    // A list would be read as the fields in their order.
    let object = Some(bytes).filter(|bytes| bytes.starts_with(b"{"));
    match object.and_then(|object| tollgate_json::read_bytes_as::<Shown>(object).ok()) {
        Some(Shown { version }) => format!("\"{version}-{name}\""),
        None => format!("\"{name}\""),
    }
}

/// What is between a tag's quotes, whether it is weak, and whichever way its answer was packed.
fn bare(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    tag.strip_suffix(PACKED).unwrap_or(tag)
}

/// The version that a tag begins with.
fn version_of(tag: &str) -> Option<Version> {
    let (version, _) = bare(tag).split_once('-')?;
    version.parse().ok().map(Version)
}

/// The members of a header that is a list, over all its lines.
pub(crate) fn members<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let members = lines.flat_map(|line| line.split(',')).map(str::trim);
    members.filter(|member| !member.is_empty())
}

/// An answer that the version isn't the expected one, as an answer that the precondition doesn't hold.
async fn precondition(response: Response) -> Response {
    if response.status() != StatusCode::CONFLICT {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = body.collect().await else {
        return ApiError::internal().into_response();
    };
    let bytes = bytes.to_bytes();
    let error = tollgate_json::read_bytes(&bytes).ok();
    let Some(mut error) = error.filter(|error| error["code"] == "version.conflict") else {
        return Response::from_parts(head, Body::from(bytes));
    };
    head.status = StatusCode::PRECONDITION_FAILED;
    error["status"] = json!(head.status.as_u16());
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(error.to_string()))
}

/// Marks the tag of an answer that has been packed.
pub(crate) fn mark_packed(headers: &mut HeaderMap) {
    if headers.get(CONTENT_ENCODING).is_none_or(|it| it != "gzip") {
        return;
    }
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    let open = tag
        .and_then(|tag| tag.strip_suffix('"'))
        .filter(|it| !it.ends_with(PACKED));
    let marked = open.and_then(|open| HeaderValue::from_str(&format!("{open}{PACKED}\"")).ok());
    if let Some(marked) = marked {
        headers.insert(ETAG, marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_the_version_that_the_answer_shows() {
        let tag = tag(br#"{"id": "a", "version": 7, "config": {"version": 8}}"#);
        assert!(tag.starts_with("\"7-") && tag.ends_with('"'), "{tag}");
        let packed = format!("{}-gzip\"", tag.trim_end_matches('"'));
        for tag in [tag.clone(), format!("W/{tag}"), packed] {
            assert_eq!(version_of(&tag), Some(Version(7)), "{tag}");
        }
        for none in ["\"x\"", "\"-7-x\"", "\"\"", "7"] {
            assert_eq!(version_of(none), None, "{none}");
        }
        for text in ["[1]", "text", r#"{"version": "1.0"}"#, r#"{"id": 1}"#] {
            assert!(!super::tag(text.as_bytes()).contains('-'), "{text}");
        }
    }

    #[tokio::test]
    async fn a_condition_that_cannot_be_read_is_not_passed_over() {
        let read = async |lines: &[&[u8]]| {
            let mut request = http::Request::get("/");
            for line in lines {
                request = request.header(IF_MATCH, HeaderValue::from_bytes(line).unwrap());
            }
            let (mut head, ()) = request.body(()).unwrap().into_parts();
            let read = IfMatch::from_request_parts(&mut head, &()).await;
            read.map(IfMatch::expected).map_err(|error| error.status())
        };
        assert_eq!(read(&[]).await, Ok(Expected::Any));
        assert_eq!(read(&[b"*"]).await, Ok(Expected::Any));
        let seven = Ok(Expected::Version(Version(7)));
        assert_eq!(read(&[b"\"7-x\""]).await, seven);
        let failed = Err(StatusCode::PRECONDITION_FAILED);
        assert_eq!(read(&[b"\"7-\xe9\""]).await, failed);
        assert_eq!(read(&[b"\"7-x\"", b"\xe9"]).await, failed);
        for nothing in [&b""[..], b",", b" , "] {
            assert_eq!(read(&[nothing]).await, Err(StatusCode::BAD_REQUEST));
        }
    }

    #[test]
    fn header_and_body_must_not_contradict_each_other() {
        let of = |version| Expected::Version(Version(version));
        assert_eq!(IfMatch(of(2)).or(of(2)).unwrap(), of(2));
        assert_eq!(IfMatch(of(2)).or(Expected::Any).unwrap(), of(2));
        assert_eq!(IfMatch(Expected::Any).or(of(2)).unwrap(), of(2));
        let error = IfMatch(of(2)).or(of(3)).unwrap_err();
        assert_eq!(error.status(), StatusCode::PRECONDITION_FAILED);
    }
}
