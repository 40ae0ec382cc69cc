//! `/api/v2/integrations`: instances of an integration type, and their configuration.

mod reach;
mod shown;

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::doc::{Body as _, id as parse_id};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing;
use crate::page::{Page, Query};
use crate::principal::{Over, Principal};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use serde_json::{Value, json};
use shown::{PATH, show, show_config, show_stored, with_config};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_action::TypeFacts;
use tollgate_definitions::{CatalogIntegration, Live, auth_id, grant};
use tollgate_driver::Driver;
use tollgate_json::Doc;
use tollgate_store::{
    Action, ActionBody, Credential, CredentialKind, EntityId, Expected, Integration,
    IntegrationConfig, IntegrationUpdate, IntendedState, JsonText, NewAction, NewIntegration, Role,
    StoreError,
};

pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let ids = listing::ids(&query)?;
    let by = listing::sort_by(&query, &["name", "id", "integrationType"])?;
    let catalog = live.catalog();
    let full = expands_config(&query);
    let wanted = |target: &&Arc<CatalogIntegration>| {
        let kind = query.get("integrationType");
        let state = query.get("reportedState");
        let credential = query.get("credentialId");
        caller.sees(Over::Integration(&target.id))
            && kind.is_none_or(|kind| kind == target.kind.as_str())
            && state
                .is_none_or(|code| show(&catalog, target, &driver)["reportedState"]["code"] == code)
            && credential.is_none_or(|id| uses(target, id))
            && ids.as_ref().is_none_or(|ids| ids.contains(&target.id))
            && listing::named(&query, &target.name)
    };
    let mut found: Vec<_> = catalog.integrations().filter(wanted).collect();
    found.sort_by_cached_key(|target| match by {
        "id" => (target.id.clone(), String::new()),
        "integrationType" => (target.kind.as_str().to_owned(), target.name.to_lowercase()),
        _ => (target.name.to_lowercase(), target.id.clone()),
    });
    page.list(PATH, &query, &found, |target| {
        with_config(&catalog, target, full, &caller, &driver)
    })
    .map(Json)
}

/// Whether any part of the configuration is to be expanded: it then comes whole.
fn expands_config(query: &Query) -> bool {
    query
        .all("expand")
        .iter()
        .any(|word| word.starts_with("config"))
}

fn uses(target: &CatalogIntegration, credential: &str) -> bool {
    let stored = target.stored.as_ref();
    stored.is_some_and(|it| {
        it.config
            .credentials
            .values()
            .any(|id| id.as_str() == credential)
    })
}

pub(crate) async fn get(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_sight(Over::Integration(&id))?;
    let full = expands_config(&Query::parse(query.as_deref()));
    let catalog = live.catalog();
    let target = catalog.find_integration(&id)?;
    Ok(Json(with_config(&catalog, target, full, &caller, &driver)))
}

pub(crate) async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let doc = bodies.doc(body).await?;
    let kind = doc.object("integrationType")?;
    let type_id = match kind {
        Some(kind) => kind.required("id")?,
        None => doc.required("integrationType.id")?,
    };
    TypeFacts::find_served(&type_id)
        .map_err(|why| ApiError::bad_request(format!("integrationType.id: {why}.")))?;
    let name = doc.required("name")?;
    free_of_files(&live, &name)?;
    let new = NewIntegration {
        id: EntityId::random(),
        name,
        type_id,
        intended_state: state(&doc)?.unwrap_or(IntendedState::Disabled),
        notes: doc.text("notes")?.unwrap_or_default(),
        attributes: doc.texts("attributes")?.unwrap_or_default(),
    };
    let made = live
        .store()?
        .create::<Integration>(new, &by(&caller))
        .await?;
    changed(&live, &driver, &made.id).await
}

pub(crate) async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let id = own(&live, &caller, &id)?;
    let doc = bodies.doc(body).await?;
    let name = doc.text("name")?;
    if let Some(name) = &name {
        free_of_files(&live, name)?;
    }
    let update = IntegrationUpdate {
        name,
        intended_state: state(&doc)?,
        notes: doc.text("notes")?,
        attributes: doc.texts("attributes")?,
    };
    let seen = doc.perhaps_seen()?;
    live.store()?
        .update::<Integration>(&id, seen, update, &by(&caller))
        .await?;
    changed(&live, &driver, &id).await
}

/// Its own login goes with it; other actions are deleted first, by name.
pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = own(&live, &caller, &id)?;
    let store = live.store()?;
    let shown = show_stored(&store.get::<Integration>(&id).await?, None);
    let catalog = live.catalog();
    let auth = auth_id(id.as_str());
    let others = catalog
        .actions()
        .any(|it| it.integration == id.as_str() && it.id != auth);
    if !others && catalog.action(&auth).is_some() {
        match store
            .delete::<Action>(&parse_id(&auth)?, Expected::Any, &by(&caller))
            .await
        {
            Ok(()) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    store
        .delete::<Integration>(&id, Expected::Any, &by(&caller))
        .await?;
    live.refresh().await?;
    Ok(Json(shown))
}

pub(crate) async fn config(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Integration(&id))?;
    let catalog = live.catalog();
    Ok(Json(match &catalog.find_integration(&id)?.stored {
        Some(stored) => show_config(stored),
        None => {
            json!({"id": id, "version": 1, "properties": {}, "advanced": {}, "credentials": {}})
        }
    }))
}

pub(crate) async fn configure(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let id = own(&live, &caller, &id)?;
    let doc = bodies.doc(body).await?;
    let seen = doc.seen()?;
    let store = live.store()?;
    let before = store.get::<Integration>(&id).await?;
    reach::seen(&before, seen)?;
    let mut credentials = BTreeMap::new();
    let mut logs_in = false;
    if let Some(places) = doc.object("credentials")? {
        for (place, _) in places.fields() {
            let Some(named) = places.object(place)? else {
                continue;
            };
            let credential = parse_id(&named.required("id")?)?;
            reach::credential(&live, &caller, &before, &credential)?;
            let kind = store.get::<Credential>(&credential).await?.kind;
            logs_in |= kind == CredentialKind::UserDefinedOAuth;
            credentials.insert(place.clone(), credential);
        }
    }
    let config = IntegrationConfig {
        name: doc
            .text("name")?
            .unwrap_or_else(|| before.config.name.clone()),
        properties: doc.json("properties")?.unwrap_or_default(),
        advanced: doc.json("advanced")?.unwrap_or_default(),
        notes: doc.text("notes")?.unwrap_or_default(),
        credentials,
    };
    reach::networks(&caller, &before, &config)?;
    let after = store
        .update_integration_config(&id, seen, config, &by(&caller))
        .await?;
    if logs_in {
        make_login(&live, &caller, &after).await?;
    }
    live.refresh().await?;
    Ok(Json(show_config(&after)))
}

/// As on the platform, an integration with credentials for a login of its own has an action for it, to be
/// changed like any other. If there is one already it stays as it is.
async fn make_login(live: &Live, caller: &Principal, of: &Integration) -> Result<(), ApiError> {
    let config = grant(false, false);
    let any = json!({"type": "object", "properties": {}, "additionalProperties": true});
    let contract = json!({"input": {"inputSchema": any}, "output": {"successSchema": any}});
    let new = NewAction {
        id: parse_id(&auth_id(of.id.as_str()))?,
        integration_id: of.id.clone(),
        body: ActionBody {
            name: "Custom Auth".to_owned(),
            category: of.name.clone(),
            secure: true,
            config: JsonText::parse(config.to_string())?,
            contract: JsonText::parse(contract.to_string())?,
        },
    };
    match live.store()?.create::<Action>(new, &by(caller)).await {
        Ok(_) | Err(StoreError::Conflict { what: "id", .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The id of an integration that this caller may change here.
fn own(live: &Live, caller: &Principal, id: &str) -> Result<EntityId, ApiError> {
    caller.needs(Role::Administer, Over::Integration(id))?;
    if live.catalog().find_integration(id)?.stored.is_none() {
        return Err(managed("integration"));
    }
    parse_id(id)
}

/// Names are categories, and flows call actions by these: none may be the file's as well.
fn free_of_files(live: &Live, name: &str) -> Result<(), ApiError> {
    let taken = |it: &Arc<CatalogIntegration>| {
        it.stored.is_none() && it.name.to_lowercase() == name.to_lowercase()
    };
    if live.catalog().integrations().any(taken) {
        let message = format!("The configuration file has an integration {name:?} already.");
        return Err(ApiError::conflict("already.exists", message).with("field", "name"));
    }
    Ok(())
}

/// Shows what was changed, as requests see it from now on.
async fn changed(live: &Live, driver: &Driver, id: &EntityId) -> Result<Json<Value>, ApiError> {
    live.refresh().await?;
    let catalog = live.catalog();
    let target = catalog.find_integration(id.as_str())?;
    Ok(Json(show(&catalog, target, driver)))
}

fn state(doc: &Doc) -> Result<Option<IntendedState>, ApiError> {
    match doc.text("intendedState")?.as_deref() {
        None => Ok(None),
        Some("ENABLED") => Ok(Some(IntendedState::Enabled)),
        Some("DISABLED") => Ok(Some(IntendedState::Disabled)),
        Some(other) => Err(ApiError::bad_request(format!(
            "intendedState: expected ENABLED or DISABLED, found {other:?}."
        ))),
    }
}
