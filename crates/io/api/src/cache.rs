//! `/api/v2/tollgate/cache`: how much it saves, and forgetting what it keeps.

use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::principal::Over;
use axum::Extension;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::Live;
use tollgate_execution::Executor;
use tollgate_store::Role;

pub(crate) async fn get(
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let (counts, bytes) = executor.cache().counts();
    Ok(Json(json!({
        "call": counts.call,
        "shared": counts.shared,
        "fresh": counts.fresh,
        "stale": counts.stale,
        "bytes": bytes,
    })))
}

pub(crate) async fn purge(
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
