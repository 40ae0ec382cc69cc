//! What of the platform's API isn't here: it is passed on, or answered in words.
//!
//! A path is *ours* if an operation of the document has it. Every other path below `/api/v2/` is the platform's, and so
//! is a method that a path of ours doesn't take. Where a gateway has `unknown_paths = true`, such a request goes to
//! it, and its caller's list decides as for every request that passes. Where none has, the answer says whose it is,
//! and how to have it passed on.
//!
//! Some paths of the platform's look like ones of ours with an id ([`SWALLOWED`]): these are told apart by being
//! routes of their own. Nothing below `/api/v2/tollgate/` is ever passed on.

use crate::error::ApiError;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// The areas of the platform's API by the first part of their paths, from the vendor's Python SDK 269 (*documented*:
/// the names of its API classes).
const AREAS: &str = include_str!("elsewhere/areas.tsv");
const API: &str = "/api/v2/";

/// Paths of the platform's (of its Python SDK 269) that would be taken for one of ours with an id in the place of
/// the last part. `tests/sdk/test_elsewhere.py` finds those that are missing.
const SWALLOWED: &[&str] = &[
    "/api/v2/authorization/divisions/deleted",
    "/api/v2/authorization/divisions/limit",
    "/api/v2/authorization/divisions/query",
    "/api/v2/authorization/roles/default",
    "/api/v2/authorization/roles/settings",
    "/api/v2/flows/milestones",
    "/api/v2/flows/outcomes",
    "/api/v2/integrations/actions/certificates",
    "/api/v2/integrations/clientapps",
    "/api/v2/integrations/userapps",
];

type Answer = dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync;

/// Answers requests for what isn't here, as an extension of the requests that the API gets.
#[derive(Clone)]
pub struct Elsewhere(Arc<Answer>);

impl Elsewhere {
    /// They are answered by this.
    pub fn new<F>(answer: impl Fn(Request) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(answer(request))))
    }
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Elsewhere")
    }
}

/// Paths of the platform's beside those that the document has.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(own: &BTreeSet<String>) -> Router<S> {
    let swallowed = SWALLOWED.iter().filter(|path| !own.contains(**path));
    swallowed.fold(Router::new(), |router, path| {
        router.route(path, any(no_such_path))
    })
}

/// Answers a request whose path none of the operations has.
pub(crate) async fn no_such_path(request: Request) -> Response {
    match of_platform(&request) {
        Ok(elsewhere) => (elsewhere.0)(request).await,
        Err(words) => ApiError::not_found(words).into_response(),
    }
}

/// Answers a request whose path is there, for other methods. The router says in `Allow` which methods there are; that
/// is all that OPTIONS asks for.
pub(crate) async fn no_such_method(request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    match of_platform(&request) {
        Ok(elsewhere) => (elsewhere.0)(request).await,
        Err(words) => {
            let message = format!("This path does not take this method. {words}");
            let status = StatusCode::METHOD_NOT_ALLOWED;
            ApiError::new(status, "method.not.allowed", message).into_response()
        }
    }
}

/// Who answers a request that isn't ours, or what is said of it where nobody does.
fn of_platform(request: &Request) -> Result<Elsewhere, String> {
    let path = request.uri().path();
    let below = path.strip_prefix(API).filter(|it| !is_own(it));
    let Some(below) = below else {
        return Err("There is no such path here.".to_owned());
    };
    let elsewhere = request.extensions().get::<Elsewhere>().cloned();
    elsewhere.ok_or_else(|| whose(request.method(), below))
}

/// Whether what lies below `/api/v2/` is this service's own, however it is written.
fn is_own(below: &str) -> bool {
    let first = below.split('/').next().unwrap_or_default();
    let first = percent_encoding::percent_decode_str(first).decode_utf8_lossy();
    first.eq_ignore_ascii_case("tollgate")
}

fn whose(method: &Method, below: &str) -> String {
    let first = below.split('/').next().unwrap_or_default();
    let mut areas = AREAS.lines().filter_map(|line| line.split_once('\t'));
    let Some((_, area)) = areas.find(|(segment, _)| *segment == first) else {
        return "There is no such path here, and none of the platform's that is known.".to_owned();
    };
    format!(
        "{method} {API}{below} isn't here; it may be the platform's ({area}). To have it passed on to the platform, \
         give a [[gateway]] of the configuration file unknown_paths = true, and list it in the caller's pass_through."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    async fn ask(router: Router, method: &str, path: &str) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn router() -> Router {
        let own = ["/api/v2/flows/outcomes".to_owned()].into();
        let id = "/api/v2/flows/{flowId}";
        Router::new()
            .route(id, axum::routing::get(|| async { "a flow" }))
            .merge(routes(&own))
            .fallback(no_such_path)
            .method_not_allowed_fallback(no_such_method)
    }

    #[tokio::test]
    async fn what_is_not_here_is_told_or_passed_on() {
        let passed = || {
            let answer = |request: Request| async move {
                format!("passed {}", request.uri().path()).into_response()
            };
            router().layer(Extension(Elsewhere::new(answer)))
        };
        for (method, path, status, words, is_passed) in [
            ("GET", "/api/v2/flows/x", 200, "a flow", false),
            ("GET", "/api/v2/flows/outcomes", 200, "a flow", false),
            ("GET", "/api/v2/flows/milestones", 404, "(Architect)", true),
            ("DELETE", "/api/v2/flows/x", 405, "(Architect)", true),
            ("GET", "/api/v2/routing/queues", 404, "(Routing)", true),
            ("GET", "/api/v2/novelties", 404, "that is known", true),
            (
                "GET",
                "/api/v2/tollgate/x",
                404,
                "no such path here.",
                false,
            ),
            (
                "GET",
                "/api/v2/Tollgate/x",
                404,
                "no such path here.",
                false,
            ),
            ("GET", "/elsewhere", 404, "no such path here.", false),
        ] {
            let (found, body) = ask(router(), method, path).await;
            assert_eq!(
                (found.as_u16(), body.contains(words)),
                (status, true),
                "{path} {body}"
            );
            let (_, body) = ask(passed(), method, path).await;
            assert_eq!(body == format!("passed {path}"), is_passed, "{path} {body}");
        }
    }

    #[test]
    fn areas_are_sorted_and_named_once() {
        let segments: Vec<_> = AREAS
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .collect();
        assert!(segments.len() > 80);
        assert!(segments.is_sorted_by(|a, b| a.0 < b.0));
    }
}
