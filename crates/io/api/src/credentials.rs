//! `/api/v2/integrations/credentials`: what is written here is never given back.

mod cursor;
mod shapes;

use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::Name;
use crate::login::make_login;
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
pub(crate) use shapes::CredentialInfo;
use shapes::{CredentialChange, CredentialRequest, CredentialType, Fields, TYPES, Type, TypeWord};
use std::sync::Arc;
use tollgate_action::{Callee, TypeFacts};
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_store::{
    Credential, CredentialKind, CredentialQuery, CredentialUpdate, EntityId, Integration,
    NewCredential, Role,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/integrations/credentials";

/// The operations on credentials.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(types))
        .merge(cursor::routes())
        .routes(routes!(get, update, remove))
}

/// The vendor's own credential type of an integration type below a base URL, where it can be used here.
pub(crate) fn own_of(of: &TypeFacts) -> Option<&'static str> {
    let own = of.login.split(':').next()?;
    let mut known = TYPES.iter().map(|Type(_, name, _)| *name);
    let own = known.find(|name| *name == own)?;
    (of.calls == Callee::BelowBaseUrl).then_some(own)
}

/// Whether the integration's configuration has the credential in one of its places.
pub(crate) fn uses(integration: &Integration, credential: &str) -> bool {
    let mut credentials = integration.config.credentials.values();
    credentials.any(|id| id.as_str() == credential)
}

/// The credential types.
#[utoipa::path(
    get, path = "/api/v2/integrations/credentials/types", operation_id = "getIntegrationsCredentialsTypes",
    responses((status = 200, description = "The answer.", body = Vec<CredentialType>)),
)]
async fn types(Extension(caller): Caller) -> Result<Json<Vec<CredentialType>>, ApiError> {
    caller.needs_any()?;
    Ok(Json(
        TYPES
            .iter()
            .map(|Type(kind, ..)| CredentialType::of(kind))
            .collect(),
    ))
}

/// Lists credentials, without their fields.
#[utoipa::path(
    get, path = PATH, operation_id = "getIntegrationsCredentials",
    params(Page, Name),
    responses((status = 200, description = "A page.", body = Listing<CredentialInfo>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<CredentialInfo>>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let wanted = CredentialQuery {
        name: Name::filter(&query),
        page: page.request()?,
        ..CredentialQuery::default()
    };
    let Ok(store) = live.store() else {
        return Ok(Json(page.answer(PATH, &query, Vec::new(), 0)));
    };
    let found = store.list::<Credential>(&wanted).await?;
    let shown = found.items.iter().map(CredentialInfo::of).collect();
    Ok(Json(page.answer(PATH, &query, shown, found.total)))
}

/// Gets a credential, without its fields.
#[utoipa::path(
    get, path = "/api/v2/integrations/credentials/{credentialId}", operation_id = "getIntegrationsCredential",
    responses((status = 200, description = "The answer.", body = CredentialInfo), ChangeErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<CredentialInfo>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let found = live.store()?.get::<Credential>(&parse_id(&id)?).await?;
    Ok(Json(CredentialInfo::of(&found)))
}

/// Makes a credential.
#[utoipa::path(
    post, path = PATH, operation_id = "postIntegrationsCredentials",
    request_body = CredentialRequest,
    responses((status = 200, description = "The answer.", body = CredentialInfo), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<CredentialInfo>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = CredentialRequest::read(&body.doc().await?)?;
    let (kind, required) = request.r#type.kind()?;
    let fields = request.credential_fields.unwrap_or_default();
    complete(required, &fields)?;
    let new = NewCredential {
        id: EntityId::random(),
        // The platform takes one without a name, the store doesn't.
        name: request.name.unwrap_or_else(|| kind.word().to_owned()),
        kind,
        fields,
    };
    let made = live.store()?.create_credential(new, &by(&caller)).await?;
    Ok(Json(CredentialInfo::of(&made)))
}

/// Changes a credential, its type too; fields replace all of them.
#[utoipa::path(
    put, path = "/api/v2/integrations/credentials/{credentialId}", operation_id = "putIntegrationsCredential",
    params(IfMatch),
    request_body = CredentialChange,
    responses((status = 200, description = "The answer.", body = CredentialInfo), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: SentBody,
) -> Result<Json<CredentialInfo>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let request = CredentialChange::read(&body.doc().await?)?;
    let store = live.store()?;
    let before = store.get::<Credential>(&id).await?;
    let kind = request.r#type.map(TypeWord::kind).transpose()?;
    let kind = kind.map(|(kind, required)| (Some(kind), required));
    let (kind, required) = kind.unwrap_or_else(|| (None, required_by(&before.kind)));
    let fields = request
        .credential_fields
        .filter(|fields| !fields.is_empty());
    match &fields {
        Some(fields) => complete(required, fields)?,
        // What is in them is known to nobody, but whether they are there.
        None => complete_with(required, |name| before.fields.iter().any(|it| it == name))?,
    }
    let logs_in = kind
        .as_ref()
        .is_some_and(|kind| *kind == CredentialKind::UserDefinedOAuth && *kind != before.kind);
    let update = CredentialUpdate {
        name: request.name,
        kind,
        fields,
    };
    let changed = store
        .update_credential(&id, if_match.or(request.version)?, update, &by(&caller))
        .await?;
    if logs_in {
        let catalog = live.catalog();
        let stored = catalog.integrations().filter_map(|it| it.stored.as_ref());
        for user in stored.filter(|it| uses(it, id.as_str())) {
            make_login(&live, &caller, user).await?;
        }
    }
    live.refresh().await?;
    Ok(Json(CredentialInfo::of(&changed)))
}

/// Deletes a credential that nothing uses.
#[utoipa::path(
    delete, path = "/api/v2/integrations/credentials/{credentialId}", operation_id = "deleteIntegrationsCredential",
    params(IfMatch),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    live.store()?
        .delete::<Credential>(&id, if_match.expected(), &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The fields that a credential of the type can't do without.
fn required_by(kind: &CredentialKind) -> &'static [&'static str] {
    let known = TYPES.iter().find(|Type(it, ..)| it == kind);
    known.map_or(&[], |Type(.., required)| required)
}

fn complete(required: &[&str], fields: &Fields) -> Result<(), ApiError> {
    let is_there = |name: &str| fields.get(name).is_some_and(|it| !it.expose().is_empty());
    complete_with(required, is_there)
}

fn complete_with(required: &[&str], is_there: impl Fn(&str) -> bool) -> Result<(), ApiError> {
    match required.iter().find(|name| !is_there(name)) {
        None => Ok(()),
        Some(name) => Err(ApiError::bad_request(format!(
            "credentialFields.{name}: missing or empty."
        ))),
    }
}
