//! Responses.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tollgate_platform::{Header, Limited, error_body};

pub(super) fn refusal(limited: &Limited) -> Response<Full<Bytes>> {
    match limited.status {
        429 => {
            let message = format!(
                "Rate limit exceeded the maximum. Retry the request in [{}] seconds",
                limited.retry_after
            );
            error_response(429, "too.many.requests.retry.after", &message)
        }
        503 => error_response(503, "service.unavailable", "The service is overloaded."),
        status => error_response(status, "request.limit.exceeded", "Request limit exceeded."),
    }
}

pub(super) fn add(headers: &mut HeaderMap, said: Vec<Header>) {
    for (name, value) in said {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

pub(super) fn oauth_error(error: &str) -> Response<Full<Bytes>> {
    let status = if error == "invalid_client" { 401 } else { 400 };
    json_response(status, &json!({"error": error, "description": error}))
}

pub(super) fn error_response(status: u16, code: &str, message: &str) -> Response<Full<Bytes>> {
    json_response(status, &error_body(status, code, message, "emulated"))
}

pub(super) fn json_response(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    set_status(&mut response, status);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

pub(super) fn empty(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    set_status(&mut response, status);
    response
}

fn set_status(response: &mut Response<Full<Bytes>>, status: u16) {
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
}
