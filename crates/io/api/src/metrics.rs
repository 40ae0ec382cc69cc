//! `/metrics`: figures as OpenMetrics text, for Prometheus. All series are made anew for each scrape, of what the service
//! knows. Their number is bounded: of those with a limit's name there are as many as [`lease::LIMITS`].

mod lease;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tollgate_cluster::Cluster;
use tollgate_driver::Driver;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The type of the text (*documented*: OpenMetrics 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The operation that gives the figures.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get))
}

/// Figures for Prometheus, as OpenMetrics text.
#[utoipa::path(
    get, path = "/metrics", operation_id = "getMetrics",
    responses((status = 200, description = "The text.", body = String, content_type = "application/openmetrics-text")),
)]
async fn get(
    State(cluster): State<Option<Arc<Cluster>>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
) -> Result<Response, ApiError> {
    caller.needs_any()?;
    let mut registry = Registry::with_prefix("tollgate");
    if let Some(cluster) = cluster {
        lease::register(&mut registry, &cluster, driver.now());
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|_| ApiError::internal())?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
