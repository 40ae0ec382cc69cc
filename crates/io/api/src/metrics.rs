//! `/metrics`: figures as text, for Prometheus. What is counted with each call is there already; all other figures are made
//! for each scrape, of what the service knows. Which metrics there are says `tollgate_telemetry::metrics::table`.
//!
//! **Their number is bounded**: that of what is counted by [`CallCounts`](tollgate_telemetry::metrics::CallCounts), that of
//! limits by [`LIMITS`], and there are as many flows and clients as are configured.

mod engine;
mod lease;
mod service;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::reloading::Reloading;
use crate::state::Api;
use axum::Extension;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use std::sync::Arc;
use tollgate_cluster::Cluster;
use tollgate_definitions::Live;
use tollgate_driver::Driver;
use tollgate_execution::Executor;
use tollgate_jobs::Jobs;
use tollgate_telemetry::metrics::{Exposition, Format};
use tollgate_telemetry::process;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// So many limits have figures of their own, the first by their names; how many there are is a figure, too.
const LIMITS: usize = 200;

/// What figures are made of.
#[derive(Clone)]
struct Sources {
    executor: Arc<Executor>,
    driver: Driver,
    cluster: Option<Arc<Cluster>>,
    live: Arc<Live>,
    jobs: Option<Arc<Jobs>>,
    journal: Arc<Journal>,
    reloading: Option<Reloading>,
}

impl FromRef<Api> for Sources {
    fn from_ref(api: &Api) -> Self {
        Self {
            executor: FromRef::from_ref(api),
            driver: FromRef::from_ref(api),
            cluster: FromRef::from_ref(api),
            live: FromRef::from_ref(api),
            jobs: FromRef::from_ref(api),
            journal: FromRef::from_ref(api),
            reloading: FromRef::from_ref(api),
        }
    }
}

/// The operation that gives the figures.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get))
}

/// Figures for Prometheus: as OpenMetrics text, or, for who accepts that alone, as Prometheus' own.
#[utoipa::path(
    get, path = "/metrics", operation_id = "getMetrics",
    responses((
        status = 200, description = "The text.",
        content((String = "application/openmetrics-text"), (String = "text/plain")),
    )),
)]
async fn get(
    State(sources): State<Sources>,
    Extension(caller): Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    caller.needs_role()?;
    let mut figures = Exposition::default();
    sources.show(&mut figures).await;
    let format = format(&headers);
    let text = figures.text(format).map_err(|_| ApiError::internal())?;
    Ok(([(CONTENT_TYPE, format.content_type())], text).into_response())
}

impl Sources {
    async fn show(&self, to: &mut Exposition) {
        self.executor.telemetry().counts().show(to);
        if let Some(figures) = self.driver.figures().await {
            engine::show(&figures, self.driver.now(), to);
            engine::show_task(&self.driver, &figures.snapshot.clients, to);
        }
        service::show_journal(&self.journal, to);
        if let Some(reloading) = &self.reloading {
            service::show_reloading(reloading, to);
        }
        if let Ok(store) = self.live.store() {
            service::show_store(store, to);
        }
        if let Some(jobs) = &self.jobs {
            service::show_jobs(jobs, to).await;
        }
        service::show_records(self.executor.telemetry(), to);
        if let Some(cluster) = &self.cluster {
            lease::show(cluster, self.driver.now(), to);
        }
        process::show(to);
    }
}

/// The format that a caller takes. One that says nothing of either gets OpenMetrics.
fn format(headers: &HeaderMap) -> Format {
    let accepted = headers.get_all(ACCEPT).into_iter();
    let texts = accepted.filter_map(|value| value.to_str().ok());
    let ranges = texts.flat_map(|text| text.split(','));
    let types = ranges.filter_map(|range| range.split(';').next());
    let types: Vec<_> = types.map(|it| it.trim().to_ascii_lowercase()).collect();
    let names = |name: &str| types.iter().any(|it| it == name);
    match names("text/plain") && !names("application/openmetrics-text") {
        true => Format::Plain,
        false => Format::OpenMetrics,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn who_takes_plain_text_alone_gets_it() {
        for (accept, plain) in [
            ("", false),
            ("*/*", false),
            ("text/plain", true),
            (
                "text/html, Text/Plain; version=0.0.4;q=0.5, */*;q=0.1",
                true,
            ),
            (
                "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                false,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(format(&headers) == Format::Plain, plain, "{accept}");
        }
    }
}
