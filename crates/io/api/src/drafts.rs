//! Drafts: actions that are yet to be, or yet to change. They are the author's; nothing calls them.

mod publish;

use crate::actions::contract;
use crate::actions::{
    self, ActionRequest, ActionUpdate, ActionView, Expanded, InCategory, IncludeAuthActions,
    IncludeConfig, Listed, PATH, Secure, Wanted, wants_contract,
};
use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{Ids, Name, NextPage, PreviousPage, SortBy, SortOrder};
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::run::Flatten;
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use std::sync::Arc;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{CatalogIntegration, Live};
use tollgate_store::{ActionQuery, Draft, Expected, PageRequest, Pages, Role, limits};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on drafts.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(get, copy, update, remove))
        .merge(publish::routes())
}

/// Lists drafts.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/drafts", operation_id = "getIntegrationsActionsDrafts",
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
    let wanted = Wanted::of(&query)?;
    let path = format!("{PATH}/drafts");
    let Ok(store) = live.store() else {
        return Ok(Json(page.answer(&path, &query, Vec::new(), 0)));
    };
    let mut pages = Pages::default();
    while let Some(request) = pages.next() {
        pages.add(store.draft_stamps(request).await)?;
    }
    let seen = pages.found().into_iter().filter(|draft| {
        caller.sees(Over::Action {
            id: draft.id.as_str(),
            integration: draft.integration_id.as_str(),
        })
    });
    let found = wanted.among(seen, |draft| Listed {
        id: draft.id.as_str(),
        name: &draft.name,
        category: &draft.category,
        integration: draft.integration_id.as_str(),
        secure: draft.secure,
        version: draft.version.0,
    });
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

/// Makes a draft; takes an export file with integrationId.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/drafts", operation_id = "postIntegrationsActionsDrafts",
    request_body = ActionRequest,
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<ActionView>, ApiError> {
    let request = ActionRequest::read(&body.doc().await?)?;
    let (_, new) = request.new_action(&live, &caller)?;
    let made = live.store()?.create::<Draft>(new, &by(&caller)).await?;
    Ok(Json(show(&made, Some(false), true)))
}

/// Makes a draft of a published action, equal to it.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/draft", operation_id = "postIntegrationsActionDraft",
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
)]
async fn copy(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<ActionView>, ApiError> {
    let (id, _) = actions::own(&live, &caller, &id)?;
    let made = live.store()?.draft_from_action(&id, &by(&caller)).await?;
    Ok(Json(show(&made, Some(false), true)))
}

/// Gets a draft.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}/draft", operation_id = "getIntegrationsActionDraft",
    params(Expanded, IncludeConfig, Flatten),
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
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
    let draft = find(&live, &id).await?;
    caller.needs_sight(over(&draft))?;
    Ok(Json(show(&draft, contract, config)))
}

/// Changes a draft.
#[utoipa::path(
    patch, path = "/api/v2/integrations/actions/{actionId}/draft", operation_id = "patchIntegrationsActionDraft",
    params(IfMatch),
    request_body = ActionUpdate,
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: SentBody,
) -> Result<Json<ActionView>, ApiError> {
    let request = ActionUpdate::read(&body.doc().await?)?;
    let draft = own(&live, &caller, &id).await?;
    let seen = if_match.or(Expected::Version(request.version))?;
    let body = request.merged(draft.body);
    let changed = live
        .store()?
        .update::<Draft>(&draft.id, seen, body, &by(&caller))
        .await?;
    Ok(Json(show(&changed, Some(false), true)))
}

/// Throws a draft away.
#[utoipa::path(
    delete, path = "/api/v2/integrations/actions/{actionId}/draft", operation_id = "deleteIntegrationsActionDraft",
    params(IfMatch),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    let draft = own(&live, &caller, &id).await?;
    live.store()?
        .delete::<Draft>(&draft.id, if_match.expected(), &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
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

fn show(draft: &Draft, contract: Option<bool>, config: bool) -> ActionView {
    ActionView {
        id: draft.id.to_string(),
        name: draft.body.name.clone(),
        integration_id: draft.integration_id.to_string(),
        category: draft.body.category.clone(),
        version: draft.version.0,
        secure: draft.body.secure,
        self_uri: format!("{PATH}/{}/draft", draft.id),
        unusable: None,
        contract: contract.map(|flatten| contract::shown(draft.body.contract.value(), flatten)),
        config: config.then(|| draft.body.config.value()),
    }
}
