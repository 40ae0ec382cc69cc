//! `/api/v2/oauth/clients`: who may call, and what they may do.
//!
//! A role is `execute`, `author`, `administer`, or one of the organisation's by its GUID. `roleIds` hold everywhere; a
//! `roleDivisions` entry holds where its `divisionId` says: `*` and the home division are everywhere, the id of an
//! integration or of an action (which has `_-_` in it) is that, and another division is nowhere, since divisions
//! separate nothing here. What is written is read again as it was written; what of it has no effect is told in
//! `tollgateNotes`.
//!
//! **Somebody must be able to change clients.** The last active client that administers everything can't be deleted,
//! switched off or demoted, unless a caller of the configuration file may administer everything.
//!
//! `tollgateFlows` and `tollgateDefaultFlow` are ours: the flows that it may call as.

mod roles;
mod shapes;

use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::Name;
use crate::page::{Listing, Page, whole};
use crate::query::Query;
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{FromRef, Path, RawQuery, State};
use http::{HeaderName, StatusCode, header};
use roles::Known;
pub(crate) use roles::{RoleDivision, role_divisions};
use shapes::{Client, OAuthClientRequest, show};
pub(crate) use shapes::{GrantType, OAuthClientState, RoleId};
use std::sync::Arc;
use tollgate_callers::{Door, Over, administers};
use tollgate_config::Organization;
use tollgate_definitions::{EVERY, Lanes, Live};
use tollgate_store::{Administers, ClientBody, ClientQuery, EntityId, OAuthClient, Pages, Role};
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

/// Lists callers: all of them, or a page where one is asked for.
#[utoipa::path(
    get, path = PATH, operation_id = "getOauthClients", params(Page, Name),
    responses((status = 200, description = "The list.", body = Listing<Client>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Client>>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let page = Page::given(&query)?;
    let wanted = |page| ClientQuery {
        name: Name::filter(&query),
        page,
        ..ClientQuery::default()
    };
    let show = |it: &OAuthClient| show(it, &organization, None);
    let store = live.store().ok();
    if let Some(page) = page {
        let found = match store {
            Some(store) => store.list::<OAuthClient>(&wanted(page.request()?)).await?,
            None => return Ok(Json(page.answer(PATH, &query, Vec::new(), 0))),
        };
        let shown = found.items.iter().map(show).collect();
        return Ok(Json(page.answer(PATH, &query, shown, found.total)));
    }
    let mut pages = Pages::default();
    while let (Some(store), Some(page)) = (store, pages.next()) {
        pages.add(store.list::<OAuthClient>(&wanted(page)).await)?;
    }
    whole(PATH, &query, &pages.found(), show).map(Json)
}

/// Gets a caller.
#[utoipa::path(
    get, path = "/api/v2/oauth/clients/{clientId}", operation_id = "getOauthClient",
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Client>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let found = live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    Ok(Json(show(&found, &organization, None)))
}

/// Makes a caller; its secret is shown once.
#[utoipa::path(
    post, path = PATH, operation_id = "postOauthClients", request_body = OAuthClientRequest,
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    State(lanes): State<Arc<Lanes>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Secretive, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = OAuthClientRequest::read(&body.doc().await?)?;
    let known = Known {
        organization: &organization,
        live: &live,
        before: None,
    };
    let written = request.body(&lanes, known).await?;
    let made = live
        .store()?
        .create_client(EntityId::random(), written, &by(&caller))
        .await?;
    let shown = show(&made.client, &organization, Some(&made.secret));
    Ok((NO_STORE, Json(shown)))
}

/// What a change of a caller needs beside it.
struct Changing {
    organization: Arc<Organization>,
    lanes: Arc<Lanes>,
    door: Arc<Door>,
}

impl FromRef<Api> for Changing {
    fn from_ref(api: &Api) -> Self {
        Self {
            organization: FromRef::from_ref(api),
            lanes: FromRef::from_ref(api),
            door: FromRef::from_ref(api),
        }
    }
}

impl Changing {
    /// Which clients administer everything, where one of them must remain.
    fn administrators(&self) -> Option<Box<Administers<'_>>> {
        let administers = |body: &ClientBody| administers(body, &self.organization);
        (!self.door.file_administers()).then(|| Box::new(administers) as Box<_>)
    }
}

/// Replaces a caller. The last one that may administer everything stays so.
#[utoipa::path(
    put, path = "/api/v2/oauth/clients/{clientId}", operation_id = "putOauthClient",
    params(IfMatch), request_body = OAuthClientRequest,
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(changing): State<Changing>,
    Extension(caller): Caller,
    (Path(id), if_match): (Path<String>, IfMatch),
    body: SentBody,
) -> Result<Json<Client>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let request = OAuthClientRequest::read(&body.doc().await?)?;
    let before = live.store()?.get::<OAuthClient>(&id).await?;
    let seen = if_match.or(request.version)?;
    let known = Known {
        organization: &changing.organization,
        live: &live,
        before: Some(&before.body),
    };
    let written = request.body(&changing.lanes, known).await?;
    let administrators = changing.administrators();
    let changed = live
        .store()?
        .update_client(&id, seen, written, administrators.as_deref(), &by(&caller))
        .await?;
    changing.door.forget();
    Ok(Json(show(&changed, &changing.organization, None)))
}

/// Deletes a caller with its tokens, unless it is the last one that may administer everything.
#[utoipa::path(
    delete, path = "/api/v2/oauth/clients/{clientId}", operation_id = "deleteOauthClient",
    params(IfMatch),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    State(changing): State<Changing>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let administrators = changing.administrators();
    live.store()?
        .delete_client(
            &id,
            if_match.expected(),
            administrators.as_deref(),
            &by(&caller),
        )
        .await?;
    changing.door.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// A new secret; the old one's tokens end.
#[utoipa::path(
    post, path = "/api/v2/oauth/clients/{clientId}/secret", operation_id = "postOauthClientSecret",
    responses((status = 200, description = "The answer.", body = Client), ChangeErrors),
)]
async fn renew(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
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
    let shown = show(&made.client, &organization, Some(&made.secret));
    Ok((NO_STORE, Json(shown)))
}

/// The name of a flow that there is here.
fn flow(lanes: &Lanes, field: &str, name: String) -> Result<String, ApiError> {
    if lanes.has(&name) || (name == EVERY && field == "tollgateFlows") {
        return Ok(name);
    }
    let message = format!("{field}: the configuration file has no [[flow]] {name:?}.");
    Err(ApiError::bad_request(message))
}
