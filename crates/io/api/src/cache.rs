//! `/api/v2/tollgate/cache`: how much it saves, and forgetting what it keeps.

use crate::answers::ReadErrors;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_execution::Executor;
use tollgate_store::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on the cache.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(get))
        .routes(routes!(purge))
}

/// How often the cache answered, and how large it is.
#[derive(Serialize, ToSchema)]
struct CacheUse {
    /// Answers that were got by a call.
    call: u64,
    /// Answers that were shared with an identical call under way.
    shared: u64,
    /// Answers that were kept and fresh.
    fresh: u64,
    /// Answers that were kept and no longer fresh.
    stale: u64,
    /// Bytes that are kept.
    bytes: u64,
}

/// How often the cache answered.
#[utoipa::path(
    get, path = "/api/v2/tollgate/cache", operation_id = "getCache",
    responses((status = 200, description = "The answer.", body = CacheUse)),
)]
async fn get(
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
) -> Result<Json<CacheUse>, ApiError> {
    caller.needs_role()?;
    let (counts, bytes) = executor.cache().counts();
    Ok(Json(CacheUse {
        call: counts.call,
        shared: counts.shared,
        fresh: counts.fresh,
        stale: counts.stale,
        bytes,
    }))
}

/// Forgets the kept answers of an action.
#[utoipa::path(
    delete, path = "/api/v2/tollgate/cache/{actionId}", operation_id = "deleteCache",
    responses((status = 204, description = "Done."), ReadErrors),
)]
async fn purge(
    State(live): State<Arc<Live>>,
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let catalog = live.catalog();
    let entry = catalog.find(&id)?;
    caller.needs(Role::Author, Over::of(entry))?;
    executor.cache().purge(&id);
    Ok(StatusCode::NO_CONTENT)
}
