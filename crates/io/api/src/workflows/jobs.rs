//! `/flows/jobs`, `/flows/export/jobs` and `/flows/validate/jobs`: workflows as files, as Archy and Terraform bring and
//! take them.
//!
//! A job is a transfer (`tollgate_transfers`): kept in the store, carried out by any node, shown by any. A workflow that
//! is brought to the job's URL is published; an export gives a version's text byte for byte as it was published.
//!
//! **Who asks how far a job is waits for it a little** ([`PATIENCE`]): Terraform asks once, and again after a quarter of a
//! minute.

mod given;
mod shapes;

use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::links::Address;
use crate::query::Query;
use crate::state::Api;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use given::{ExportRequest, JobExpand, JobRequest, ValidateRequest};
use http::request::Parts;
use shapes::{ExportJob, PublishJob, RegisteredJob, RegisteredUpload, ValidateJob};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{NoStore, WorkflowRef};
use tollgate_json::Doc;
use tollgate_store::{JsonText, Role, StoreError, Transfer, TransferKind, TransferState};
use tollgate_transfers::{Link, Transfers, Wanted, WorkflowTexts};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long an answer on a job that is being worked on waits for its end.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks meanwhile.
const POLL: Duration = Duration::from_millis(50);

/// The operations on jobs.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(register))
        .routes(routes!(job))
        .routes(routes!(export))
        .routes(routes!(export_job))
        .routes(routes!(validate))
        .routes(routes!(validate_job))
}

/// Registers a job that publishes a workflow: its file (YAML) is to be put to the URL in the answer.
#[utoipa::path(
    post, path = "/api/v2/flows/jobs", operation_id = "postFlowsJobs", request_body = Option<JobRequest>,
    responses((status = 200, description = "The answer.", body = RegisteredUpload), ChangeErrors),
)]
async fn register(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    parts: Parts,
    body: SentBody,
) -> Result<Json<RegisteredUpload>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let text = body.text().await?;
    if !text.trim().is_empty() {
        JobRequest::read(&Doc::parse(&text)?)?.check()?;
    }
    let begun = begin(
        transfers,
        TransferKind::WorkflowPublish,
        &caller,
        JsonText::default(),
    );
    let (transfer, link) = begun.await?;
    Ok(Json(RegisteredUpload::of(
        &transfer,
        &link,
        &Address::of(&parts)?,
    )))
}

/// How far a job is.
#[utoipa::path(
    get, path = "/api/v2/flows/jobs/{jobId}", operation_id = "getFlowsJob", params(JobExpand),
    responses((status = 200, description = "The answer.", body = PublishJob), ReadErrors),
)]
async fn job(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<PublishJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let messages = JobExpand::has_messages(&Query::parse(query.as_deref()))?;
    let (transfer, _) = seen(transfers, TransferKind::WorkflowPublish, &id).await?;
    Ok(Json(PublishJob::of(&transfer, messages)))
}

/// Begins to export a workflow's text.
#[utoipa::path(
    post, path = "/api/v2/flows/export/jobs", operation_id = "postFlowsExportJobs", request_body = ExportRequest,
    responses((status = 200, description = "The answer.", body = RegisteredJob), ChangeErrors),
)]
async fn export(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<RegisteredJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let flows = ExportRequest::read(&body.doc().await?)?.flows()?;
    let kind = TransferKind::WorkflowExport;
    begin_of(transfers, kind, &caller, &flows).await.map(Json)
}

/// How far an export is, and where its file can be fetched.
#[utoipa::path(
    get, path = "/api/v2/flows/export/jobs/{jobId}", operation_id = "getFlowsExportJob", params(JobExpand),
    responses((status = 200, description = "The answer.", body = ExportJob), ReadErrors),
)]
async fn export_job(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Result<Json<ExportJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let messages = JobExpand::has_messages(&Query::parse(query.as_deref()))?;
    let (transfer, link) = seen(transfers, TransferKind::WorkflowExport, &id).await?;
    let address = Address::of(&parts)?;
    Ok(Json(ExportJob::of(
        &transfer,
        link.as_ref(),
        &address,
        messages,
    )))
}

/// Begins to check workflows that are there.
#[utoipa::path(
    post, path = "/api/v2/flows/validate/jobs", operation_id = "postFlowsValidateJobs",
    request_body = ValidateRequest,
    responses((status = 200, description = "The answer.", body = RegisteredJob), ChangeErrors),
)]
async fn validate(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<RegisteredJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let flows = ValidateRequest::read(&body.doc().await?)?.flows()?;
    let kind = TransferKind::WorkflowValidate;
    begin_of(transfers, kind, &caller, &flows).await.map(Json)
}

/// How far a check is.
#[utoipa::path(
    get, path = "/api/v2/flows/validate/jobs/{jobId}", operation_id = "getFlowsValidateJob", params(JobExpand),
    responses((status = 200, description = "The answer.", body = ValidateJob), ReadErrors),
)]
async fn validate_job(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<ValidateJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let messages = JobExpand::has_messages(&Query::parse(query.as_deref()))?;
    let (transfer, _) = seen(transfers, TransferKind::WorkflowValidate, &id).await?;
    Ok(Json(ValidateJob::of(&transfer, messages)))
}

async fn begin(
    transfers: Option<Arc<Transfers>>,
    kind: TransferKind,
    caller: &Principal,
    terms: JsonText,
) -> Result<(Transfer, Link), ApiError> {
    let wanted = Wanted {
        kind,
        caller: caller.id.to_string(),
        subject: String::new(),
        terms,
    };
    let transfers = transfers.ok_or(NoStore)?;
    Ok(transfers.begin(wanted, &by(caller)).await?)
}

/// Begins a job on workflows that are there, or aren't: what is wrong with them the job will say.
async fn begin_of(
    transfers: Option<Arc<Transfers>>,
    kind: TransferKind,
    caller: &Principal,
    flows: &[WorkflowRef],
) -> Result<RegisteredJob, ApiError> {
    let terms = WorkflowTexts::terms(flows);
    let (transfer, _) = begin(transfers, kind, caller, terms).await?;
    Ok(RegisteredJob::of(&transfer, flows.len()))
}

/// A job, at its end if that comes soon.
async fn seen(
    transfers: Option<Arc<Transfers>>,
    kind: TransferKind,
    id: &str,
) -> Result<(Transfer, Option<Link>), ApiError> {
    let (transfers, known) = (transfers.ok_or(NoStore)?, parse_id(id)?);
    let until = Instant::now() + PATIENCE;
    loop {
        let (transfer, link) = match transfers.get(&[kind], &known).await {
            Err(StoreError::NotFound { .. }) => {
                let message = format!("There is no such job as {id:?}, or it ended long ago.");
                return Err(ApiError::not_found(message));
            }
            found => found?,
        };
        if transfer.state != TransferState::Ready || Instant::now() >= until {
            return Ok((transfer, link));
        }
        sleep(POLL).await;
    }
}
