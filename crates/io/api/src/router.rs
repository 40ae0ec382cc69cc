//! The paths and who answers them.

use crate::error::ApiError;
use crate::state::Api;
use crate::{
    actions, audit, cache, clients, closings, credentials, dashboard, document, drafts, gate,
    integrations, learned, limits, oauth, parts, rows, run, tables, types, usage, workflows,
};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use futures_util::FutureExt as _;
use http::StatusCode;
use std::panic::AssertUnwindSafe;
use tollgate_driver::Driver;

/// All paths, and who answers them.
pub fn router(api: Api) -> Router {
    let mut guarded = Router::new();
    for (path, methods) in routes() {
        guarded = guarded.route(path, methods);
    }
    let guarded = guarded
        .fallback(no_such_path)
        .route_layer(middleware::from_fn_with_state(
            api.clone(),
            gate::authenticate,
        ));
    Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/health", get(health))
        .route("/", get(dashboard::page))
        .route("/dashboard.css", get(dashboard::style))
        .route("/dashboard.js", get(dashboard::script))
        .route("/api/v2/openapi.json", get(document::serve))
        .merge(guarded)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn(panicked))
        .with_state(api)
}

/// All paths that need a token. Variables are named as the platform's, since usage is told by them.
fn routes() -> Vec<(&'static str, MethodRouter<Api>)> {
    vec![
        (
            "/api/v2/integrations",
            get(integrations::list).post(integrations::create),
        ),
        ("/api/v2/integrations/types", get(types::list)),
        ("/api/v2/integrations/types/{typeId}", get(types::get)),
        (
            "/api/v2/integrations/types/{typeId}/configschemas/{configType}",
            get(types::schema),
        ),
        (
            "/api/v2/integrations/{integrationId}",
            get(integrations::get)
                .patch(integrations::update)
                .delete(integrations::remove),
        ),
        (
            "/api/v2/integrations/{integrationId}/config/current",
            get(integrations::config).put(integrations::configure),
        ),
        (
            "/api/v2/integrations/credentials",
            get(credentials::list).post(credentials::create),
        ),
        (
            "/api/v2/integrations/credentials/types",
            get(credentials::types),
        ),
        (
            "/api/v2/integrations/credentials/{credentialId}",
            get(credentials::get)
                .put(credentials::update)
                .delete(credentials::remove),
        ),
        (
            "/api/v2/integrations/actions",
            get(actions::list).post(actions::create),
        ),
        (
            "/api/v2/integrations/actions/categories",
            get(actions::categories),
        ),
        (
            "/api/v2/integrations/actions/drafts",
            get(drafts::list).post(drafts::create),
        ),
        (
            "/api/v2/integrations/actions/{actionId}",
            get(actions::get)
                .patch(actions::update)
                .delete(actions::remove),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/execute",
            post(run::execute),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/test",
            post(run::test),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/schemas/{fileName}",
            get(parts::schema),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/templates/{fileName}",
            get(parts::template),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/draft",
            get(drafts::get)
                .post(drafts::copy)
                .patch(drafts::update)
                .delete(drafts::remove),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/draft/validation",
            get(drafts::validate),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/draft/test",
            post(drafts::test),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/draft/publish",
            post(drafts::publish),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/draft/schemas/{fileName}",
            get(parts::draft_schema),
        ),
        (
            "/api/v2/integrations/actions/{actionId}/draft/templates/{fileName}",
            get(parts::draft_template),
        ),
        (
            "/api/v2/oauth/clients",
            get(clients::list).post(clients::create),
        ),
        (
            "/api/v2/oauth/clients/{clientId}",
            get(clients::get)
                .put(clients::update)
                .delete(clients::remove),
        ),
        (
            "/api/v2/oauth/clients/{clientId}/secret",
            post(clients::renew),
        ),
        (
            "/api/v2/oauth/clients/{clientId}/usage/query",
            post(usage::query),
        ),
        (
            "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}",
            get(usage::results),
        ),
        (
            "/api/v2/oauth/clients/{clientId}/usage/summary",
            get(usage::summary),
        ),
        ("/api/v2/tokens/me", delete(oauth::revoke)),
        (
            "/api/v2/flows/datatables",
            get(tables::list).post(tables::create),
        ),
        (
            "/api/v2/flows/datatables/{datatableId}",
            get(tables::get).put(tables::update).delete(tables::remove),
        ),
        (
            "/api/v2/flows/datatables/{datatableId}/rows",
            get(rows::list).post(rows::create),
        ),
        (
            "/api/v2/flows/datatables/{datatableId}/rows/{rowId}",
            get(rows::get).put(rows::update).delete(rows::remove),
        ),
        ("/api/v2/audits/query/realtime", post(audit::query)),
        ("/api/v2/flows", get(workflows::list)),
        (
            "/api/v2/flows/{flowId}",
            get(workflows::get).delete(workflows::remove),
        ),
        ("/api/v2/flows/executions", post(workflows::launch)),
        (
            "/api/v2/flows/executions/{flowExecutionId}",
            get(workflows::execution),
        ),
        (
            "/api/v2/tollgate/flows",
            get(limits::flows).post(workflows::publish_by_its_old_path),
        ),
        ("/api/v2/tollgate/workflows", post(workflows::publish)),
        ("/api/v2/tollgate/cache", get(cache::get)),
        ("/api/v2/tollgate/cache/{actionId}", delete(cache::purge)),
        (
            "/api/v2/tollgate/closings",
            get(closings::list).delete(closings::open),
        ),
        ("/api/v2/tollgate/upstreams", get(closings::upstreams)),
        (
            "/api/v2/tollgate/learned",
            get(learned::list).delete(learned::forget),
        ),
        (
            "/api/v2/tollgate/limits",
            get(limits::list).put(limits::set),
        ),
        (
            "/api/v2/tollgate/actions/{actionId}/export",
            get(parts::export_action),
        ),
    ]
}

/// 200 for as long as executions can be carried out.
async fn health(State(driver): State<Driver>) -> (StatusCode, &'static str) {
    if driver.is_alive() {
        (StatusCode::OK, "ok\n")
    } else {
        let message = "the engine has died; the service is about to end\n";
        (StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

/// The answer of a call in which a fault of this program came to light; it costs that call alone. What
/// happened is in the log.
async fn panicked(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| ApiError::internal().into_response())
}

async fn no_such_path() -> ApiError {
    ApiError::not_found("There is no such path here.")
}

async fn no_such_method() -> ApiError {
    let message = "This path does not take this method.";
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method.not.allowed",
        message,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_described() {
        let document = crate::openapi::document();
        let described = document["paths"].as_object().unwrap();
        for (path, _) in routes() {
            assert!(described.contains_key(path), "{path} is not described");
        }
    }

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
