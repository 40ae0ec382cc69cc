//! Errors as answers with a status of their own.

use super::ApiError;
use crate::edge::{CORRELATION, name_of_error};
use crate::json::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use std::time::Duration;

impl ApiError {
    /// An answer that tells of it, with the name by which the log has it.
    pub(super) fn told(&self, answer: impl FnOnce(&str) -> Response) -> Response {
        let context = name_of_error().to_string();
        tracing::debug!(
            context,
            status = self.0.status.as_u16(),
            code = self.0.code,
            "error"
        );
        let mut response = answer(&context);
        if let Ok(context) = HeaderValue::from_str(&context) {
            let headers = response.headers_mut();
            headers.insert(CORRELATION, context);
        }
        response
    }
}

/// Whole seconds, one at least, rounded up: a caller that comes back too early is refused again.
pub(super) fn seconds(span: Duration) -> u64 {
    (span.as_secs() + u64::from(span.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response =
            self.told(|context| (self.0.status, Json(self.body_of(context))).into_response());
        if let Some(span) = self.0.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(span)));
        }
        response
    }
}
