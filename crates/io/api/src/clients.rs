//! `/api/v2/oauth/clients`: who may call, and what they may do.
//!
//! `roleIds` (`execute`, `author`, `administer`) hold everywhere; a `roleDivisions` entry holds where its
//! `divisionId` says: `*`, or the id of an integration or of an action (which has `_-_` in it).
//! `tollgateFlows` and `tollgateDefaultFlow` are ours: the flows that it may call as.

mod shapes;

use crate::answers::ChangeErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::Name;
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::{HeaderName, StatusCode, header};
use shapes::{Client, OAuthClientRequest, show};
pub(crate) use shapes::{GrantType, RoleId};
use std::sync::Arc;
use tollgate_callers::{Door, Over};
use tollgate_definitions::{EVERY, Lanes, Live};
use tollgate_store::{ClientQuery, EntityId, OAuthClient, Role};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/oauth/clients";
/// An answer with a secret in it is for its caller alone, not for what lies between.
type Secretive = ([(HeaderName, &'static str); 1], Json<Client>);
const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The operations on callers.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(get, update, remove))
        .routes(routes!(renew))
}

/// Lists callers.
#[utoipa::path(
    get, path = PATH, operation_id = "getOauthClients", params(Page, Name),
    responses((status = 200, description = "A page.", body = Listing<Client>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Client>>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let wanted = ClientQuery {
        name: Name::filter(&query),
        page: page.request()?,
        ..ClientQuery::default()
    };
    let Ok(store) = live.store() else {
        return Ok(Json(page.answer(PATH, &query, Vec::new(), 0)));
    };
    let found = store.list::<OAuthClient>(&wanted).await?;
    let shown = found.items.iter().map(|it| show(it, None)).collect();
    Ok(Json(page.answer(PATH, &query, shown, found.total)))
}

/// Gets a caller.
#[utoipa::path(
    get, path = "/api/v2/oauth/clients/{clientId}", operation_id = "getOauthClient",
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Client>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let found = live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    Ok(Json(show(&found, None)))
}

/// Makes a caller; its secret is shown once.
#[utoipa::path(
    post, path = PATH, operation_id = "postOauthClients", request_body = OAuthClientRequest,
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(lanes): State<Arc<Lanes>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Secretive, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = OAuthClientRequest::read(&bodies.doc(body).await?)?;
    let written = request.body(&lanes, None)?;
    let made = live
        .store()?
        .create_client(EntityId::random(), written, &by(&caller))
        .await?;
    Ok((NO_STORE, Json(show(&made.client, Some(&made.secret)))))
}

/// Replaces a caller.
#[utoipa::path(
    put, path = "/api/v2/oauth/clients/{clientId}", operation_id = "putOauthClient",
    params(IfMatch), request_body = OAuthClientRequest,
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(door): State<Arc<Door>>,
    State(lanes): State<Arc<Lanes>>,
    Extension(caller): Caller,
    (Path(id), if_match): (Path<String>, IfMatch),
    body: Body,
) -> Result<Json<Client>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let request = OAuthClientRequest::read(&bodies.doc(body).await?)?;
    let before = live.store()?.get::<OAuthClient>(&id).await?;
    let seen = if_match.or(request.version)?;
    let written = request.body(&lanes, Some(&before.body))?;
    let changed = live
        .store()?
        .update_client(&id, seen, written, &by(&caller))
        .await?;
    door.forget();
    Ok(Json(show(&changed, None)))
}

/// Deletes a caller with its tokens.
#[utoipa::path(
    delete, path = "/api/v2/oauth/clients/{clientId}", operation_id = "deleteOauthClient",
    params(IfMatch),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    State(door): State<Arc<Door>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    live.store()?
        .delete::<OAuthClient>(&id, if_match.expected(), &by(&caller))
        .await?;
    door.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// A new secret; the old one's tokens end.
#[utoipa::path(
    post, path = "/api/v2/oauth/clients/{clientId}/secret", operation_id = "postOauthClientSecret",
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn renew(
    State(live): State<Arc<Live>>,
    State(door): State<Arc<Door>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Secretive, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let made = live
        .store()?
        .new_client_secret(&parse_id(&id)?, &by(&caller))
        .await?;
    door.forget();
    Ok((NO_STORE, Json(show(&made.client, Some(&made.secret)))))
}

/// The name of a flow that there is here.
fn flow(lanes: &Lanes, field: &str, name: String) -> Result<String, ApiError> {
    if lanes.has(&name) || (name == EVERY && field == "tollgateFlows") {
        return Ok(name);
    }
    let message = format!("{field}: the configuration file has no [[flow]] {name:?}.");
    Err(ApiError::bad_request(message))
}
