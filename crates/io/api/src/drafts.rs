//! Drafts: actions that are yet to be, or yet to change. They are the author's; nothing calls them.

use crate::actions::{self, PATH, merged, read_new, usable, wants_contract};
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::doc::{Body as _, id as parse_id};
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Page, Query};
use crate::principal::{Over, Principal};
use crate::run::{Calls, show_test, terms};
use crate::{contract, listing};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::{CatalogAction, CatalogIntegration, Live};
use tollgate_store::{ActionQuery, Draft, Expected, NewAction, PageRequest, Pages, Role, limits};
use tollgate_workers::Workers;

pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let config = query.flag("includeConfig")?.unwrap_or(false);
    let secure = query.flag("secure")?;
    let ids = listing::ids(&query)?;
    let by = listing::sort_by(&query, &["name", "category", "integrationId", "id"])?;
    let descending = listing::descending(&query)?;
    let path = format!("{PATH}/drafts");
    let Ok(store) = live.store() else {
        return page
            .list::<Draft>(&path, &query, &[], |_| Value::Null)
            .map(Json);
    };
    let mut pages = Pages::default();
    while let Some(request) = pages.next() {
        pages.add(store.draft_stamps(request).await)?;
    }
    let mut found = pages.found();
    found.retain(|draft| {
        let over = Over::Action {
            id: draft.id.as_str(),
            integration: draft.integration_id.as_str(),
        };
        caller.sees(over)
            && listing::named(&query, &draft.name)
            && query.get("category").is_none_or(|it| it == draft.category)
            && secure.is_none_or(|it| it == draft.secure)
            && ids
                .as_ref()
                .is_none_or(|ids| ids.iter().any(|id| id == draft.id.as_str()))
    });
    found.sort_by_cached_key(|draft| {
        let first = match by {
            "category" => draft.category.as_str(),
            "integrationId" => draft.integration_id.as_str(),
            "id" => draft.id.as_str(),
            _ => draft.name.as_str(),
        };
        (first.to_owned(), draft.id.to_string())
    });
    if descending {
        found.reverse();
    }
    // What the drafts say is read for those of the page alone.
    let ids: Vec<_> = page.cut(&found).iter().map(|it| it.id.clone()).collect();
    let wanted = ActionQuery {
        page: PageRequest::new(limits::PAGE, 1)?,
        ids: ids.clone(),
        ..ActionQuery::default()
    };
    let drafts = if ids.is_empty() {
        Vec::new()
    } else {
        store.list::<Draft>(&wanted).await?.items
    };
    let shown = ids.iter().filter_map(|id| {
        let draft = drafts.iter().find(|draft| draft.id == *id)?;
        Some(show(draft, None, config))
    });
    Ok(Json(page.answer(
        &path,
        &query,
        shown.collect(),
        found.len() as u64,
    )))
}

pub(crate) async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let doc = bodies.doc(body).await?;
    let (_, new): (_, NewAction) = read_new(&live, &caller, &doc)?;
    let made = live.store()?.create::<Draft>(new, &by(&caller)).await?;
    Ok(Json(show(&made, Some(false), true)))
}

/// A draft of a published action, equal to it.
pub(crate) async fn copy(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let (id, _) = actions::own(&live, &caller, &id)?;
    let made = live.store()?.draft_from_action(&id, &by(&caller)).await?;
    Ok(Json(show(&made, Some(false), true)))
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
    let draft = find(&live, &id).await?;
    caller.needs_sight(over(&draft))?;
    Ok(Json(show(&draft, contract, config)))
}

pub(crate) async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let doc = bodies.doc(body).await?;
    let draft = own(&live, &caller, &id).await?;
    let seen = doc.seen()?;
    let body = merged(&doc, draft.body)?;
    let changed = live
        .store()?
        .update::<Draft>(&draft.id, seen, body, &by(&caller))
        .await?;
    Ok(Json(show(&changed, Some(false), true)))
}

pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let draft = own(&live, &caller, &id).await?;
    live.store()?
        .delete::<Draft>(&draft.id, Expected::Any, &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn validate(
    State(live): State<Arc<Live>>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let draft = find(&live, &id).await?;
    caller.needs_sight(over(&draft))?;
    let target = target(&live, &draft)?;
    let problem = usable(&workers, draft.id.as_str(), &target, &draft.body)
        .await
        .err();
    let errors: Vec<_> = problem.iter().map(ApiError::body).collect();
    Ok(Json(json!({"valid": errors.is_empty(), "errors": errors})))
}

pub(crate) async fn test(
    State(calls): State<Calls>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let flatten = Query::parse(query.as_deref())
        .flag("flatten")?
        .unwrap_or(false);
    let terms = terms(&caller, &headers, flatten)?;
    let body = calls.bodies.text(body).await?;
    let draft = own(&calls.live, &caller, &id).await?;
    let target = target(&calls.live, &draft)?;
    let entry = Arc::new(entry(&workers, &draft, &target).await?);
    let result = calls.executor.test((&entry, &target), body, terms).await?;
    calls.note(&caller, "test", &entry, None);
    Ok(Json(show_test(result)))
}

/// Makes the action what its draft says. What couldn't be executed isn't published.
pub(crate) async fn publish(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let doc = bodies.doc(body).await?;
    let seen = doc.seen()?;
    let draft = own(&live, &caller, &id).await?;
    let target = target(&live, &draft)?;
    let compiled = match seen == Expected::Version(draft.version) {
        true => Some(usable(&workers, draft.id.as_str(), &target, &draft.body).await?),
        // The store refuses to publish another version.
        false => None,
    };
    let made = live
        .store()?
        .publish_draft(&draft.id, seen, &by(&caller))
        .await?;
    actions::changed(&live, &made, compiled).await
}

/// The draft of that id.
pub(crate) async fn find(live: &Live, id: &str) -> Result<Draft, ApiError> {
    let known = live.catalog().action(id).map(|entry| entry.stored);
    if known == Some(false) {
        return Err(managed("action"));
    }
    Ok(live.store()?.get::<Draft>(&parse_id(id)?).await?)
}

/// A draft that this caller may change.
async fn own(live: &Live, caller: &Principal, id: &str) -> Result<Draft, ApiError> {
    let draft = find(live, id).await?;
    caller.needs(Role::Author, over(&draft))?;
    Ok(draft)
}

pub(crate) fn over(draft: &Draft) -> Over<'_> {
    Over::Action {
        id: draft.id.as_str(),
        integration: draft.integration_id.as_str(),
    }
}

pub(crate) fn target(live: &Live, draft: &Draft) -> Result<Arc<CatalogIntegration>, ApiError> {
    let catalog = live.catalog();
    Ok(Arc::clone(
        catalog.find_integration(draft.integration_id.as_str())?,
    ))
}

async fn entry(
    workers: &Workers,
    draft: &Draft,
    target: &Arc<CatalogIntegration>,
) -> Result<CatalogAction, ApiError> {
    let version = draft.version.0;
    actions::compiled(workers, draft.id.as_str(), target, &draft.body, version).await
}

fn show(draft: &Draft, contract: Option<bool>, config: bool) -> Value {
    let mut shown = json!({
        "id": draft.id.as_str(),
        "name": draft.body.name,
        "integrationId": draft.integration_id.as_str(),
        "category": draft.body.category,
        "version": draft.version.0,
        "secure": draft.body.secure,
        "selfUri": format!("{PATH}/{}/draft", draft.id),
    });
    if let Some(flatten) = contract {
        let contract = draft.body.contract.value();
        shown["contract"] = if flatten {
            contract::flattened(&contract)
        } else {
            contract
        };
    }
    if config {
        shown["config"] = draft.body.config.value();
    }
    shown
}
