//! `/api/v2/tollgate/cache`: how much it saves, and forgetting what it keeps.

use super::{App, Caller};
use crate::error::ApiError;
use crate::json::Json;
use crate::principal::Over;
use axum::Extension;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_store::Role;

pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let (counts, bytes) = app.executor.cache().counts();
    Ok(Json(json!({
        "call": counts.call,
        "shared": counts.shared,
        "fresh": counts.fresh,
        "stale": counts.stale,
        "bytes": bytes,
    })))
}

pub(super) async fn purge(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let catalog = app.live.catalog();
    let entry = catalog.find(&id)?;
    let over = Over::Action {
        id: &entry.id,
        integration: &entry.integration,
    };
    caller.needs(Role::Author, over)?;
    app.executor.cache().purge(&id);
    Ok(StatusCode::NO_CONTENT)
}
