//! `/api/v2/tollgate/log`: what this node's log says. A change holds until the process ends; it is for looking
//! closer at what goes on now.

use crate::answers::ReadErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::log_switch::LogSwitch;
use crate::request::request;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_config::LogLevels;
use tollgate_definitions::LimitRegistry;
use tollgate_store::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/tollgate/log";

/// The operations on the log.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get, set))
}

/// What the log says.
#[derive(Serialize, ToSchema)]
struct LogView {
    /// Which lines are written: a level, and levels of parts of the program.
    level: String,
}

request! {
    /// What the log is to say.
    LogUpdate {
        /// A level (`off`, `error`, `warn`, `info`, `debug`, `trace`) and, with commas between, levels of parts of the
        /// program such as `tollgate_driver=debug`.
        level: String,
    }
}

/// Which lines this node's log has.
#[utoipa::path(
    get, path = PATH, operation_id = "getLog",
    responses((status = 200, description = "The answer.", body = LogView)),
)]
async fn get(
    State(log): State<Option<Arc<dyn LogSwitch>>>,
    Extension(caller): Caller,
) -> Result<Json<LogView>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let level = log.ok_or_else(not_ours)?.levels();
    Ok(Json(LogView { level }))
}

/// Has other lines written, until this node ends.
#[utoipa::path(
    put, path = PATH, operation_id = "putLog", request_body = LogUpdate,
    responses((status = 204, description = "Done."), ReadErrors),
)]
async fn set(
    State(log): State<Option<Arc<dyn LogSwitch>>>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let LogUpdate { level } = LogUpdate::read(&body.doc().await?)?;
    let log = log.ok_or_else(not_ours)?;
    let levels = level.parse::<LogLevels>().map_err(|error| {
        ApiError::bad_request(format!("level: {error}.")).with("field", "level")
    })?;
    let (before, after) = (log.levels(), levels.as_str());
    let detail = json!({"from": before, "to": after});
    let audit = event(caller.actor(), "update", ("log", "-"), &detail);
    registry.audit(audit).await?;
    log.set(&levels);
    Ok(StatusCode::NO_CONTENT)
}

fn not_ours() -> ApiError {
    ApiError::not_found("This process writes its log by other means than the service's own.")
}
