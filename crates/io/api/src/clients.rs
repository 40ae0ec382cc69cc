//! `/api/v2/oauth/clients`: who may call, and what they may do.
//!
//! `roleIds` (`execute`, `author`, `administer`) hold everywhere; a `roleDivisions` entry holds where its
//! `divisionId` says: `*`, or the id of an integration or of an action (which has `_-_` in it).
//! `tollgateFlows` and `tollgateDefaultFlow` are ours: the flows that it may call as.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::callers::Callers;
use crate::changes::by;
use crate::doc::{Body as _, id as parse_id, show_time};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tollgate_definitions::{EVERY, Lanes, Live};
use tollgate_driver::Secret;
use tollgate_json::Doc;
use tollgate_store::{
    ClientBody, ClientQuery, ClientState, EntityId, Expected, Grant, OAuthClient, Reach, Role,
};

const PATH: &str = "/api/v2/oauth/clients";
const DAY: i64 = 86_400;
/// An answer with a secret in it is for its caller alone, not for what lies between.
type Secretive = ([(HeaderName, &'static str); 1], Json<Value>);
const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];
/// The roles, by their ids.
const ROLES: [(&str, Role); 3] = [
    ("execute", Role::Execute),
    ("author", Role::Author),
    ("administer", Role::Administer),
];

pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let wanted = ClientQuery {
        name: listing::name(&query),
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

pub(crate) async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let found = live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    Ok(Json(show(&found, None)))
}

/// The answer has the secret; it is shown once.
pub(crate) async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(lanes): State<Arc<Lanes>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Secretive, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let written = read(&lanes, &bodies.doc(body).await?, None)?;
    let made = live
        .store()?
        .create_client(EntityId::random(), written, &by(&caller))
        .await?;
    Ok((NO_STORE, Json(show(&made.client, Some(&made.secret)))))
}

pub(crate) async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(callers): State<Arc<Callers>>,
    State(lanes): State<Arc<Lanes>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    let doc = bodies.doc(body).await?;
    let before = live.store()?.get::<OAuthClient>(&id).await?;
    let (written, seen) = (read(&lanes, &doc, Some(&before.body))?, doc.perhaps_seen()?);
    let changed = live
        .store()?
        .update_client(&id, seen, written, &by(&caller))
        .await?;
    callers.forget();
    Ok(Json(show(&changed, None)))
}

pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    State(callers): State<Arc<Callers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let id = parse_id(&id)?;
    live.store()?
        .delete::<OAuthClient>(&id, Expected::Any, &by(&caller))
        .await?;
    callers.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// A new secret; what the old one got is worth nothing any more.
pub(crate) async fn renew(
    State(live): State<Arc<Live>>,
    State(callers): State<Arc<Callers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Secretive, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let made = live
        .store()?
        .new_client_secret(&parse_id(&id)?, &by(&caller))
        .await?;
    callers.forget();
    Ok((NO_STORE, Json(show(&made.client, Some(&made.secret)))))
}

/// `before`: fields of ours stay as they are where a body doesn't have them, since the vendor's SDKs know
/// nothing of them.
fn read(lanes: &Lanes, doc: &Doc, before: Option<&ClientBody>) -> Result<ClientBody, ApiError> {
    match doc.text("authorizedGrantType")?.as_deref() {
        None | Some("CLIENT-CREDENTIALS") => {}
        Some(other) => {
            return Err(ApiError::bad_request(format!(
                "authorizedGrantType: only CLIENT-CREDENTIALS is supported, found {other:?}."
            )));
        }
    }
    let state = match doc.text("state")?.as_deref() {
        None | Some("active") => ClientState::Active,
        Some("inactive" | "disabled") => ClientState::Inactive,
        Some(other) => {
            return Err(ApiError::bad_request(format!(
                "state: expected active or inactive, found {other:?}."
            )));
        }
    };
    let life = doc.whole("accessTokenValiditySeconds", 300, 2 * DAY)?;
    Ok(ClientBody {
        name: doc.required("name")?,
        description: doc.text("description")?.unwrap_or_default(),
        grants: grants(doc)?,
        access_token_validity_seconds: u32::try_from(life.unwrap_or(DAY)).unwrap_or(300),
        state,
        flows: match doc.list("tollgateFlows")? {
            Some(names) => names
                .into_iter()
                .map(|name| flow(lanes, "tollgateFlows", name))
                .collect::<Result<_, _>>()?,
            None => before.map(|it| it.flows.clone()).unwrap_or_default(),
        },
        default_flow: match doc.text("tollgateDefaultFlow")? {
            Some(name) if name.is_empty() => None,
            Some(name) => Some(flow(lanes, "tollgateDefaultFlow", name)?),
            None => before.and_then(|it| it.default_flow.clone()),
        },
    })
}

/// The name of a flow that there is here.
fn flow(lanes: &Lanes, field: &str, name: String) -> Result<String, ApiError> {
    if lanes.has(&name) || (name == EVERY && field == "tollgateFlows") {
        return Ok(name);
    }
    let message = format!("{field}: the configuration file has no [[flow]] {name:?}.");
    Err(ApiError::bad_request(message))
}

fn grants(doc: &Doc) -> Result<BTreeSet<Grant>, ApiError> {
    let role = |id: &str, field: &str| {
        let found = ROLES.iter().find(|(name, _)| *name == id);
        found.map(|(_, role)| *role).ok_or_else(|| {
            ApiError::bad_request(format!(
                "{field}: expected execute, author or administer, found {id:?}."
            ))
        })
    };
    let everywhere = |role| Grant {
        role,
        reach: Reach::Everything,
    };
    let mut grants = BTreeSet::new();
    for id in doc.list("roleIds")?.unwrap_or_default() {
        grants.insert(everywhere(role(&id, "roleIds")?));
    }
    // One grant for each role and kind of place, however many places there are.
    let mut places: BTreeMap<(Role, bool), BTreeSet<String>> = BTreeMap::new();
    let divisions = doc.get("roleDivisions").and_then(Value::as_array);
    for entry in divisions.into_iter().flatten() {
        let text = |name: &str| {
            let missing = || ApiError::bad_request(format!("roleDivisions: {name} is missing."));
            entry.get(name).and_then(Value::as_str).ok_or_else(missing)
        };
        let (role, place) = (role(text("roleId")?, "roleDivisions")?, text("divisionId")?);
        if place == "*" {
            grants.insert(everywhere(role));
        } else {
            let action = place.contains("_-_");
            places
                .entry((role, action))
                .or_default()
                .insert(place.to_owned());
        }
    }
    grants.extend(places.into_iter().map(|((role, action), ids)| Grant {
        role,
        reach: if action {
            Reach::Actions(ids)
        } else {
            Reach::Integrations(ids)
        },
    }));
    Ok(grants)
}

fn show(it: &OAuthClient, secret: Option<&Secret>) -> Value {
    let mut everywhere = Vec::new();
    let mut divisions = Vec::new();
    for grant in &it.body.grants {
        let id = ROLES.iter().find(|(_, role)| *role == grant.role);
        let id = id.map_or("", |(id, _)| *id);
        match &grant.reach {
            Reach::Everything => {
                everywhere.push(id);
                divisions.push(json!({"roleId": id, "divisionId": "*"}));
            }
            Reach::Integrations(ids) | Reach::Actions(ids) => {
                let place = |place| json!({"roleId": id, "divisionId": place});
                divisions.extend(ids.iter().map(place));
            }
        }
    }
    let active = it.body.state == ClientState::Active;
    let mut shown = json!({
        "id": it.id.as_str(),
        "name": it.body.name,
        "description": it.body.description,
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "accessTokenValiditySeconds": it.body.access_token_validity_seconds,
        "roleIds": everywhere,
        "roleDivisions": divisions,
        "tollgateFlows": it.body.flows,
        "tollgateDefaultFlow": it.body.default_flow.clone().unwrap_or_default(),
        "state": if active { "active" } else { "inactive" },
        "dateCreated": show_time(it.created),
        "dateModified": show_time(it.modified),
        "createdBy": {"id": it.created_by},
        "modifiedBy": {"id": it.modified_by},
        "version": it.version.0,
        "selfUri": format!("{PATH}/{}", it.id),
    });
    if let Some(secret) = secret {
        shown["secret"] = Value::String(secret.expose().to_owned());
    }
    shown
}
