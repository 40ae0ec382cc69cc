//! `/api/v2/integrations/actions`: what is published.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::doc::{Body as _, id as parse_id};
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Page, Query};
use crate::principal::{Over, Principal};
use crate::{contract, listing};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tollgate_action::IntegrationType;
use tollgate_definitions::{Catalog, CatalogAction, CatalogIntegration, Live, auth_id};
use tollgate_json::Doc;
use tollgate_store::{Action, ActionBody, EntityId, Expected, NewAction, Role};
use tollgate_workers::Workers;

pub(crate) const PATH: &str = "/api/v2/integrations/actions";
pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let config = query.flag("includeConfig")?.unwrap_or(false);
    let catalog = live.catalog();
    let found = found(&catalog, &caller, &query)?;
    page.list(PATH, &query, &found, |entry| show(entry, None, config))
        .map(Json)
}

/// The actions that the caller sees and the query wants, in its order.
fn found<'a>(
    catalog: &'a Catalog,
    caller: &Principal,
    query: &Query,
) -> Result<Vec<&'a Arc<CatalogAction>>, ApiError> {
    let secure = query.flag("secure")?;
    let logins = query.flag("includeAuthActions")?.unwrap_or(false);
    let ids = listing::ids(query)?;
    let by = listing::sort_by(query, &["name", "category", "integrationId", "id"])?;
    let descending = listing::descending(query)?;
    let wanted = |entry: &&Arc<CatalogAction>| {
        caller.sees(Over::of(entry))
            && (logins || !entry.is_auth())
            && query.get("category").is_none_or(|it| it == entry.category)
            && listing::named(query, &entry.name)
            && secure.is_none_or(|it| it == entry.secure)
            && ids.as_ref().is_none_or(|ids| ids.contains(&entry.id))
    };
    let mut found: Vec<_> = catalog.actions().filter(wanted).collect();
    found.sort_by_cached_key(|entry| {
        let first = match by {
            "category" => &entry.category,
            "integrationId" => &entry.integration,
            "id" => &entry.id,
            _ => &entry.name,
        };
        (first.clone(), entry.name.clone(), entry.id.clone())
    });
    if descending {
        found.reverse();
    }
    Ok(found)
}

pub(crate) async fn categories(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let secure = query.flag("secure")?;
    let descending = listing::descending(&query)?;
    let catalog = live.catalog();
    let seen = catalog
        .actions()
        .filter(|it| caller.sees(Over::of(it)) && secure.is_none_or(|secure| secure == it.secure));
    let mut names: Vec<_> = seen.map(|it| it.category.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if descending {
        names.reverse();
    }
    let path = format!("{PATH}/categories");
    page.list(&path, &query, &names, |name| json!({"name": name}))
        .map(Json)
}

pub(crate) async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let config = query.flag("includeConfig")?.unwrap_or(false);
    let contract = wants_contract(&query)?;
    let catalog = live.catalog();
    let entry = catalog.find(&id)?;
    caller.needs_sight(Over::of(entry))?;
    Ok(Json(show(entry, contract, config)))
}

/// Whether the contract is wanted, and then whether flattened.
pub(crate) fn wants_contract(query: &Query) -> Result<Option<bool>, ApiError> {
    let flatten = query.flag("flatten")?.unwrap_or(false);
    Ok((flatten || listing::expands(query, "contract")).then_some(flatten))
}

pub(crate) async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let doc = bodies.doc(body).await?;
    let (target, new) = read_new(&live, &caller, &doc)?;
    let compiled = usable(&workers, new.id.as_str(), &target, &new.body).await?;
    let made = live.store()?.create::<Action>(new, &by(&caller)).await?;
    changed(&live, &made, Some(compiled)).await
}

/// What a request or an action file makes, and the integration that it belongs to.
pub(crate) fn read_new(
    live: &Live,
    caller: &Principal,
    doc: &Doc,
) -> Result<(Arc<CatalogIntegration>, NewAction), ApiError> {
    let integration = doc.required("integrationId")?;
    caller.needs(Role::Author, Over::Integration(&integration))?;
    let catalog = live.catalog();
    let target = catalog.find_integration(&integration)?;
    if target.stored.is_none() {
        return Err(managed("integration"));
    }
    if let Some(kind) = doc.text("integrationType")?
        && kind != target.kind.as_str()
    {
        let message = IntegrationType::from_name(&kind).advised(&format!(
            "integrationType: expected {}, the type of the integration, found {kind:?}",
            target.kind.as_str()
        ));
        return Err(ApiError::bad_request(format!("{message}.")));
    }
    let login = doc.text("actionType")?.as_deref() == Some("customAuth");
    let id = if login {
        auth_id(&integration)
    } else {
        format!("custom_-_{}", EntityId::random())
    };
    let body = ActionBody {
        name: doc.required("name")?,
        category: doc.text("category")?.unwrap_or_else(|| target.name.clone()),
        secure: doc.flag("secure")?.unwrap_or(false),
        config: doc.json("config")?.unwrap_or_default(),
        contract: doc.json("contract")?.unwrap_or_default(),
    };
    let new = NewAction {
        id: parse_id(&id)?,
        integration_id: parse_id(&integration)?,
        body,
    };
    Ok((Arc::clone(target), new))
}

/// How long the compiling of an action may wait for a worker.
const COMPILED_WITHIN: Duration = Duration::from_secs(30);

/// The action as it would be executed. The workers compile it: it may be large.
pub(crate) async fn compiled(
    workers: &Workers,
    id: &str,
    target: &Arc<CatalogIntegration>,
    body: &ActionBody,
    version: i64,
) -> Result<CatalogAction, ApiError> {
    let (id, body, to) = (id.to_owned(), body.clone(), Arc::clone(target));
    let compile = move || CatalogAction::of_stored(&id, &to.id, &to.kind, &body, version);
    let compiled = workers.run_once(&target.id, COMPILED_WITHIN, move |_| compile());
    Ok(compiled.await?)
}

/// The action, compiled, for whoever is about to make a version of it; refuses what couldn't be executed.
pub(crate) async fn usable(
    workers: &Workers,
    id: &str,
    target: &Arc<CatalogIntegration>,
    body: &ActionBody,
) -> Result<CatalogAction, ApiError> {
    let entry = compiled(workers, id, target, body, 0).await?;
    match &entry.action {
        Ok(_) => Ok(entry),
        Err(why) => {
            let message = format!("The action can't be published: {why}");
            Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "action.invalid",
                message,
            ))
        }
    }
}

/// What the platform lets a published action change; its contract changes through a draft alone.
pub(crate) async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (id, target) = own(&live, &caller, &id)?;
    let doc = bodies.doc(body).await?;
    if doc.get("contract").is_some() {
        let message = "contract: a published action's contract is changed by publishing a draft.";
        return Err(ApiError::bad_request(message));
    }
    let seen = doc.seen()?;
    let store = live.store()?;
    let before = store.get::<Action>(&id).await?;
    let body = merged(&doc, before.body)?;
    let compiled = usable(&workers, id.as_str(), &target, &body).await?;
    let made = store
        .update::<Action>(&id, seen, body, &by(&caller))
        .await?;
    changed(&live, &made, Some(compiled)).await
}

/// The body with what the request gives in place of what there was.
pub(crate) fn merged(doc: &Doc, before: ActionBody) -> Result<ActionBody, ApiError> {
    Ok(ActionBody {
        name: match doc.get("name") {
            Some(_) => doc.required("name")?,
            None => before.name,
        },
        category: doc.text("category")?.unwrap_or(before.category),
        secure: doc.flag("secure")?.unwrap_or(before.secure),
        config: doc.json("config")?.unwrap_or(before.config),
        contract: doc.json("contract")?.unwrap_or(before.contract),
    })
}

pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (id, _) = own(&live, &caller, &id)?;
    live.store()?
        .delete::<Action>(&id, Expected::Any, &by(&caller))
        .await?;
    live.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A published action that this caller may change here, and its integration.
pub(crate) fn own(
    live: &Live,
    caller: &Principal,
    id: &str,
) -> Result<(EntityId, Arc<CatalogIntegration>), ApiError> {
    let catalog = live.catalog();
    let entry = catalog.find(id)?;
    caller.needs(Role::Author, Over::of(entry))?;
    if !entry.stored {
        return Err(managed("action"));
    }
    let target = catalog.find_integration(&entry.integration)?;
    Ok((parse_id(id)?, Arc::clone(target)))
}

/// Shows what was made, as requests see it from now on. `compiled` is what was made of the same documents.
pub(crate) async fn changed(
    live: &Live,
    made: &Action,
    compiled: Option<CatalogAction>,
) -> Result<Json<Value>, ApiError> {
    let version = made.version.0;
    let compiled = compiled.map(|entry| CatalogAction { version, ..entry });
    live.refresh_with(compiled).await?;
    let catalog = live.catalog();
    Ok(Json(show(
        catalog.find(made.id.as_str())?,
        Some(false),
        true,
    )))
}

/// An action as lists and gets show it. `contract`: whether with its contract, and then whether flattened.
pub(crate) fn show(entry: &CatalogAction, contract: Option<bool>, config: bool) -> Value {
    let mut shown = json!({
        "id": entry.id,
        "name": entry.name,
        "integrationId": entry.integration,
        "category": entry.category,
        "version": entry.version,
        "secure": entry.secure,
        "selfUri": format!("{PATH}/{}", entry.id),
    });
    if let Err(why) = &entry.action {
        shown["unusable"] = json!(why);
    }
    let definition = entry.action.as_ref().ok().map(|action| action.definition());
    let part = |name: &str| definition.and_then(|it| it.get(name)).cloned();
    if let (Some(flatten), Some(contract)) = (contract, part("contract")) {
        shown["contract"] = if flatten {
            contract::flattened(&contract)
        } else {
            contract
        };
    }
    if let (true, Some(config)) = (config, part("config")) {
        shown["config"] = config;
    }
    shown
}
