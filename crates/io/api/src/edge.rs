//! What all answers have, at whichever listener: a name of their own, and what browsers are told of pages of other
//! origins.
//!
//! **Pages of other origins** may call where the configuration names their origins, at the API and at every gateway
//! alike. Credentials that a browser adds by itself (a certificate of its user's) are never asked for: no answer says
//! `Access-Control-Allow-Credentials`, so a page has what it was given, a token or a key, and nothing more.
//! A gateway has OPTIONS requests that are meant for its upstream: only what a browser asks before it lets a page call
//! (it names the method) is answered here.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::header::{
    ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH,
    IF_NONE_MATCH, ORIGIN, RETRY_AFTER,
};
use http::{Extensions, HeaderName, HeaderValue, Method};
use tollgate_config::{Cors, PageOrigin};
use tollgate_telemetry::CallId;
use tower::{ServiceExt as _, service_fn};
use tower_http::cors::{AllowOrigin, CorsLayer};

const fn named(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// The answer's own name: that of the request, and of the call that it makes; of an error its `contextId` too. The vendor's SDKs read it and send none, so none
/// is read of a request.
pub(crate) const CORRELATION: HeaderName = named("inin-correlation-id");

const METHODS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// What a page may send: what this service reads, and what the vendor's SDKs add.
const SENT: [HeaderName; 13] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_MATCH,
    IF_NONE_MATCH,
    named("x-api-key"),
    named("prefer"),
    named("tollgate-flow"),
    named("tollgate-deadline"),
    named("tollgate-errors"),
    named("tollgate-callback"),
    named("genesys-app"),
    named("purecloud-sdk"),
];

/// What a page may read of an answer's head, beside what any may.
const SHOWN: [HeaderName; 9] = [
    CORRELATION,
    ETAG,
    RETRY_AFTER,
    named("tollgate-waited"),
    named("tollgate-cache"),
    named("preference-applied"),
    named("inin-ratelimit-count"),
    named("inin-ratelimit-allowed"),
    named("inin-ratelimit-reset"),
];

tokio::task_local! {
    /// The name of the request that is answered. Errors are told of where nothing but the error is at hand.
    static NAME: CallId;
}

/// The name of the request that is answered, for its error; one of its own where there is no such request.
pub(crate) fn name_of_error() -> CallId {
    NAME.try_with(|name| *name)
        .unwrap_or_else(|_| CallId::draw())
}

/// The name that a request was given.
pub fn call_id(of: &Extensions) -> CallId {
    of.get().copied().unwrap_or_else(CallId::draw)
}

/// The router behind what all answers have.
pub fn edge(router: Router, cors: Option<&Cors>) -> Router {
    let Some(cors) = cors else {
        return router.layer(middleware::from_fn(name));
    };
    let open = router.clone().layer(layer(cors));
    let both = move |request: Request<Body>| {
        let plain = request.method() == Method::OPTIONS && !asks(&request);
        let by = if plain { &router } else { &open };
        by.clone().oneshot(request)
    };
    let both = Router::new().fallback_service(service_fn(both));
    both.layer(middleware::from_fn(name))
}

/// Whether a browser asks if a page may call. Another OPTIONS request is for the router; the layer would answer it, too.
fn asks(request: &Request<Body>) -> bool {
    let has = |name| request.headers().contains_key(name);
    request.method() == Method::OPTIONS && has(ORIGIN) && has(ACCESS_CONTROL_REQUEST_METHOD)
}

fn layer(cors: &Cors) -> CorsLayer {
    let origins = cors.origins.iter().map(|origin| match origin {
        PageOrigin::Any => None,
        PageOrigin::Page(origin) => HeaderValue::from_str(origin).ok(),
    });
    let origins: Option<Vec<_>> = origins.collect();
    CorsLayer::new()
        .allow_origin(origins.map_or_else(AllowOrigin::any, AllowOrigin::list))
        .allow_methods(METHODS)
        .allow_headers(SENT)
        .expose_headers(SHOWN)
        .max_age(cors.max_age)
}

/// Gives a request its name, which whatever is called for it has, and its answer; unless that has one, of the upstream that
/// the request passed through to.
async fn name(mut request: Request, next: Next) -> Response {
    let (id, method) = (CallId::draw(), request.method().clone());
    request.extensions_mut().insert(id);
    let mut response = NAME.scope(id, next.run(request)).await;
    if !response.headers().contains_key(CORRELATION) {
        let context = id.to_string();
        let status = response.status().as_u16();
        tracing::debug!(context, %method, status, "answered");
        if let Ok(context) = HeaderValue::from_str(&context) {
            response.headers_mut().insert(CORRELATION, context);
        }
    }
    response
}
