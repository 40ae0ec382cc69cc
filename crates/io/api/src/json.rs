//! JSON as an answer. Bodies that come in are read by [`crate::request`].
//!
//! Axum's own would do, but its feature `json` turns on `raw_value` in `serde_json`, by which a text that
//! others wrote restarts the parser's bound on depth (`tollgate-json` says how); it isn't in the build.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// An answer of status 200 whose body is this, as JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], body).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer can't be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
