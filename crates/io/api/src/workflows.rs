//! `/api/v2/flows`: workflows of files and of the store.
//!
//! A workflow is published by its file (Archy's YAML): its type and name tell which workflow it is, and each publishing
//! makes a version. Only one of the type `workflow` can be begun by a program; what a call or a message does needs a
//! person, and is tried with `tollgate workflow run`.

mod acts;
mod found;
mod jobs;
mod lists;
mod number;
mod publishing;
mod runs;
mod shapes;
mod versions;

use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, State};
use axum::routing::post;
use found::Known;
use http::StatusCode;
use lists::Deleted;
use serde::Serialize;
use shapes::Flow;
use std::time::Duration;
use tollgate_architect::Severity;
use tollgate_architect_runner::Failure;
use tollgate_callers::Over;
use tollgate_execution::DeskError;
use tollgate_store::{Expected, Role, Workflow};
use tollgate_telemetry::Seldom;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/flows";
/// Where workflows were published before; the document leaves it out.
const OLD_PATH: &str = "/api/v2/tollgate/flows";

/// The operations on workflows and their runs.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(get, remove))
        .routes(routes!(publish))
        .route(OLD_PATH, post(publish_by_its_old_path))
        .merge(lists::routes())
        .merge(versions::routes())
        .merge(acts::routes())
        .merge(jobs::routes())
        .merge(runs::routes())
}

/// A workflow that was published.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublishedFlow {
    #[serde(flatten)]
    flow: Flow,
    /// What of it isn't known here, each with its line and column. It runs all the same, and fails where it would need
    /// that.
    unsupported: Vec<String>,
}

/// Gets a flow.
#[utoipa::path(
    get, path = "/api/v2/flows/{flowId}", operation_id = "getFlow", params(Deleted),
    responses((status = 200, description = "The answer.", body = Flow), ReadErrors),
)]
async fn get(
    State(known): State<Known>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Flow>, ApiError> {
    caller.needs_any()?;
    known.get(&id).await.map(Json)
}

/// Publishes a workflow's file (YAML), as the next version of the workflow that has its type and name, or of a new one.
#[utoipa::path(
    post, path = "/api/v2/tollgate/workflows", operation_id = "postTollgateWorkflows",
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, description = "The answer.", body = PublishedFlow), ChangeErrors),
)]
async fn publish(
    State(known): State<Known>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<PublishedFlow>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let yaml = body.text().await?;
    let published = publishing::publish(&known, yaml, &by(&caller)).await?;
    let problems = published.problems.as_slice().iter();
    let unsupported = problems.filter(|it| it.severity == Severity::Unsupported);
    Ok(Json(PublishedFlow {
        unsupported: unsupported.map(ToString::to_string).collect(),
        flow: published.flow,
    }))
}

/// As [`publish`], by the path that it had before; who calls is read there.
async fn publish_by_its_old_path(
    known: State<Known>,
    caller: Caller,
    body: SentBody,
) -> Result<Json<PublishedFlow>, ApiError> {
    static OLD: Seldom = Seldom::once_in(Duration::from_secs(3600));
    if OLD.is_due() {
        tracing::warn!(
            "POST /api/v2/tollgate/flows is called POST /api/v2/tollgate/workflows now; use that path"
        );
    }
    publish(known, caller, body).await
}

/// Deletes a flow and its versions.
#[utoipa::path(
    delete, path = "/api/v2/flows/{flowId}", operation_id = "deleteFlow",
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(known): State<Known>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let (store, id) = known.changeable(&id)?;
    let by = by(&caller);
    store.delete::<Workflow>(&id, Expected::Any, &by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An error as a run is told of it.
pub fn describe(error: DeskError) -> Failure {
    let timed_out = matches!(&error, DeskError::Execute(it) if it.cause.is_timeout());
    let error = match error {
        DeskError::NoAction { action, category } => {
            let message = format!("There is no action {action:?} in the category {category:?}.");
            ApiError::not_found(message)
        }
        DeskError::NotUnique {
            action,
            category,
            ids,
        } => {
            let message = format!(
                "There are several actions {action:?} in the category {category:?}; rename all but one, or give one \
                 another category: {}.",
                ids.join(", ")
            );
            ApiError::conflict("name.not.unique", message).with("ids", ids.join(","))
        }
        DeskError::Execute(error) => error.into(),
        DeskError::NoStore(error) => error.into(),
        DeskError::Store(error) => error.into(),
    };
    let body = serde_json::to_value(error.body()).unwrap_or_default();
    Failure {
        timed_out,
        ..Failure::from_error(error.status().as_u16(), &body)
    }
}
