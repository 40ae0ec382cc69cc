//! The page that shows the headroom: three files, part of the program. It needs no token itself; what it
//! shows it asks of the API, as the caller that logs in there.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

/// Nothing but what comes with the page runs in it, and it talks to nobody but this service.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'";

pub(crate) async fn page() -> Response {
    file(
        "text/html; charset=utf-8",
        include_str!("../../../../web/dashboard/index.html"),
    )
}

pub(crate) async fn style() -> Response {
    file(
        "text/css; charset=utf-8",
        include_str!("../../../../web/dashboard/dashboard.css"),
    )
}

pub(crate) async fn script() -> Response {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../../../../web/dashboard/dashboard.js"),
    )
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
