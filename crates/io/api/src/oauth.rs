//! `POST /oauth/token`: client credentials, by HTTP Basic or in the form (RFC 6749, 4.4).

use crate::bodies::Bodies;
use crate::caller::{Caller, Token};
use crate::callers::Callers;
use crate::changes::by;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::logins::Logins;
use crate::page::form;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;
use tollgate_definitions::wall_time;
use tollgate_driver::Secret;
use tollgate_listen::Peer;
use tollgate_store::StoreError;

pub(crate) async fn token(
    State(bodies): State<Bodies>,
    State(journal): State<Arc<Journal>>,
    State(callers): State<Arc<Callers>>,
    State(logins): State<Arc<Logins>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = form(&bodies.text(body).await?);
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
    let form = || Some((field("client_id")?, Secret::new(field("client_secret")?)));
    let credentials = basic(&headers).or_else(form);
    let wrong = || {
        let description = "The client id or its secret is wrong.";
        refusal(StatusCode::UNAUTHORIZED, "invalid_client", description)
    };
    let Some((id, secret)) = credentials else {
        return Ok(wrong());
    };
    let peer = peer.map_or(
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        |Extension(Peer(peer))| peer,
    );
    let source = logins.source(peer, &headers);
    let attempt = match logins.enter(source, &id, &secret, Instant::now()) {
        Ok(attempt) => attempt,
        Err(wait) => {
            journal.deny();
            let message = "Too many wrong logins from this address or of this client id.";
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Err(ApiError::new(status, "too.many.wrong.logins", message).retry_after(wait));
        }
    };
    let granted = callers
        .grant(&id, &secret, (Instant::now(), wall_time()))
        .await;
    let grant = match granted {
        Ok(grant) => {
            logins.right(&attempt, Instant::now());
            grant
        }
        Err(StoreError::Denied) => {
            logins.wrong(&attempt);
            journal.deny();
            return Ok(wrong());
        }
        Err(error) => {
            logins.give_back(&attempt, Instant::now());
            return Err(error.into());
        }
    };
    let answer = json!({
        "access_token": grant.access_token.expose(),
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

/// `DELETE /api/v2/tokens/me`: ends the token that the request came with.
pub(crate) async fn revoke(
    State(callers): State<Arc<Callers>>,
    Extension(caller): Caller,
    Extension(token): Extension<Token>,
) -> Result<StatusCode, ApiError> {
    callers.revoke(&token.0, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
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
    Some((id.to_owned(), Secret::new(secret.to_owned())))
}
