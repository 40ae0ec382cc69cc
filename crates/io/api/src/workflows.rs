//! `/api/v2/flows`: workflows of files and of the store.
//!
//! A workflow is published by its file (`POST /api/v2/tollgate/workflows`, YAML): its type and name tell which
//! workflow it is, and each publishing makes a version. Only one of the type `workflow` can be begun by a program; what a
//! call or a message does needs a person, and is tried with `tollgate workflow run`.

mod runs;
mod shapes;

use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::Name;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::routing::post;
use http::StatusCode;
use shapes::{Flow, PublishedFlow, show};
use std::sync::Arc;
use tollgate_architect_runner::Failure;
use tollgate_callers::Over;
use tollgate_definitions::{Live, WorkflowError, Workflows};
use tollgate_execution::DeskError;
use tollgate_store::{
    EntityId, Expected, NewWorkflow, PageRequest, Role, StoreError, WorkflowBody, WorkflowQuery,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/flows";
/// Where workflows were published before; the document leaves it out.
const OLD_PATH: &str = "/api/v2/tollgate/flows";
/// Flows of the store read at once, and how often.
const PAGE: u32 = 25;
const MAX_PAGES: u32 = 200;

/// The operations on workflows and their runs.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get, remove))
        .routes(routes!(publish))
        .route(OLD_PATH, post(publish_by_its_old_path))
        .merge(runs::routes())
}

parameter! {
    /// The type of workflow, such as inboundcall, whatever its case.
    Type("type"): String
}

/// Lists flows.
#[utoipa::path(
    get, path = PATH, operation_id = "getFlows", params(Page, Name, Type),
    responses((status = 200, description = "A page.", body = Listing<Flow>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Flow>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let wanted_type = Type::of(&query)?;
    let wanted = |name: &str, kind: &str| {
        let same = |wanted: &String| wanted.eq_ignore_ascii_case(kind);
        Name::is_in(&query, name) && wanted_type.as_ref().is_none_or(same)
    };
    let mut all: Vec<Flow> = Vec::new();
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
    all.sort_by(|one, other| one.name.cmp(&other.name));
    page.list(PATH, &query, &all, Flow::clone).map(Json)
}

/// Gets a flow.
#[utoipa::path(
    get, path = "/api/v2/flows/{flowId}", operation_id = "getFlow",
    responses((status = 200, description = "The answer.", body = Flow), ReadErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Flow>, ApiError> {
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

/// Saves a workflow's file (YAML) and publishes it.
#[utoipa::path(
    post, path = "/api/v2/tollgate/workflows", operation_id = "postTollgateWorkflows",
    request_body = Value,
    responses((status = 200, description = "The answer.", body = PublishedFlow), ChangeErrors),
)]
async fn publish(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(workflows): State<Arc<Workflows>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<PublishedFlow>, ApiError> {
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
    Ok(Json(PublishedFlow {
        flow: show(&id, workflow.name(), kind, Some(version.number)),
        unsupported: workflow.unsupported().map(ToString::to_string).collect(),
    }))
}

/// As [`publish`], by the path that it had before; who calls is read there.
async fn publish_by_its_old_path(
    live: State<Arc<Live>>,
    bodies: State<Bodies>,
    workflows: State<Arc<Workflows>>,
    caller: Caller,
    body: Body,
) -> Result<Json<PublishedFlow>, ApiError> {
    tracing::warn!(
        "POST /api/v2/tollgate/flows is called POST /api/v2/tollgate/workflows now; use that path"
    );
    publish(live, bodies, workflows, caller, body).await
}

/// Deletes a flow and its versions.
#[utoipa::path(
    delete, path = "/api/v2/flows/{flowId}", operation_id = "deleteFlow",
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
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

async fn stored(live: &Live, id: &str) -> Result<tollgate_store::Workflow, ApiError> {
    let missing = || ApiError::not_found(format!("There is no workflow with the id {id:?}."));
    let store = live.store().map_err(|_| missing())?;
    Ok(store
        .get::<tollgate_store::Workflow>(&parse_id(id)?)
        .await?)
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
    let body = serde_json::to_value(error.body()).unwrap_or_default();
    Failure {
        timed_out,
        ..Failure::from_error(error.status().as_u16(), &body)
    }
}
