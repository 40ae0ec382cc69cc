//! The published versions of a workflow.
//!
//! What the platform calls a version's configuration is Architect's own form of a flow, which no public page describes.
//! A workflow here is its YAML, which an export gives; so the operations on configurations say that, and no more.

use super::PATH;
use super::found::{Known, Origin};
use super::lists::Deleted;
use super::shapes::FlowVersion;
use crate::answers::ReadErrors;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

parameter! {
    /// Of no effect: nothing is kept of a workflow that was deleted.
    VersionDeleted("deleted"): String
}

/// The operations on versions.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(configuration))
        .routes(routes!(last_configuration))
}

/// Lists a flow's versions, the last one first.
#[utoipa::path(
    get, path = "/api/v2/flows/{flowId}/versions", operation_id = "getFlowVersions", params(Page, Deleted),
    responses((status = 200, description = "A page.", body = Listing<FlowVersion>), ReadErrors),
)]
async fn list(
    State(known): State<Known>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<FlowVersion>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let (page, path) = (Page::of(&query)?, format!("{PATH}/{id}/versions"));
    match known.origin(&id)? {
        Origin::File(_) => {
            let only = [FlowVersion::bare(&id, 1)];
            page.list(&path, &query, &only, FlowVersion::clone)
                .map(Json)
        }
        Origin::Store(store, of) => {
            let found = store.workflow_versions(&of, page.request()?).await?;
            let versions = found.items.iter();
            let versions = versions.map(|version| FlowVersion::of_store(&id, version));
            let versions = versions.collect();
            Ok(Json(page.answer(&path, &query, versions, found.total)))
        }
    }
}

/// Gets a flow's version.
#[utoipa::path(
    get, path = "/api/v2/flows/{flowId}/versions/{versionId}", operation_id = "getFlowVersion", params(VersionDeleted),
    responses((status = 200, description = "The answer.", body = FlowVersion), ReadErrors),
)]
async fn get(
    State(known): State<Known>,
    Extension(caller): Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<FlowVersion>, ApiError> {
    caller.needs_any()?;
    known.version(&id, &version).await.map(Json)
}

/// Says that a version's configuration isn't here, and where its YAML is.
#[utoipa::path(
    get,
    path = "/api/v2/flows/{flowId}/versions/{versionId}/configuration",
    operation_id = "getFlowVersionConfiguration",
    params(VersionDeleted),
    responses(ReadErrors)
)]
async fn configuration(
    State(known): State<Known>,
    Extension(caller): Caller,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<FlowVersion>, ApiError> {
    caller.needs_any()?;
    known.version(&id, &version).await?;
    Err(no_configuration())
}

/// Says that a flow's configuration isn't here, and where its YAML is.
#[utoipa::path(
    get,
    path = "/api/v2/flows/{flowId}/latestconfiguration",
    operation_id = "getFlowLatestconfiguration",
    params(Deleted),
    responses(ReadErrors)
)]
async fn last_configuration(
    State(known): State<Known>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<FlowVersion>, ApiError> {
    caller.needs_any()?;
    known.get(&id).await?;
    Err(no_configuration())
}

fn no_configuration() -> ApiError {
    ApiError::not_found(
        "Architect's own form of a flow isn't known here; POST /api/v2/flows/export/jobs gives the YAML as it was \
         published.",
    )
}
