//! The paths and who answers them.

mod actions;
mod oauth;

use crate::callers::Callers;
use crate::catalog::Catalog;
use crate::error::ApiError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use http::{StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_driver::Driver;
use tollgate_model::FlowId;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) catalog: Catalog,
    pub(crate) callers: Callers,
    pub(crate) driver: Driver,
    pub(crate) flows: BTreeMap<String, FlowId>,
    pub(crate) default_flow: FlowId,
    pub(crate) max_body_bytes: usize,
    pub(crate) body_timeout: Duration,
}

pub(crate) fn router(app: Arc<App>) -> Router {
    let actions = "/api/v2/integrations/actions";
    let api = Router::new()
        .route(actions, get(actions::list))
        .route(&format!("{actions}/{{id}}"), get(actions::get))
        .route(&format!("{actions}/{{id}}/execute"), post(actions::execute))
        .route(&format!("{actions}/{{id}}/test"), post(actions::test))
        .fallback(no_such_path)
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            authenticate,
        ));
    Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/health", get(|| async { "ok\n" }))
        .merge(api)
        .method_not_allowed_fallback(no_such_method)
        .with_state(app)
}

/// Lets only callers with a good token through.
async fn authenticate(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let unauthorized = |code, message: &str| ApiError::new(StatusCode::UNAUTHORIZED, code, message);
    let header = request.headers().get(header::AUTHORIZATION);
    let token = header.and_then(|header| {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    });
    let Some(token) = token else {
        let message = "No authentication bearer token found in the authorization header.";
        return Err(unauthorized("authentication.required", message));
    };
    if app.callers.of_token(token, Instant::now()).is_none() {
        return Err(unauthorized(
            "bad.credentials",
            "Invalid login credentials.",
        ));
    }
    Ok(next.run(request).await)
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

impl App {
    /// A body's text, within the bounds of size and time.
    async fn text(&self, body: Body) -> Result<String, ApiError> {
        let read = Limited::new(body, self.max_body_bytes).collect();
        let body = match tokio::time::timeout(self.body_timeout, read).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let message = format!(
                    "The request body is longer than {} bytes.",
                    self.max_body_bytes
                );
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(ApiError::new(status, "request.entity.too.large", message));
            }
            Ok(Err(_)) => return Err(ApiError::bad_request("The request body broke off.")),
            Err(_) => {
                let status = StatusCode::REQUEST_TIMEOUT;
                let message = "The request body took too long to arrive.";
                return Err(ApiError::new(status, "request.timeout", message));
            }
        };
        String::from_utf8(body.into())
            .map_err(|_| ApiError::bad_request("The request body is not UTF-8."))
    }
}
