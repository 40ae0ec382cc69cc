//! `POST /oauth/token`: client credentials, by HTTP Basic or in the form (RFC 6749, 4.4).

use crate::bodies::Bodies;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::query::form;
use crate::state::Api;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Serialize;
use std::sync::Arc;
use tollgate_callers::{AdmitError, Door, Now, basic};
use tollgate_driver::Secret;
use tollgate_listen::Peer;
use tollgate_store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operation that needs no token.
pub(crate) fn open_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(token))
}

/// A form with a client's credentials, unless they come by HTTP Basic.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a form; `token` reads its fields")]
struct TokenRequest {
    grant_type: OAuthGrant,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// How a client logs in.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes a form; `token` reads its fields")]
enum OAuthGrant {
    ClientCredentials,
}

/// An access token.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
struct AccessToken {
    access_token: String,
    #[schema(value_type = String)]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
}

/// Logs in with client credentials.
#[utoipa::path(
    post, path = "/oauth/token", operation_id = "postOauthToken",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The answer.", body = AccessToken)),
    security(("client" = []), ()),
)]
async fn token(
    State(bodies): State<Bodies>,
    State(journal): State<Arc<Journal>>,
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
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
    let credentials = basic(&head.headers).or_else(form);
    let wrong = || {
        let description = "The client id or its secret is wrong.";
        refusal(StatusCode::UNAUTHORIZED, "invalid_client", description)
    };
    let Some((id, secret)) = credentials else {
        return Ok(wrong());
    };
    let peer = Peer::of(&head.extensions);
    let granted = door.log_in((&id, &secret), &head.headers, &peer, Now::read());
    let grant = match granted.await {
        Ok(grant) => grant,
        Err(AdmitError::Credentials) => {
            journal.deny();
            return Ok(wrong());
        }
        Err(AdmitError::Store(StoreError::OtherGrant(grant))) => {
            return Ok(other_grant(grant));
        }
        Err(error) => {
            if error.is_refused_login() {
                journal.deny();
            }
            return Err(error.into());
        }
    };
    let answer = AccessToken {
        access_token: grant.access_token.expose().to_owned(),
        token_type: "bearer",
        expires_in: grant.expires_in.as_secs(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// OAuth's own error shape (RFC 6749, 5.2), with the platform's `description`.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub(crate) struct OAuthErrorBody {
    /// What is wrong, in a word for programs.
    error: &'static str,
    /// What is wrong, for people.
    description: String,
    /// The same, where OAuth has it.
    error_description: String,
}

/// The answer to a client that doesn't log in by client credentials.
fn other_grant(grant: &str) -> Response {
    let description = format!(
        "The client's grant is {grant}; this service gives tokens for client credentials alone."
    );
    refusal(StatusCode::BAD_REQUEST, "unauthorized_client", description)
}

fn refusal(status: StatusCode, error: &'static str, description: impl Into<String>) -> Response {
    let description = description.into();
    let body = OAuthErrorBody {
        error,
        description: description.clone(),
        error_description: description,
    };
    (status, Json(body)).into_response()
}
