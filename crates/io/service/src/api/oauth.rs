//! `POST /oauth/token`: client credentials, by HTTP Basic or in the form (RFC 6749, 4.4).

use super::App;
use crate::error::ApiError;
use crate::page::form;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

pub(super) async fn token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = form(&app.text(body).await?);
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    if field("grant_type").as_deref() != Some("client_credentials") {
        let description = "Only grant_type=client_credentials is supported.";
        return Ok(refusal(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            description,
        ));
    }
    let credentials = basic(&headers).or_else(|| field("client_id").zip(field("client_secret")));
    let grant =
        credentials.and_then(|(id, secret)| app.callers.grant(&id, &secret, Instant::now()));
    let Some(grant) = grant else {
        let description = "The client id or its secret is wrong.";
        return Ok(refusal(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            description,
        ));
    };
    let answer = json!({
        "access_token": grant.access_token,
        "token_type": "bearer",
        "expires_in": grant.expires_in.as_secs(),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// OAuth's own error shape (RFC 6749, 5.2), with the platform's `description`.
fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    let body =
        json!({"error": error, "description": description, "error_description": description});
    (status, Json(body)).into_response()
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, text) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
