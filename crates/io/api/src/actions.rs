//! `/api/v2/integrations/actions`: what is published.

mod compiled;
pub(crate) mod contract;
mod listed;
mod shapes;

use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{Ids, Name, NextPage, PreviousPage, SortBy, SortOrder, no_tokens};
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::run::Flatten;
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
pub(crate) use compiled::{compiled, usable};
use http::StatusCode;
pub(crate) use listed::{
    Expanded, InCategory, IncludeAuthActions, IncludeConfig, Listed, Secure, Wanted,
};
use shapes::Category;
pub(crate) use shapes::{ActionRequest, ActionUpdate, ActionView, show};
use std::sync::Arc;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{Catalog, CatalogAction, CatalogIntegration, Live};
use tollgate_store::{Action, EntityId, Expected, Role};
use tollgate_workers::Workers;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) const PATH: &str = "/api/v2/integrations/actions";
/// The operations on published actions.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(categories))
        .routes(routes!(get, update, remove))
}

/// Lists published actions.
#[utoipa::path(
    get, path = PATH, operation_id = "getIntegrationsActions",
    params(
        Page, NextPage, PreviousPage, SortBy, SortOrder, InCategory, Name, Ids, Secure, IncludeAuthActions,
        IncludeConfig,
    ),
    responses((status = 200, description = "A page.", body = Listing<ActionView>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<ActionView>>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let config = IncludeConfig::of(&query)?.unwrap_or(false);
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
    let wanted = Wanted::of(query)?;
    let seen = catalog
        .actions()
        .filter(|entry| caller.sees(Over::of(entry)));
    Ok(wanted.among(seen, |entry| Listed {
        id: &entry.id,
        name: &entry.name,
        category: &entry.category,
        integration: &entry.integration,
        secure: entry.secure,
        version: entry.version,
    }))
}

/// Lists categories.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/categories", operation_id = "getIntegrationsActionsCategories",
    params(Page, NextPage, PreviousPage, SortBy, SortOrder, Secure),
    responses((status = 200, description = "A page.", body = Listing<Category>)),
)]
async fn categories(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Category>>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    no_tokens(&query)?;
    SortBy::among(&query, &["name"])?;
    let secure = Secure::of(&query)?;
    let descending = SortOrder::descending(&query)?;
    let catalog = live.catalog();
    let seen = catalog
        .actions()
        .filter(|it| caller.sees(Over::of(it)) && secure.is_none_or(|secure| secure == it.secure));
    let mut names: Vec<_> = seen.map(|it| it.category.as_str()).collect();
    names.sort_by_cached_key(|name| (name.to_lowercase(), *name));
    names.dedup();
    if descending {
        names.reverse();
    }
    let path = format!("{PATH}/categories");
    page.list(&path, &query, &names, |name| Category {
        name: (*name).to_owned(),
    })
    .map(Json)
}

/// Gets an action.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}", operation_id = "getIntegrationsAction",
    params(Expanded, IncludeConfig, Flatten),
    responses((status = 200, description = "The answer.", body = ActionView), ReadErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<ActionView>, ApiError> {
    let query = Query::parse(query.as_deref());
    let config = IncludeConfig::of(&query)?.unwrap_or(false);
    let contract = wants_contract(&query)?;
    let catalog = live.catalog();
    let entry = catalog.find(&id)?;
    caller.needs_sight(Over::of(entry))?;
    Ok(Json(show(entry, contract, config)))
}

/// Whether the contract is wanted, and then whether flattened.
pub(crate) fn wants_contract(query: &Query) -> Result<Option<bool>, ApiError> {
    let flatten = Flatten::of(query)?.unwrap_or(false);
    Ok((flatten || !Expanded::of(query)?.is_empty()).then_some(flatten))
}

/// Makes an action that is published at once; takes an export file with integrationId.
#[utoipa::path(
    post, path = PATH, operation_id = "postIntegrationsActions",
    request_body = ActionRequest,
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<ActionView>, ApiError> {
    let request = ActionRequest::read(&body.doc().await?)?;
    let (target, new) = request.new_action(&live, &caller)?;
    let compiled = usable(&workers, new.id.as_str(), &target, &new.body).await?;
    let made = live.store()?.create::<Action>(new, &by(&caller)).await?;
    changed(&live, &made, Some(compiled)).await
}

/// Changes a published action but for its contract, which changes through a draft alone.
#[utoipa::path(
    patch, path = "/api/v2/integrations/actions/{actionId}", operation_id = "patchIntegrationsAction",
    params(IfMatch),
    request_body = ActionUpdate,
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: SentBody,
) -> Result<Json<ActionView>, ApiError> {
    let (id, target) = own(&live, &caller, &id)?;
    let request = ActionUpdate::read(&body.doc().await?)?;
    if request.contract.is_some() {
        let message = "contract: a published action's contract is changed by publishing a draft.";
        return Err(ApiError::bad_request(message));
    }
    let seen = if_match.or(Expected::Version(request.version))?;
    let store = live.store()?;
    let before = store.get::<Action>(&id).await?;
    let body = request.merged(before.body);
    let compiled = usable(&workers, id.as_str(), &target, &body).await?;
    let made = store
        .update::<Action>(&id, seen, body, &by(&caller))
        .await?;
    changed(&live, &made, Some(compiled)).await
}

/// Deletes an action and its draft.
#[utoipa::path(
    delete, path = "/api/v2/integrations/actions/{actionId}", operation_id = "deleteIntegrationsAction",
    params(IfMatch),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    let (id, _) = own(&live, &caller, &id)?;
    live.store()?
        .delete::<Action>(&id, if_match.expected(), &by(&caller))
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
) -> Result<Json<ActionView>, ApiError> {
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
