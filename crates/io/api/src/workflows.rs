//! `/api/v2/flows` and `/api/v2/flows/executions`: workflows of files and of the store, and their runs.
//!
//! A workflow is published by its file (`POST /api/v2/tollgate/workflows`, YAML): its type and name tell which
//! workflow it is, and each publishing makes a version. Only one of the type `workflow` can be begun by a program; what a
//! call or a message does needs a person, and is tried with `tollgate workflow run`.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::doc::{id as parse_id, show_time};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{Workflow, WorkflowKind};
use tollgate_architect_runner::{Failure, Launch, Record, Runner, Status, WorkflowsError};
use tollgate_definitions::{Lanes, Live, WorkflowError, Workflows};
use tollgate_execution::{Desk, DeskError};
use tollgate_json::Doc;
use tollgate_store::{
    EntityId, Expected, NewWorkflow, PageRequest, Role, StoreError, WallTime, WorkflowBody,
    WorkflowQuery,
};

const PATH: &str = "/api/v2/flows";
/// Flows of the store read at once, and how often.
const PAGE: u32 = 25;
const MAX_PAGES: u32 = 200;

pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let wanted = |name: &str, kind: &str| {
        let same = |it: &str| it.eq_ignore_ascii_case(kind);
        listing::named(&query, name) && query.get("type").is_none_or(same)
    };
    let mut all: Vec<Value> = Vec::new();
    for (id, workflow) in &workflows.files().by_id {
        if wanted(workflow.name(), workflow.kind().word()) {
            all.push(show(id, workflow.name(), workflow.kind().word(), None));
        }
    }
    if let Ok(store) = live.store() {
        // The documents come along, so pages are small.
        for number in 1..=MAX_PAGES {
            let stored = WorkflowQuery {
                page: PageRequest::new(PAGE, number)?,
                ..WorkflowQuery::default()
            };
            let found = store.list::<tollgate_store::Workflow>(&stored).await?;
            let last = found.items.len() < PAGE as usize;
            for workflow in found.items {
                if wanted(&workflow.body.name, &workflow.kind) {
                    let id = workflow.id.to_string();
                    all.push(show(
                        &id,
                        &workflow.body.name,
                        &workflow.kind,
                        workflow.published,
                    ));
                }
            }
            if last {
                break;
            }
        }
    }
    all.sort_by_cached_key(|workflow| workflow["name"].as_str().unwrap_or_default().to_owned());
    page.list(PATH, &query, &all, Value::clone).map(Json)
}

pub(crate) async fn get(
    State(live): State<Arc<Live>>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    if let Some(workflow) = workflows.files().by_id.get(&id) {
        return Ok(Json(show(
            &id,
            workflow.name(),
            workflow.kind().word(),
            None,
        )));
    }
    let workflow = stored(&live, &id).await?;
    Ok(Json(show(
        &id,
        &workflow.body.name,
        &workflow.kind,
        workflow.published,
    )))
}

/// Saves a workflow's file and publishes it; its type and name tell which workflow it is.
pub(crate) async fn publish(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let yaml = bodies.text(body).await?;
    let (workflow, yaml) = workflows.compile(yaml).await?;
    let kind = workflow.kind().word();
    let in_files = workflows.files().library.get(workflow.name());
    if in_files.is_some_and(|it| it.kind() == workflow.kind()) {
        return Err(managed("workflow"));
    }
    let (store, by) = (live.store()?, by(&caller));
    let body = WorkflowBody {
        name: workflow.name().to_owned(),
        description: String::new(),
        yaml,
    };
    let saved = match store.workflow_named(kind, workflow.name()).await {
        Ok(found) => {
            let seen = Expected::Version(found.version);
            store
                .update::<tollgate_store::Workflow>(&found.id, seen, body, &by)
                .await?
        }
        Err(StoreError::NotFound { .. }) => {
            let new = NewWorkflow {
                id: EntityId::random(),
                kind: kind.to_owned(),
                body,
            };
            store.create::<tollgate_store::Workflow>(new, &by).await?
        }
        Err(error) => return Err(error.into()),
    };
    let seen = Expected::Version(saved.version);
    let version = store.publish_workflow(&saved.id, seen, &by).await?;
    let id = saved.id.to_string();
    Ok(Json(show(&id, workflow.name(), kind, Some(version.number))))
}

/// As [`publish`], by the path that it had before; who calls is read there.
pub(crate) async fn publish_by_its_old_path(
    live: State<Arc<Live>>,
    bodies: State<Bodies>,
    workflows: State<Arc<Workflows>>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    tracing::warn!(
        "POST /api/v2/tollgate/flows is called POST /api/v2/tollgate/workflows now; use that path"
    );
    publish(live, bodies, workflows, caller, body).await
}

pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    if workflows.files().by_id.contains_key(&id) {
        return Err(managed("workflow"));
    }
    let store = live.store()?;
    store
        .delete::<tollgate_store::Workflow>(&parse_id(&id)?, Expected::Any, &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a run. It goes on by itself; [`execution`] tells how far it is.
pub(crate) async fn launch(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(runner): State<Arc<Runner<Desk>>>,
    State(workflows): State<Arc<Workflows>>,
    State(lanes): State<Arc<Lanes>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Execute, Over::Everything)?;
    let doc = bodies.doc(body).await?;
    let flow_id = doc.required("flowId")?;
    let (workflow, version) = runnable(&live, &workflows, &flow_id, &doc).await?;
    if workflow.kind() != WorkflowKind::Workflow {
        let message = format!(
            "flowId: {} is of the type {}; only a workflow can be begun by a program.",
            workflow.name(),
            workflow.kind().word()
        );
        return Err(ApiError::bad_request(message));
    }
    let inputs = doc.object("inputData")?.map(Doc::into_value);
    let id = EntityId::random().to_string();
    let named = caller.lanes.pick(Some(workflow.name()));
    let lane = named.or_else(|| caller.lanes.pick(None));
    let launch = Launch {
        calls_as: lane.map_or("", |lane| lanes.name(lane)).to_owned(),
        workflow,
        library: Arc::clone(&workflows.files().library),
        name: doc.text("name")?,
        inputs: match inputs {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        },
        seed: rand::random(),
    };
    let name = launch.name.clone();
    begin(&runner, &workflows, id.clone(), launch).await?;
    let mut shown = json!({
        "id": id,
        "flowVersion": {"id": version, "selfUri": format!("{PATH}/{flow_id}/versions/{version}")},
        "selfUri": format!("{PATH}/executions/{id}"),
    });
    if let Some(name) = name {
        shown["name"] = name.into();
    }
    Ok(Json(shown))
}

/// The workers begin the run: its variables' first values may take long to calculate.
async fn begin(
    runner: &Arc<Runner<Desk>>,
    workflows: &Workflows,
    id: String,
    launch: Launch,
) -> Result<(), ApiError> {
    let (runtime, to) = (tokio::runtime::Handle::current(), Arc::clone(runner));
    let begin = move || {
        let _here = runtime.enter();
        to.launch(id, launch)
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

pub(crate) async fn execution(
    State(runner): State<Arc<Runner<Desk>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
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
    doc: &Doc,
) -> Result<(Arc<Workflow>, String), ApiError> {
    if let Some(workflow) = workflows.files().by_id.get(id) {
        return Ok((Arc::clone(workflow), "1".to_owned()));
    }
    let workflow = stored(live, id).await?;
    let asked = doc.text("flowVersion")?;
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

async fn stored(live: &Live, id: &str) -> Result<tollgate_store::Workflow, ApiError> {
    let missing = || ApiError::not_found(format!("There is no workflow with the id {id:?}."));
    let store = live.store().map_err(|_| missing())?;
    Ok(store
        .get::<tollgate_store::Workflow>(&parse_id(id)?)
        .await?)
}

fn show(id: &str, name: &str, kind: &str, published: Option<u32>) -> Value {
    let mut shown = json!({
        "id": id,
        "name": name,
        "type": kind.to_uppercase(),
        "selfUri": format!("{PATH}/{id}"),
    });
    if let Some(number) = published {
        shown["publishedVersion"] = json!({"id": number.to_string()});
    }
    shown
}

fn show_run(id: &str, record: &Record) -> Value {
    let (status, reason) = match &record.status {
        Status::Running => ("RUNNING", None),
        Status::Completed(end) => ("COMPLETED", Some(end.to_string())),
        Status::Failed(end) => ("FAILED", Some(end.to_string())),
        Status::Stopped => ("TERMINATED", None),
    };
    let line = |line: &tollgate_architect_runner::Line| json!({"millis": line.at.as_millis() as u64, "text": line.text});
    let mut shown = json!({
        "id": id,
        "dateLaunched": show_time(WallTime(record.started)),
        "status": status,
        "outputData": record.outputs,
        "transcript": record.transcript.iter().map(line).collect::<Vec<_>>(),
        "selfUri": format!("{PATH}/executions/{id}"),
    });
    if let Some(name) = &record.name {
        shown["name"] = name.as_str().into();
    }
    if let Some(reason) = reason {
        shown["completionReason"] = reason.into();
    }
    if let Some(ended) = record.ended {
        shown["dateCompleted"] = show_time(WallTime(ended)).into();
    }
    shown
}

impl From<WorkflowError> for ApiError {
    fn from(error: WorkflowError) -> Self {
        let message = error.to_string();
        match error {
            WorkflowError::Invalid(problems) => {
                Self::new(StatusCode::BAD_REQUEST, "flow.invalid", message).because(problems)
            }
            WorkflowError::Store(error) => error.into(),
            WorkflowError::Workers(refused) => refused.into(),
        }
    }
}

/// An error as a run is told of it.
pub fn describe(error: DeskError) -> Failure {
    let timed_out = matches!(&error, DeskError::Execute(it) if it.cause.is_timeout());
    let error = match error {
        DeskError::NoAction { action, category } => {
            let message = format!("There is no action {action:?} in the category {category:?}.");
            ApiError::not_found(message)
        }
        DeskError::Execute(error) => error.into(),
        DeskError::NoStore(error) => error.into(),
        DeskError::Store(error) => error.into(),
    };
    Failure {
        timed_out,
        ..Failure::from_error(error.status().as_u16(), &error.body())
    }
}
