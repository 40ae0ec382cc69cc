//! Responses.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tollgate_platform::{Header, Limited, error_body};

pub(super) fn refusal(limited: &Limited) -> Response<Full<Bytes>> {
    let (code, message) = limited.words();
    error_response(limited.status, code, &message)
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
