//! `/api/v2/tokens/me`: whose the token is that a request comes with, and its end.

use crate::caller::Caller;
use crate::changes::by;
use crate::clients::GrantType;
use crate::error::ApiError;
use crate::json::Json;
use crate::organization::NamedEntity;
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::Extension;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use tollgate_callers::{Door, Token};
use tollgate_config::Organization;
use tollgate_definitions::Live;
use tollgate_store::OAuthClient;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on the token that a request comes with.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(show, check, revoke))
}

parameter! {
    /// Of no effect: a token lives as long as was told when it was given, used or not.
    PreserveIdle("preserveIdleTTL"): bool
}

/// Whose a token is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenInfo {
    organization: NamedEntity,
    home_organization: NamedEntity,
    /// Empty: a token of client credentials has no scopes.
    authorized_scope: Vec<String>,
    #[serde(rename = "OAuthClient")]
    client: TokenClient,
}

/// The client of a token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrgOAuthClient)]
struct TokenClient {
    /// Of a caller of the configuration file: its `client_id`.
    id: String,
    name: String,
    authorized_grant_type: GrantType,
    organization: NamedEntity,
}

/// Gets whose token the request comes with.
#[utoipa::path(
    get, path = "/api/v2/tokens/me", operation_id = "getTokensMe", params(PreserveIdle),
    responses((status = 200, description = "The answer.", body = TokenInfo)),
)]
async fn show(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<TokenInfo>, ApiError> {
    PreserveIdle::of(&Query::parse(query.as_deref()))?;
    let name = match &caller.stored {
        Some(id) => live.store()?.get::<OAuthClient>(id).await?.body.name,
        None => caller.id.to_string(),
    };
    let of = || NamedEntity::of(&organization);
    Ok(Json(TokenInfo {
        organization: of(),
        home_organization: of(),
        authorized_scope: Vec::new(),
        client: TokenClient {
            id: caller.id.to_string(),
            name,
            authorized_grant_type: GrantType::ClientCredentials,
            organization: of(),
        },
    }))
}

/// Whether the token that it comes with is alive.
#[utoipa::path(
    head, path = "/api/v2/tokens/me", operation_id = "headTokensMe",
    responses((status = 200, description = "It is.")),
)]
async fn check() -> StatusCode {
    StatusCode::OK
}

/// Ends the token that it comes with.
#[utoipa::path(
    delete, path = "/api/v2/tokens/me", operation_id = "deleteTokensMe",
    responses((status = 204, description = "Done.")),
)]
async fn revoke(
    State(door): State<Arc<Door>>,
    Extension(caller): Caller,
    token: Option<Extension<Token>>,
) -> Result<StatusCode, ApiError> {
    let Some(Extension(token)) = token else {
        let message = "The request logged in by itself, without a token that could be ended.";
        return Err(ApiError::bad_request(message));
    };
    door.revoke(&token, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
