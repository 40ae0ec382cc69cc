//! The paths and who answers them.

use crate::document::DocumentSource;
use crate::elsewhere::{no_such_method, no_such_path};
use crate::error::ApiError;
use crate::notices::Notices;
use crate::operation::Operations;
use crate::state::Api;
use crate::{
    actions, audit, cache, clients, closings, cluster, credentials, dashboard, declared, document,
    drafts, elsewhere, events, failures, flows, gate, history, integrations, jobs, learned, limits,
    links, log, media, metrics, oauth, openapi, operation, organization, overview, packing, parts,
    readiness, reload, rights, rows, run, tables, tags, tokens, types, usage, workflows,
};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::FutureExt as _;
use http::{StatusCode, Uri};
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tollgate_cluster::Cluster;
use tollgate_driver::Driver;
use tower::ServiceExt as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The OpenAPI document.
#[must_use]
pub fn document() -> Value {
    openapi::document(&described())
}

/// What the handlers say of themselves.
pub(crate) fn described() -> OpenApi {
    let links = links::open_routes();
    guarded().merge(open()).merge(links).into_openapi()
}

/// What needs a token. Variables in paths are named as the platform's, since usage is told by them.
fn guarded() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .merge(integrations::routes())
        .merge(types::routes())
        .merge(credentials::routes())
        .merge(actions::routes())
        .merge(drafts::routes())
        .merge(run::routes())
        .merge(jobs::routes())
        .merge(parts::routes())
        .merge(clients::routes())
        .merge(usage::routes())
        .merge(organization::routes())
        .merge(tokens::routes())
        .merge(tables::routes())
        .merge(rows::routes())
        .merge(audit::routes())
        .merge(workflows::routes())
        .merge(limits::routes())
        .merge(flows::routes())
        .merge(learned::routes())
        .merge(closings::routes())
        .merge(cache::routes())
        .merge(cluster::routes())
        .merge(log::routes())
        .merge(reload::routes())
        .merge(metrics::routes())
        .merge(history::routes())
        .merge(overview::routes())
        .merge(failures::routes())
        .merge(events::routes())
}

/// What needs none.
fn open() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .merge(oauth::open_routes())
        .merge(document::routes())
        .routes(routes!(health))
        .merge(readiness::routes())
}

/// All paths, and who answers them. Requests for what isn't here go where an [`Elsewhere`](crate::Elsewhere) among
/// their extensions leads them.
pub fn router(api: Api) -> Router {
    let guarded = guarded();
    let own = guarded.get_openapi().paths.paths.keys().cloned().collect();
    let operations = Arc::new(Operations::of(&document()));
    let find = middleware::from_fn_with_state(operations, operation::find);
    let body = middleware::from_fn_with_state(api.clone(), media::check);
    let query = middleware::from_fn(declared::check);
    // The last one is the first that a request comes to.
    let guarded = Router::from(guarded)
        .fallback(no_such_path)
        .route_layer(middleware::from_fn(tags::conditions))
        .route_layer(packing::layer())
        .route_layer(middleware::from_fn(packing::guard))
        .route_layer(body.clone())
        .route_layer(query.clone())
        .route_layer(find.clone())
        .route_layer(middleware::from_fn(rights::check))
        .route_layer(middleware::from_fn_with_state(
            api.clone(),
            gate::authenticate,
        ));
    let links = Router::from(links::open_routes())
        .route_layer(query)
        .route_layer(find.clone());
    let paths = Router::from(open())
        .route_layer(body)
        .route_layer(find)
        .merge(links)
        .layer(Extension(DocumentSource(document)))
        .route("/", get(dashboard::page))
        .route("/dashboard.css", get(dashboard::style))
        .route("/dashboard.js", get(dashboard::script))
        .merge(guarded)
        .merge(elsewhere::routes(&own))
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn(panicked))
        .with_state(api);
    Router::new().fallback_service(paths.map_request(without_slash_at_end))
}

/// The request by its path without the slash at the end, which is the same path here. It is rewritten: a redirect would
/// lose the body of what isn't a GET, and many programs' credentials.
fn without_slash_at_end(mut request: Request) -> Request {
    let uri = request.uri();
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty());
    let rewritten = path.and_then(|path| {
        let query = uri.query().map(|query| format!("?{query}"));
        let text = format!("{path}{}", query.unwrap_or_default());
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(text.parse().ok()?);
        Uri::from_parts(parts).ok()
    });
    if let Some(uri) = rewritten {
        *request.uri_mut() = uri;
    }
    request
}

/// 200 while the service runs. Further lines are for whoever runs it. That a node can't ask the coordination store, or has
/// no lease, is such a line and no other status: what needs no shared limit goes on, what does is answered 503, and were all
/// nodes taken out of service when the store is away, nothing would be answered at all.
#[utoipa::path(
    get, path = "/health", operation_id = "getHealth",
    responses((status = 200, description = "The text.", body = String)),
    security(()),
)]
async fn health(
    State(driver): State<Driver>,
    State(notices): State<Notices>,
    State(cluster): State<Option<Arc<Cluster>>>,
) -> (StatusCode, String) {
    if driver.is_alive() {
        let of_cluster = cluster.and_then(|it| it.notice(driver.now()));
        let of_cluster = of_cluster.map_or_else(String::new, |it| format!("cluster: {it}\n"));
        (
            StatusCode::OK,
            format!("ok\n{}{of_cluster}", notices.shown()),
        )
    } else {
        let message = "the engine has died; the service is about to end\n";
        (StatusCode::SERVICE_UNAVAILABLE, message.to_owned())
    }
}

/// The answer of a call in which a fault of this program came to light; it costs that call alone. What
/// happened is in the log.
async fn panicked(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| ApiError::internal().into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_call_alone() {
        use hyper_util::service::TowerToHyperService;
        use tollgate_listen::{Bounds, Listener};

        async fn panics() -> &'static str {
            panic!("a fault")
        }
        let router = Router::new()
            .route("/panics", get(panics))
            .route("/well", get(|| async { "well" }))
            .layer(middleware::from_fn(panicked));
        let service = TowerToHyperService::new(router);
        let address = ([127, 0, 0, 1], 0).into();
        let listening = Listener::start(address, Bounds::default(), service);
        let listening = listening.await.unwrap();
        // One connection for all of them, so that it is seen to live on.
        let http = reqwest::Client::builder().pool_max_idle_per_host(1);
        let http = http.build().unwrap();
        let get = async |path: &str| {
            let url = format!("http://{}{path}", listening.address());
            http.get(url).send().await.unwrap()
        };
        let answer = get("/panics").await;
        assert_eq!(answer.status(), 500);
        let error: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(error["code"], "internal.server.error");
        assert_eq!(error["status"], 500);
        assert!(error["contextId"].is_string());
        assert_eq!(get("/well").await.text().await.unwrap(), "well");
    }
}
