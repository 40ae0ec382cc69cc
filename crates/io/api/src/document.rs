//! `GET /api/v2/openapi.json`. The document is part of the program: it is made and compressed once, at the
//! first request, and who has it already is told so.

use crate::state::Api;
use crate::tags::members;
use axum::Extension;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;
use std::io::Write as _;
use std::sync::OnceLock;
use tollgate_definitions::IDS;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The document as it is sent, in one encoding.
struct Sent {
    body: Bytes,
    /// Names these very bytes.
    tag: HeaderValue,
}

/// The document as text, and compressed if that could be done.
struct Served {
    plain: Sent,
    gzip: Option<Sent>,
}

/// Makes the document; the router knows how.
#[derive(Clone, Copy)]
pub(crate) struct DocumentSource(pub(crate) fn() -> Value);

static SERVED: OnceLock<Served> = OnceLock::new();

/// The operation that gives the document.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(serve))
}

/// This document.
#[utoipa::path(
    get, path = "/api/v2/openapi.json", operation_id = "getOpenapi",
    responses((status = 200, description = "The answer.", body = Value)),
    security(()),
)]
async fn serve(
    Extension(DocumentSource(document)): Extension<DocumentSource>,
    headers: HeaderMap,
) -> Response {
    let Served { plain, gzip } = SERVED.get_or_init(|| make(&document()));
    let gzip = gzip.as_ref().filter(|_| takes_gzip(&headers));
    let sent = gzip.unwrap_or(plain);
    let text = HeaderValue::from_static;
    let common = [
        (ETAG, sent.tag.clone()),
        (VARY, text("accept-encoding")),
        (CACHE_CONTROL, text("no-cache")),
    ];
    if has(&headers, &sent.tag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let json = [(CONTENT_TYPE, text("application/json"))];
    let mut response = (common, json, sent.body.clone()).into_response();
    if gzip.is_some() {
        let headers = response.headers_mut();
        headers.insert(CONTENT_ENCODING, text("gzip"));
    }
    response
}

fn make(document: &Value) -> Served {
    let text = document.to_string();
    let name = Uuid::new_v5(&IDS, text.as_bytes());
    let tag = |end: &str| HeaderValue::from_str(&format!("\"{name}{end}\"")).ok();
    let compress = || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).ok()?;
        encoder.finish().ok()
    };
    let gzip = compress().zip(tag("-gzip")).map(|(body, tag)| Sent {
        body: body.into(),
        tag,
    });
    Served {
        gzip,
        plain: Sent {
            tag: tag("").unwrap_or(HeaderValue::from_static("\"0\"")),
            body: text.into(),
        },
    }
}

/// Whether `gzip` is among the encodings with a weight that isn't nought (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut weights = members(headers, &ACCEPT_ENCODING).map(|member| {
        let (name, weight) = member.split_once(';').unwrap_or((member, "q=1"));
        let weight = weight.trim().strip_prefix("q=").map(str::trim);
        let weight: f32 = weight.and_then(|it| it.parse().ok()).unwrap_or(0.0);
        (name.trim().to_ascii_lowercase(), weight)
    });
    weights.any(|(name, weight)| name == "gzip" && weight > 0.0)
}

/// Whether the caller has what the tag names (RFC 9110, 13.1.2).
fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    members(headers, &IF_NONE_MATCH)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::document;
    use flate2::read::GzDecoder;
    use http::HeaderName;
    use http_body_util::BodyExt as _;
    use std::io::Read as _;

    async fn get(headers: &[(HeaderName, &'static str)]) -> (StatusCode, HeaderMap, Bytes) {
        let headers = headers.iter().cloned();
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let response = serve(Extension(DocumentSource(document)), headers.collect()).await;
        let (parts, body) = response.into_parts();
        (
            parts.status,
            parts.headers,
            body.collect().await.unwrap().to_bytes(),
        )
    }

    #[tokio::test]
    async fn it_is_made_once_and_compressed_where_that_is_taken() {
        let (_, plain_headers, plain) = get(&[]).await;
        assert_eq!(plain, document().to_string());
        assert!(!plain_headers.contains_key(CONTENT_ENCODING));
        let (_, _, again) = get(&[(ACCEPT_ENCODING, "br, gzip;q=0, *")]).await;
        assert_eq!(again.as_ptr(), plain.as_ptr(), "the same bytes");
        let (status, headers, small) = get(&[(ACCEPT_ENCODING, "br, GZIP; q=0.5")]).await;
        assert_eq!(
            (status, &headers[CONTENT_ENCODING]),
            (StatusCode::OK, &HeaderValue::from_static("gzip"))
        );
        let mut text = String::new();
        GzDecoder::new(&*small).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain);
        assert!(
            small.len() * 5 < plain.len(),
            "{} of {}",
            small.len(),
            plain.len()
        );
        assert_ne!(
            headers[ETAG], plain_headers[ETAG],
            "they are different bytes"
        );
    }

    #[tokio::test]
    async fn who_has_it_is_told_so() {
        let tag = |headers: &HeaderMap| headers[ETAG].to_str().unwrap().to_owned();
        let (_, headers, _) = get(&[]).await;
        let plain: &'static str = tag(&headers).leak();
        for has in [plain, "*", format!("\"x\", W/{plain}").leak()] {
            let (status, headers, body) = get(&[(IF_NONE_MATCH, has)]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{has}");
            assert_eq!(tag(&headers), plain);
        }
        let gzip = (ACCEPT_ENCODING, "gzip");
        let (status, _, _) = get(&[gzip, (IF_NONE_MATCH, plain)]).await;
        assert_eq!(status, StatusCode::OK, "it has other bytes");
    }
}
