//! `/api/v2/integrations/credentials`: what is written here is never given back.

mod cursor;
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
use http::StatusCode;
use serde_json::{Map, json};
pub(crate) use shapes::CredentialInfo;
use shapes::{CredentialRequest, CredentialType, CredentialUpdate, Fields, TYPES, Type, TypeWord};
use std::sync::Arc;
use tollgate_action::{Callee, TypeFacts};
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_store::{Credential, CredentialQuery, EntityId, NewCredential, Role};
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

/// The credential types.
#[utoipa::path(
    get, path = "/api/v2/integrations/credentials/types", operation_id = "getIntegrationsCredentialsTypes",
    responses((status = 200, description = "The answer.", body = Vec<CredentialType>)),
)]
async fn types(Extension(caller): Caller) -> Result<Json<Vec<CredentialType>>, ApiError> {
    caller.needs_any()?;
    let show = |Type(_, name, required): &Type| {
        let text = |field: &&str| ((*field).to_owned(), json!({"type": "string"}));
        let fields: Map<_, _> = required.iter().map(text).collect();
        CredentialType {
            id: name,
            name,
            properties: json!({
                "type": "object", "properties": fields,
                "additionalProperties": required.is_empty(),
            }),
            display_order: required,
            required,
        }
    };
    Ok(Json(TYPES.iter().map(show).collect()))
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
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<CredentialInfo>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = CredentialRequest::read(&bodies.doc(body).await?)?;
    let TypeWord(wanted) = request.r#type;
    let found = TYPES.iter().find(|Type(_, name, _)| *name == wanted);
    let Type(kind, _, required) = found.ok_or_else(|| {
        let known: Vec<_> = TYPES.iter().map(|Type(_, name, _)| *name).collect();
        let known = known.join(", ");
        let advice = of_a_type(&wanted);
        ApiError::bad_request(format!(
            "type: expected one of {known}, found {wanted:?}{advice}."
        ))
    })?;
    let fields = request.credential_fields.unwrap_or_default();
    complete(required, &fields)?;
    let new = NewCredential {
        id: EntityId::random(),
        // The platform takes one without a name, the store doesn't.
        name: request.name.unwrap_or(wanted),
        kind: *kind,
        fields,
    };
    let made = live.store()?.create_credential(new, &by(&caller)).await?;
    Ok(Json(CredentialInfo::of(&made)))
}

/// What serves instead of the vendor's own credential of one integration type; nothing if it is none.
fn of_a_type(wanted: &str) -> String {
    let is = |facts: &&TypeFacts| facts.login.split(':').next() == Some(wanted);
    match TypeFacts::all().iter().find(is) {
        Some(facts) if facts.served => format!(
            "; an integration of the type {} logs in with userDefinedOAuth (the fields loginUrl, clientId and \
             clientSecret of an app of your own) or with basicAuth",
            facts.id
        ),
        Some(facts) => format!(
            "; no integration of its type is served: {}",
            facts.instead()
        ),
        None => String::new(),
    }
}

/// Changes a credential; fields replace all of them.
#[utoipa::path(
    put, path = "/api/v2/integrations/credentials/{credentialId}", operation_id = "putIntegrationsCredential",
    params(IfMatch),
    request_body = CredentialUpdate,
    responses((status = 200, description = "The answer.", body = CredentialInfo), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: Body,
) -> Result<Json<CredentialInfo>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let request = CredentialUpdate::read(&bodies.doc(body).await?)?;
    let store = live.store()?;
    let fields = request
        .credential_fields
        .filter(|fields| !fields.is_empty());
    if let Some(fields) = &fields {
        let kind = store.get::<Credential>(&id).await?.kind;
        let of_kind = TYPES.iter().find(|Type(it, ..)| *it == kind);
        complete(of_kind.map_or(&[], |Type(.., required)| required), fields)?;
    }
    let changed = store
        .update_credential(
            &id,
            if_match.or(request.version)?,
            request.name,
            fields,
            &by(&caller),
        )
        .await?;
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

fn complete(required: &[&str], fields: &Fields) -> Result<(), ApiError> {
    let missing = |name: &&&str| fields.get(**name).is_none_or(|it| it.expose().is_empty());
    match required.iter().find(missing) {
        None => Ok(()),
        Some(name) => Err(ApiError::bad_request(format!(
            "credentialFields.{name}: missing or empty."
        ))),
    }
}
