//! `/api/v2/integrations/credentials`: what is written here is never given back.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::by;
use crate::doc::{Body as _, id as parse_id, show_time};
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_action::{Callee, TypeFacts};
use tollgate_definitions::Live;
use tollgate_driver::Secret;
use tollgate_json::{Doc, DocError};
use tollgate_store::{
    Credential, CredentialKind, CredentialQuery, EntityId, Expected, NewCredential, Role,
};

const PATH: &str = "/api/v2/integrations/credentials";

/// A credential type, and the fields that it can't do without.
struct Type(CredentialKind, &'static str, &'static [&'static str]);

const TYPES: [Type; 5] = [
    Type(
        CredentialKind::BasicAuth,
        "basicAuth",
        &["userName", "password"],
    ),
    Type(
        CredentialKind::PureCloudOAuthClient,
        "pureCloudOAuthClient",
        &["clientId", "clientSecret"],
    ),
    Type(CredentialKind::UserDefined, "userDefined", &[]),
    Type(CredentialKind::UserDefinedOAuth, "userDefinedOAuth", &[]),
    Type(
        CredentialKind::ZendeskApiToken,
        "zendeskApiToken",
        &["userEmail", "baseUrl", "apiToken"],
    ),
];

/// The vendor's own credential type of an integration type below a base URL, where it can be used here.
pub(crate) fn own_of(of: &TypeFacts) -> Option<&'static str> {
    let own = of.login.split(':').next()?;
    let mut known = TYPES.iter().map(|Type(_, name, _)| *name);
    let own = known.find(|name| *name == own)?;
    (of.calls == Callee::BelowBaseUrl).then_some(own)
}

pub(crate) async fn types(Extension(caller): Caller) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let show = |Type(_, name, required): &Type| {
        let text = |field: &&str| ((*field).to_owned(), json!({"type": "string"}));
        let fields: Map<_, _> = required.iter().map(text).collect();
        json!({
            "id": name,
            "name": name,
            "properties": {
                "type": "object", "properties": fields,
                "additionalProperties": required.is_empty(),
            },
            "displayOrder": required,
            "required": required,
        })
    };
    Ok(Json(TYPES.iter().map(show).collect()))
}

pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let wanted = CredentialQuery {
        name: crate::listing::name(&query),
        page: page.request()?,
        ..CredentialQuery::default()
    };
    let Ok(store) = live.store() else {
        return Ok(Json(page.answer(PATH, &query, Vec::new(), 0)));
    };
    let found = store.list::<Credential>(&wanted).await?;
    let shown = found.items.iter().map(show).collect();
    Ok(Json(page.answer(PATH, &query, shown, found.total)))
}

pub(crate) async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    Ok(Json(show(
        &live.store()?.get::<Credential>(&parse_id(&id)?).await?,
    )))
}

pub(crate) async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let doc = bodies.doc(body).await?;
    let wanted = doc.object("type")?;
    let wanted = wanted
        .as_ref()
        .map_or_else(|| doc.required("type.name"), named)?;
    let found = TYPES.iter().find(|Type(_, name, _)| *name == wanted);
    let Type(kind, _, required) = found.ok_or_else(|| {
        let known: Vec<_> = TYPES.iter().map(|Type(_, name, _)| *name).collect();
        let known = known.join(", ");
        let advice = of_a_type(&wanted);
        ApiError::bad_request(format!(
            "type: expected one of {known}, found {wanted:?}{advice}."
        ))
    })?;
    let fields = fields(&doc)?.unwrap_or_default();
    complete(required, &fields)?;
    let new = NewCredential {
        id: EntityId::random(),
        // The platform takes one without a name, the store doesn't.
        name: doc.text("name")?.unwrap_or(wanted),
        kind: *kind,
        fields,
    };
    let made = live.store()?.create_credential(new, &by(&caller)).await?;
    Ok(Json(show(&made)))
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

/// The platform's types are known by id and by name.
fn named(kind: &Doc) -> Result<String, DocError> {
    match kind.text("name")? {
        Some(name) => Ok(name),
        None => kind.required("id"),
    }
}

pub(crate) async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let doc = bodies.doc(body).await?;
    let store = live.store()?;
    let fields = fields(&doc)?.filter(|fields| !fields.is_empty());
    if let Some(fields) = &fields {
        let kind = store.get::<Credential>(&id).await?.kind;
        let of_kind = TYPES.iter().find(|Type(it, ..)| *it == kind);
        complete(of_kind.map_or(&[], |Type(.., required)| required), fields)?;
    }
    let (name, seen) = (doc.text("name")?, doc.perhaps_seen()?);
    let changed = store
        .update_credential(&id, seen, name, fields, &by(&caller))
        .await?;
    live.refresh().await?;
    Ok(Json(show(&changed)))
}

pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    live.store()?
        .delete::<Credential>(&id, Expected::Any, &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn fields(doc: &Doc) -> Result<Option<BTreeMap<String, Secret>>, ApiError> {
    let texts = doc.texts("credentialFields")?;
    Ok(texts.map(|texts| {
        let secret = |(name, text)| (name, Secret::new(text));
        texts.into_iter().map(secret).collect()
    }))
}

fn complete(required: &[&str], fields: &BTreeMap<String, Secret>) -> Result<(), ApiError> {
    let missing = |name: &&&str| fields.get(**name).is_none_or(|it| it.expose().is_empty());
    match required.iter().find(missing) {
        None => Ok(()),
        Some(name) => Err(ApiError::bad_request(format!(
            "credentialFields.{name}: missing or empty."
        ))),
    }
}

fn show(it: &Credential) -> Value {
    let kind = TYPES.iter().find(|Type(kind, ..)| *kind == it.kind);
    let kind = kind.map_or("", |Type(_, name, _)| *name);
    json!({
        "id": it.id.as_str(),
        "name": it.name,
        "type": {"id": kind, "name": kind},
        "createdDate": show_time(it.created),
        "modifiedDate": show_time(it.modified),
        "version": it.version.0,
        "selfUri": format!("{PATH}/{}", it.id),
    })
}
