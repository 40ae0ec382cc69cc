//! `/api/v2/flows/executions`: runs of workflows, which programs begin and look at.

use super::shapes::{FlowLaunch, FlowLaunchRequest, FlowRun, FlowVersion, show_run};
use super::{PATH, stored};
use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::state::Api;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::Workflow;
use tollgate_architect_runner::{Launch, Runner, WorkflowsError};
use tollgate_callers::Over;
use tollgate_definitions::{Live, Workflows};
use tollgate_execution::{Desk, Executor};
use tollgate_json::Doc;
use tollgate_store::{EntityId, Role};
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
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(runner): State<Arc<Runner>>,
    State(workflows): State<Arc<Workflows>>,
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<FlowLaunch>, ApiError> {
    caller.needs(Role::Execute, Over::Everything)?;
    let request = FlowLaunchRequest::read(&bodies.doc(body).await?)?;
    let (flow_id, asked) = (request.flow_id, request.flow_version);
    let (workflow, version) = runnable(&live, &workflows, &flow_id, asked).await?;
    if !workflow.kind().runs_alone() {
        let message = format!(
            "flowId: {} is of the type {}; only a workflow can be begun by a program.",
            workflow.name(),
            workflow.kind().word()
        );
        return Err(ApiError::bad_request(message));
    }
    let inputs = request.input_data.map(Doc::into_value);
    let id = EntityId::random().to_string();
    let desk = Desk::new(executor, caller.lanes.of_run(workflow.name()));
    let launch = Launch {
        workflow,
        library: Arc::clone(&workflows.files().library),
        inputs: match inputs {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        },
        seed: rand::random(),
    };
    let name = request.name;
    let run = (id.clone(), name.clone());
    begin((&runner, &workflows), run, launch, desk).await?;
    Ok(Json(FlowLaunch {
        flow_version: FlowVersion {
            self_uri: Some(format!("{PATH}/{flow_id}/versions/{version}")),
            id: version,
        },
        self_uri: format!("{PATH}/executions/{id}"),
        id,
        name,
    }))
}

/// The workers begin the run: its variables' first values may take long to calculate.
async fn begin(
    (runner, workflows): (&Arc<Runner>, &Workflows),
    run: (String, Option<String>),
    launch: Launch,
    desk: Desk,
) -> Result<(), ApiError> {
    let (runtime, to) = (tokio::runtime::Handle::current(), Arc::clone(runner));
    let begin = move || {
        let _here = runtime.enter();
        to.launch(run, launch, Arc::new(desk))
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
    Ok(Json(show_run(&id, &record)))
}

/// The workflow to run, and the number of its version: what was asked for, or what was published last.
async fn runnable(
    live: &Live,
    workflows: &Workflows,
    id: &str,
    asked: Option<String>,
) -> Result<(Arc<Workflow>, String), ApiError> {
    if let Some(workflow) = workflows.files().by_id.get(id) {
        return Ok((Arc::clone(workflow), "1".to_owned()));
    }
    let workflow = stored(live, id).await?;
    let number = match &asked {
        Some(text) => text.parse().ok(),
        None => workflow.published,
    };
    let Some(number) = number else {
        let message = format!(
            "flowVersion: {asked:?} is no version of {}.",
            workflow.body.name
        );
        return Err(ApiError::bad_request(message));
    };
    let workflow = workflows
        .version(live.store()?, &workflow.id, number)
        .await?;
    Ok((workflow, number.to_string()))
}
