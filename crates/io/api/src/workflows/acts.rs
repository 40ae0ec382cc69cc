//! `/flows/actions/…`: what programs of the platform do to flows before and after they edit them.
//!
//! A workflow is published whole, by its file. Nobody has one locked, nor a copy of one that isn't published yet: so there
//! is nothing to check out or in, `unlock` and `revert` find what they want, and `publish` makes the text of the last
//! version, or of the one that is named, the next version.

use super::found::{Known, number};
use super::publishing;
use super::shapes::{EntityRef, Flow};
use crate::answers::ChangeErrors;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::IdList;
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::id as parse_id;
use crate::words::words;
use axum::Extension;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use tollgate_callers::{Over, Principal};
use tollgate_store::{EntityId, Role};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(unlock))
        .routes(routes!(revert))
        .routes(routes!(deactivate))
        .routes(routes!(publish))
        .routes(routes!(remove))
}

parameter! {
    /// The flow's id; it must be there.
    FlowId("flow"): String
}
parameter! {
    /// The version whose text is published anew, such as 1.0; the last one where nothing is said.
    VersionId("version"): String
}
parameter! {
    /// Ids of flows, 50 at the most; at least one must be there.
    Removed("id"): IdList
}

words! {
    /// What was done.
    OperationAction {
        Publish = "PUBLISH",
        Delete = "DELETE",
    }
}

words! {
    /// How it ended.
    OperationStatus {
        Success = "SUCCESS",
    }
}

/// What was done. It is over when it is answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Operation {
    id: String,
    complete: bool,
    client: EntityRef,
    action_name: OperationAction,
    action_status: OperationStatus,
}

impl Operation {
    fn done(action_name: OperationAction, caller: &Principal) -> Self {
        Self {
            id: EntityId::random().to_string(),
            complete: true,
            client: EntityRef::client(&caller.id),
            action_name,
            action_status: OperationStatus::Success,
        }
    }
}

/// The id of the flow that a query names.
fn flow(query: Option<&str>) -> Result<(String, Query), ApiError> {
    let query = Query::parse(query);
    let id = FlowId::of(&query)?;
    let id = id.ok_or_else(|| ApiError::bad_request("flow: missing; give the flow's id."))?;
    Ok((id, query))
}

/// Unlocks a flow. None is ever locked, so this only says how it is.
#[utoipa::path(
    post, path = "/api/v2/flows/actions/unlock", operation_id = "postFlowsActionsUnlock", params(FlowId),
    responses((status = 200, description = "The answer.", body = Flow), ChangeErrors),
)]
async fn unlock(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Flow>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let (id, _) = flow(query.as_deref())?;
    known.get(&id).await.map(Json)
}

/// Takes back what of a flow isn't published. There is never such a thing, so this only says how the flow is.
#[utoipa::path(
    post, path = "/api/v2/flows/actions/revert", operation_id = "postFlowsActionsRevert", params(FlowId),
    responses((status = 200, description = "The answer.", body = Flow), ChangeErrors),
)]
async fn revert(
    known: State<Known>,
    caller: Caller,
    query: RawQuery,
) -> Result<Json<Flow>, ApiError> {
    unlock(known, caller, query).await
}

/// Makes a flow inactive: no run of it begins until it is published again. Those under way go on.
#[utoipa::path(
    post, path = "/api/v2/flows/actions/deactivate", operation_id = "postFlowsActionsDeactivate", params(FlowId),
    responses((status = 200, description = "The answer.", body = Flow), ChangeErrors),
)]
async fn deactivate(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Flow>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let (id, _) = flow(query.as_deref())?;
    let (store, id) = known.changeable(&id)?;
    let now = store.deactivate_workflow(&id, &by(&caller)).await?;
    Ok(Json(known.show(&now)))
}

/// Publishes a flow's version again, as its next version.
#[utoipa::path(
    post, path = "/api/v2/flows/actions/publish", operation_id = "postFlowsActionsPublish", params(FlowId, VersionId),
    responses((status = 200, description = "The answer.", body = Operation), ChangeErrors),
)]
async fn publish(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Operation>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let (id, query) = flow(query.as_deref())?;
    let (store, id) = known.changeable(&id)?;
    let version = match VersionId::of(&query)? {
        Some(version) => number(&version)?,
        None => store.workflow(&id).await?.workflow.published,
    };
    let yaml = store.workflow_text(&id, version).await?;
    publishing::publish(&known, yaml, &by(&caller)).await?;
    Ok(Json(Operation::done(OperationAction::Publish, &caller)))
}

/// Deletes flows and their versions: all of them, or none if one can't be.
#[utoipa::path(
    delete, path = super::PATH, operation_id = "deleteFlows", params(Removed),
    responses((status = 200, description = "The answer.", body = Operation), ChangeErrors),
)]
async fn remove(
    State(known): State<Known>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Operation>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let Some(ids) = Removed::of(&query)? else {
        return Err(ApiError::bad_request(
            "id: missing; give the ids of the flows.",
        ));
    };
    let mut all: Vec<EntityId> = Vec::new();
    for id in ids.iter() {
        known.changeable(id)?;
        all.push(parse_id(id)?);
    }
    all.sort();
    all.dedup();
    let store = known.live.store()?;
    store.delete_workflows(&all, &by(&caller)).await?;
    Ok(Json(Operation::done(OperationAction::Delete, &caller)))
}
