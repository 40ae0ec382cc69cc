//! The API's description.

use axum::Json;
use serde_json::Value;

/// The OpenAPI document.
#[must_use]
pub fn document() -> Value {
    serde_json::json!({})
}

/// `GET /api/v2/openapi.json`.
pub(super) async fn serve() -> Json<Value> {
    Json(document())
}
