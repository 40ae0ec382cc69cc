//! Packed answers: with gzip, where the caller takes that and it is worth the work.
//!
//! An answer of less than [`LEAST`] bytes goes into two packets of the network, and stays as it is; most outputs of
//! actions do. What is sent while it is made, and what passes through from an upstream, is never packed here.
//!
//! *Secrets.* The length of a packed answer tells whether a guess that it repeats is in it elsewhere too (BREACH), to
//! whoever can make somebody else's browser ask, and sees the lengths. So answers that must not be stored (a token, a
//! new secret) aren't packed; nor is any to a request without an `Authorization` or `X-API-Key` header: those headers
//! no page adds to a request to another origin unless it knows them, or is allowed to ask. What is left is a caller
//! whose connection's certificate says who it is; its answers are as they are.

use crate::tags::mark_packed;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE};
use tollgate_callers::CREDENTIAL_HEADERS;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

/// Bytes below which an answer is not packed.
const LEAST: u64 = 2048;

/// Which answers are packed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worthwhile;

impl Predicate for Worthwhile {
    fn should_compress<B: HttpBody>(&self, response: &http::Response<B>) -> bool {
        let long = response.body().size_hint().exact();
        long.is_some_and(|bytes| bytes >= LEAST) && is_open_text(response.headers())
    }
}

fn is_open_text(headers: &HeaderMap) -> bool {
    let is = |name, test: fn(&str) -> bool| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(test)
    };
    is(CONTENT_TYPE, |it| {
        it.starts_with("application/json") || it.starts_with("text/")
    }) && !is(CACHE_CONTROL, |it| it.contains("no-store"))
}

/// What packs answers. The fastest level: on a page of actions it is within a fifth of the best one's length.
pub(crate) fn layer() -> CompressionLayer<Worthwhile> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(Worthwhile)
}

/// Lets answers be packed only to requests that no page of another origin can make, and marks their tags.
pub(crate) async fn guard(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if !CREDENTIAL_HEADERS
        .iter()
        .any(|name| headers.contains_key(name))
    {
        headers.remove(ACCEPT_ENCODING);
    }
    let mut response = next.run(request).await;
    mark_packed(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware;
    use axum::routing::get;
    use http::header::{AUTHORIZATION, CONTENT_ENCODING};
    use tower::ServiceExt as _;

    async fn is_packed(path: &str, with_key: bool) -> bool {
        let long = || "x".repeat(4096);
        let json = || [(CONTENT_TYPE, "application/json")];
        let router = Router::new()
            .route("/open", get(move || async move { (json(), long()) }))
            .route("/short", get(move || async move { (json(), "x") }))
            .route(
                "/secret",
                get(move || async move { ([(CACHE_CONTROL, "no-store")], json(), long()) }),
            )
            .layer(layer())
            .layer(middleware::from_fn(guard));
        let mut request = Request::builder().uri(path).header(ACCEPT_ENCODING, "gzip");
        if with_key {
            request = request.header(AUTHORIZATION, "Bearer x");
        }
        let answer = router.oneshot(request.body(Body::empty()).unwrap());
        answer
            .await
            .unwrap()
            .headers()
            .contains_key(CONTENT_ENCODING)
    }

    #[tokio::test]
    async fn nothing_is_packed_whose_length_could_tell_a_secret() {
        assert!(is_packed("/open", true).await);
        assert!(
            !is_packed("/open", false).await,
            "a browser may have sent it by itself"
        );
        assert!(!is_packed("/secret", true).await);
        assert!(!is_packed("/short", true).await);
    }
}
