//! `/api/v2/tollgate/jobs`: executions that were taken in and are carried out later.
//!
//! A job is its caller's; administrators see all. What isn't the caller's isn't there for it. States are the platform's
//! words for its own asynchronous queries, and so are the names of its times (*documented*: `AsyncQueryStatus`).

mod report;
mod shapes;

use crate::answers::{ChangeErrors, ReadErrors};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
pub use report::JobReport;
use serde_json::json;
use shapes::{JobEntity, JobStateWord};
pub(crate) use shapes::{JobEntity as JobAnswer, job_path, show};
use std::sync::Arc;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{NoStore, wall_time};
use tollgate_jobs::Jobs;
use tollgate_store::{EntityId, Job, JobQuery, Role};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/tollgate/jobs";
/// Seconds after which it is worth to look again, at the most.
const LOOK_AGAIN: u64 = 60;

/// The operations on jobs.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get, cancel))
}

parameter! {
    /// How far the jobs are, such as QUEUED, whatever its case.
    InState("state"): String
}
parameter! {
    /// Whether those of all callers are wanted; takes the role administer.
    All("all"): bool
}

/// Lists the caller's jobs, the latest first; without what they answered.
#[utoipa::path(
    get, path = PATH, operation_id = "getTollgateJobs", params(InState, All, Page),
    responses((status = 200, description = "The answer.", body = Listing<JobEntity>)),
)]
async fn list(
    State(jobs): State<Option<Arc<Jobs>>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<JobEntity>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let (page, all) = (Page::of(&query)?, All::of(&query)?.unwrap_or(false));
    if all {
        caller.needs(Role::Administer, Over::Everything)?;
    }
    let state = InState::of(&query)?;
    let state = state.map(|text| JobStateWord::parse_any_case(InState::NAME, &text));
    let Some(jobs) = jobs else {
        return Ok(Json(page.answer(PATH, &query, Vec::new(), 0)));
    };
    let wanted = JobQuery {
        caller: (!all).then(|| caller.id.to_string()),
        state: state.transpose()?.map(Into::into),
        page: page.request()?,
    };
    let found = jobs.list(&wanted).await?;
    let shown = found.items.iter().map(|job| show(&jobs, job, None));
    Ok(Json(page.answer(
        PATH,
        &query,
        shown.collect(),
        found.total,
    )))
}

/// How far a job is, and what it answered.
#[utoipa::path(
    get, path = "/api/v2/tollgate/jobs/{jobId}", operation_id = "getTollgateJob",
    responses((status = 200, description = "The answer.", body = JobEntity), ReadErrors),
)]
async fn get(
    State(jobs): State<Option<Arc<Jobs>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    caller.needs_any()?;
    let jobs = jobs.ok_or_else(|| missing(&id))?;
    let (job, answer) = jobs.get(&parse_id(&id)?).await?;
    own(&caller, &job, &id)?;
    let mut response = Json(show(&jobs, &job, answer.as_ref())).into_response();
    if !job.state.is_end() {
        let seconds = look_again(&job);
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Ends a job that isn't under way; one that is, or has ended, is left as it is.
#[utoipa::path(
    delete, path = "/api/v2/tollgate/jobs/{jobId}", operation_id = "deleteTollgateJob",
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn cancel(
    State(jobs): State<Option<Arc<Jobs>>>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.needs_any()?;
    let jobs = jobs.ok_or(NoStore)?;
    let known: EntityId = parse_id(&id)?;
    let (job, _) = jobs.get(&known).await?;
    own(&caller, &job, &id)?;
    match jobs.cancel(&known).await? {
        (true, job) => {
            let detail = json!({"job": job.id.as_str(), "clientId": job.caller});
            journal.note(
                caller.actor(),
                "cancel",
                ("execution", &job.action),
                &detail,
            );
            Ok(StatusCode::NO_CONTENT)
        }
        (false, job) => {
            let (code, why) = match job.state.is_end() {
                true => ("job.ended", "has come to its end"),
                false => (
                    "job.under.way",
                    "is under way, and what was sent can't be called back",
                ),
            };
            let message = format!("Nothing was changed: the job {why}.");
            Err(ApiError::conflict(code, message).with("state", job.state.word()))
        }
    }
}

/// An error where the job isn't for this caller to see: as if it weren't there.
fn own(caller: &Principal, job: &Job, id: &str) -> Result<(), ApiError> {
    let sees = *caller.id == *job.caller || caller.may(Role::Administer, Over::Everything);
    if sees { Ok(()) } else { Err(missing(id)) }
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!(
        "There is no job with the id {id:?}, or it ended long ago."
    ))
}

/// After how many seconds it is worth to look again.
fn look_again(job: &Job) -> u64 {
    let until = job.due.0.saturating_sub(wall_time().0);
    let waits = job.state == tollgate_store::JobState::Queued;
    let seconds = u64::try_from(until).unwrap_or(0).div_ceil(1000);
    if waits {
        seconds.clamp(1, LOOK_AGAIN)
    } else {
        1
    }
}
