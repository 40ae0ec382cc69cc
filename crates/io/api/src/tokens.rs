//! `/api/v2/tokens/me`: whose the token is that a request comes with, and its end.

use crate::actor::EntityRef;
use crate::caller::Caller;
use crate::changes::by;
use crate::clients::{GrantType, OAuthClientState, RoleDivision, role_divisions};
use crate::error::ApiError;
use crate::json::Json;
use crate::organization::NamedEntity;
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::show_time;
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
    scope: Vec<String>,
    state: OAuthClientState,
    organization: NamedEntity,
    /// Of this field and those that follow: there of an OAuth client of the store.
    #[serde(flatten)]
    stored: Option<StoredClient>,
}

/// What is known of an OAuth client of the store alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoredClient {
    role_divisions: Vec<RoleDivision>,
    #[schema(format = DateTime)]
    date_created: String,
    #[schema(format = DateTime)]
    date_modified: String,
    created_by: EntityRef,
    modified_by: EntityRef,
}

impl From<&OAuthClient> for StoredClient {
    fn from(client: &OAuthClient) -> Self {
        Self {
            role_divisions: role_divisions(&client.body),
            date_created: show_time(client.created),
            date_modified: show_time(client.modified),
            created_by: EntityRef::of_actor(&client.created_by),
            modified_by: EntityRef::of_actor(&client.modified_by),
        }
    }
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
    let stored = match &caller.stored {
        Some(id) => Some(live.store()?.get::<OAuthClient>(id).await?),
        None => None,
    };
    let body = stored.as_ref().map(|it| &it.body);
    let of = || NamedEntity::of(&organization);
    Ok(Json(TokenInfo {
        organization: of(),
        home_organization: of(),
        authorized_scope: Vec::new(),
        client: TokenClient {
            id: caller.id.to_string(),
            name: body.map_or_else(|| caller.id.to_string(), |it| it.name.clone()),
            authorized_grant_type: GrantType::ClientCredentials,
            scope: body.map(|it| it.scopes.clone()).unwrap_or_default(),
            // Another one's token isn't alive.
            state: OAuthClientState::Active,
            organization: of(),
            stored: stored.as_ref().map(StoredClient::from),
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
