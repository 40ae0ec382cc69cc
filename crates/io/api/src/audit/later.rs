//! Questions whose answers are fetched part by part: `POST /api/v2/audits/query`, `GET …/{id}`, `…/{id}/results`.

use super::asked::{Asked, AuditFilter, AuditSort, Written};
use super::shown::{Audit, show};
use super::{AuditExpand, ask};
use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::request::{Whole, request};
use crate::state::Api;
use crate::wire::{asked_by, query_id, show_time};
use crate::words::words;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_config::Organization;
use tollgate_definitions::{Live, wall_time};
use tollgate_store::{PageRequest, Role, WallTime};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest id of a question, which is a part of a path.
const MAX_ID: usize = 4096;
/// The longest cursor that is read.
const MAX_CURSOR: usize = 128;

/// The operations on questions with an id.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(start))
        .routes(routes!(status))
        .routes(routes!(results))
}

parameter! {
    /// Where the results go on: what the part before answered; the first part without it.
    Cursor("cursor"): String
}
parameter! {
    /// Entries of one part; 25 without it.
    PartSize("pageSize"): Whole<1, 500> = 25
}
parameter! {
    /// Of no effect: results are always in the answer itself.
    AllowRedirect("allowRedirect"): bool
}

request! {
    /// What is asked for.
    AuditQueryRequest {
        /// Two times with a slash between them.
        interval: String,
        /// The service, whatever its case; all of them without it.
        service_name: Option<String>,
        #[schema(value_type = Option<Vec<AuditFilter>>)]
        filters: Vec<AuditFilter>,
        #[schema(value_type = Option<Vec<AuditSort>>)]
        sort: Option<AuditSort>,
    }
}

words! {
    /// How far a question is: it can be answered as soon as it is asked.
    QueryState { Succeeded = "Succeeded", }
}

/// A question, and how far it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditQueryExecutionStatusResponse)]
struct QueryExecution {
    id: String,
    state: QueryState,
    #[schema(format = DateTime)]
    start_date: String,
    interval: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<String>,
    filters: Vec<AuditFilter>,
    sort: Vec<AuditSort>,
}

/// A part of the results.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditQueryExecutionResultsResponse)]
struct QueryResults {
    id: String,
    page_size: u32,
    /// Where the results go on; absent with the last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    entities: Vec<Audit>,
}

/// Asks who changed or executed what; the results are fetched by the id.
#[utoipa::path(
    post, path = "/api/v2/audits/query", operation_id = "postAuditsQuery", request_body = AuditQueryRequest,
    responses((status = 202, description = "The question, with its id.", body = QueryExecution), ChangeErrors),
)]
async fn start(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<(StatusCode, Json<QueryExecution>), ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = AuditQueryRequest::read(&body.doc().await?)?;
    live.store()?;
    let asked = Asked {
        interval: request.interval,
        service: request.service_name,
        filters: request.filters,
        sort: request.sort,
    };
    asked.query(PageRequest::default())?;
    let at = wall_time().0;
    let id = query_id(&json!(Written::of(asked.clone(), at)));
    if id.len() > MAX_ID {
        let message =
            "filters: their values are too long together; ask with fewer or shorter ones.";
        return Err(ApiError::bad_request(message));
    }
    Ok((StatusCode::ACCEPTED, Json(told(id, asked, at))))
}

/// How far a question is.
#[utoipa::path(
    get, path = "/api/v2/audits/query/{transactionId}", operation_id = "getAuditsQueryTransactionId",
    responses((status = 200, description = "The answer.", body = QueryExecution), ChangeErrors),
)]
async fn status(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<QueryExecution>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    live.store()?;
    let (asked, at) = written(&id)?;
    Ok(Json(told(id, asked, at)))
}

/// The results of a question, part by part.
#[utoipa::path(
    get, path = "/api/v2/audits/query/{transactionId}/results", operation_id = "getAuditsQueryTransactionIdResults",
    params(Cursor, PartSize, AuditExpand, AllowRedirect),
    responses((status = 200, description = "A part.", body = QueryResults), ChangeErrors),
)]
async fn results(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<QueryResults>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    AllowRedirect::of(&query)?;
    let size = PartSize::of(&query)?.map_or(25, |Whole(size)| size);
    let behind = Cursor::of(&query)?
        .map(|cursor| place(&cursor))
        .transpose()?;
    let store = live.store()?;
    let (asked, _) = written(&id)?;
    let page = PageRequest::new(size, 1)?;
    let wanted = asked.query(page)?.map(|mut wanted| {
        wanted.behind = behind;
        wanted
    });
    let found = ask(store, &journal, wanted, page).await?;
    let goes_on = found.total > found.items.len() as u64;
    let last = found.items.last().filter(|_| goes_on);
    Ok(Json(QueryResults {
        id,
        page_size: size,
        cursor: last.map(|it| URL_SAFE_NO_PAD.encode(format!("{} {}", it.at.0, it.seq))),
        entities: found
            .items
            .iter()
            .map(|it| show(it, &organization))
            .collect(),
    }))
}

fn told(id: String, asked: Asked, at: i64) -> QueryExecution {
    QueryExecution {
        id,
        state: QueryState::Succeeded,
        start_date: show_time(WallTime(at)),
        interval: asked.interval,
        service_name: asked.service,
        filters: asked.filters,
        sort: asked.sort.into_iter().collect(),
    }
}

/// The question that an id is, and when it was asked.
fn written(id: &str) -> Result<(Asked, i64), ApiError> {
    let missing = || ApiError::not_found("There is no such query; ask for it again.");
    let written: Written = asked_by(id, MAX_ID).ok_or_else(missing)?;
    let at = written.at;
    let asked = written.asked().map_err(|_| missing())?;
    asked.query(PageRequest::default()).map_err(|_| missing())?;
    Ok((asked, at))
}

/// The entry that a cursor goes on behind: its time and its number.
fn place(cursor: &str) -> Result<(WallTime, i64), ApiError> {
    let text = Some(cursor).filter(|it| it.len() <= MAX_CURSOR);
    let text = text.and_then(|it| String::from_utf8(URL_SAFE_NO_PAD.decode(it).ok()?).ok());
    let place = text.as_deref().and_then(|text| {
        let (at, seq) = text.split_once(' ')?;
        Some((WallTime(at.parse().ok()?), seq.parse().ok()?))
    });
    let wrong = || ApiError::bad_request("cursor: expected what the part before answered.");
    place.ok_or_else(wrong)
}
