//! `/api/v2/flows/executions`: runs of workflows, which programs begin and look at.

mod shapes;

use super::found::{Known, Origin, only_first};
use super::number::asked_number;
use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::{Map, Value};
use shapes::{FlowLaunch, FlowLaunchRequest, FlowRun};
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::Workflow;
use tollgate_architect_runner::{Caption, Launch, Runner, Source, WorkflowsError};
use tollgate_callers::Over;
use tollgate_definitions::Workflows;
use tollgate_execution::{Desk, Executor};
use tollgate_json::Doc;
use tollgate_store::Role;
use tollgate_telemetry::CallId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on runs.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(launch))
        .routes(routes!(execution))
}

/// Begins a run of a workflow. It goes on by itself.
#[utoipa::path(
    post, path = "/api/v2/flows/executions", operation_id = "postFlowsExecutions",
    request_body = FlowLaunchRequest,
    responses((status = 200, description = "The answer.", body = FlowLaunch), ChangeErrors),
)]
async fn launch(
    State(known): State<Known>,
    State(runner): State<Arc<Runner>>,
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<FlowLaunch>, ApiError> {
    caller.needs(Role::Execute, Over::Everything)?;
    let request = FlowLaunchRequest::read(&body.doc().await?)?;
    let asked = asked_number("flowVersion", request.flow_version)?;
    let (workflow, version) = runnable(&known, &request.flow_id, asked).await?;
    if !workflow.kind().runs_alone() {
        let message = format!(
            "flowId: {} is of the type {}; only a workflow can be begun by a program.",
            workflow.name(),
            workflow.kind().word()
        );
        return Err(ApiError::bad_request(message));
    }
    let inputs = request.input_data.map(Doc::into_value);
    let run = CallId::draw();
    let desk = Desk::new(executor, caller.lanes.of_run(workflow.name()), run);
    let launch = Launch {
        workflow,
        library: Arc::clone(&known.workflows.files().library),
        inputs: match inputs {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        },
        seed: rand::random(),
    };
    let caption = Caption {
        id: run.to_string(),
        name: request.name,
        source: Some(Source {
            workflow: request.flow_id,
            version,
        }),
    };
    let answer = FlowLaunch::of(&caption);
    begin((&runner, &known.workflows), caption, launch, desk).await?;
    Ok(Json(answer))
}

/// The workers begin the run: its variables' first values may take long to calculate.
async fn begin(
    (runner, workflows): (&Arc<Runner>, &Workflows),
    caption: Caption,
    launch: Launch,
    desk: Desk,
) -> Result<(), ApiError> {
    let (runtime, to) = (tokio::runtime::Handle::current(), Arc::clone(runner));
    let begin = move || {
        let _here = runtime.enter();
        to.launch(caption, launch, Arc::new(desk))
    };
    let begun = workflows.aside(begin).await?;
    begun.map_err(|error| match error {
        WorkflowsError::Full(_) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            ApiError::new(status, "flows.full", error.to_string())
                .retry_after(Duration::from_secs(1))
        }
        WorkflowsError::Inputs(why) => ApiError::bad_request(format!("inputData: {why}.")),
        WorkflowsError::Taken => ApiError::conflict("flows.taken", error.to_string()),
    })
}

/// How far a run is.
#[utoipa::path(
    get, path = "/api/v2/flows/executions/{flowExecutionId}", operation_id = "getFlowsExecution",
    responses((status = 200, description = "The answer.", body = FlowRun), ReadErrors),
)]
async fn execution(
    State(runner): State<Arc<Runner>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<FlowRun>, ApiError> {
    caller.needs(Role::Execute, Over::Everything)?;
    let record = runner.record(&id);
    let record = record.ok_or_else(|| {
        let message = format!("There is no run with the id {id:?}, or it ended long ago.");
        ApiError::not_found(message)
    })?;
    Ok(Json(FlowRun::of(&id, record)))
}

/// The workflow to run, and the number of its version: what was asked for, or what was published last.
async fn runnable(
    known: &Known,
    id: &str,
    asked: Option<u32>,
) -> Result<(Arc<Workflow>, u32), ApiError> {
    let (store, id) = match known.origin(id)? {
        Origin::File(workflow) => {
            only_first(&workflow, asked.unwrap_or(1))?;
            return Ok((workflow, 1));
        }
        Origin::Store(store, id) => (store, id),
    };
    let workflow = store.get::<tollgate_store::Workflow>(&id).await?;
    if !workflow.active {
        let name = &workflow.name;
        let message = format!("{name:?} was deactivated; publish it again to run it.");
        return Err(ApiError::conflict("flow.not.active", message));
    }
    let number = asked.unwrap_or(workflow.published);
    let workflow = known.workflows.version(store, &id, number).await?;
    Ok((workflow, number))
}
