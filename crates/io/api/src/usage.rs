//! How often a client called what. A query is answered at once; its id *is* the query, so any node gives
//! its results, and nothing has to be kept.

use crate::answers::ChangeErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::request::{Whole, request};
use crate::state::Api;
use crate::wire::{id as parse_id, parse_time, show_time};
use crate::words::words;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::{Live, wall_time};
use tollgate_store::{OAuthClient, Role, UsageGrain, UsageQuery, UsageRow, WallTime};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/oauth/clients";
/// The longest id of a query that is read.
const MAX_ID: usize = 512;
const DAY: i64 = 86_400_000;

/// The operations that tell how often a client called what.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(query))
        .routes(routes!(results))
        .routes(routes!(summary))
}

words! {
    /// The spans that counts are given by.
    Granularity { Hour = "Hour", Day = "Day", }
}
words! {
    /// What counts are told apart by.
    GroupBy {
        OAuthClientId = "OAuthClientId",
        OrganizationId = "OrganizationId",
        UserId = "UserId",
        TemplateUri = "TemplateUri",
        HttpMethod = "HttpMethod",
    }
}
parameter! {
    /// How many days back, today included; 7 without it.
    Days("days"): Whole<1, 365>
}

request! {
    /// What is asked for.
    UsageRequest {
        /// Two times with a slash between them.
        interval: String,
        granularity: Option<Granularity>,
        /// All that are counted are told, whichever are asked for.
        #[expect(dead_code, reason = "all are told")]
        metrics: Option<Vec<String>>,
        #[schema(value_type = Option<Vec<GroupBy>>)]
        group_by: Option<Vec<String>>,
    }
}

/// Where the results of a query are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageExecution {
    execution_id: String,
    results_uri: String,
}

/// What was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageResult {
    results: Vec<UsageCount>,
    query_status: QueryStatus,
}

words! {
    /// How far a query is.
    QueryStatus { Complete = "Complete", }
}

/// How often a client called something, and how that was answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageCount {
    client_id: String,
    client_name: String,
    status200: u64,
    status300: u64,
    status400: u64,
    status429: u64,
    status500: u64,
    requests: u64,
    /// The path, with names of variables in the places of their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    template_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_method: Option<String>,
    /// When the span begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    date: Option<String>,
}

/// Asks how often a caller called what.
#[utoipa::path(
    post, path = "/api/v2/oauth/clients/{clientId}/usage/query", operation_id = "postOauthClientUsageQuery", request_body = UsageRequest,
    responses((status = 200, description = "The answer.", body = UsageExecution), ChangeErrors),
)]
async fn query(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<UsageExecution>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = UsageRequest::read(&bodies.doc(body).await?)?;
    live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    let (from, until) = interval(&request.interval)?;
    let grain = match request.granularity {
        None => "span",
        Some(Granularity::Hour) => "hour",
        Some(Granularity::Day) => "day",
    };
    let (mut template, mut method) = (false, false);
    for group in request.group_by.unwrap_or_default() {
        match GroupBy::parse("groupBy", &group)? {
            GroupBy::TemplateUri => template = true,
            GroupBy::HttpMethod => method = true,
            GroupBy::OAuthClientId | GroupBy::OrganizationId | GroupBy::UserId => {}
        }
    }
    Ok(Json(started(
        &id,
        &json!([from.0, until.0, grain, template, method]),
    )))
}

/// Asks how often a caller called what on each of the last days.
#[utoipa::path(
    get, path = "/api/v2/oauth/clients/{clientId}/usage/summary", operation_id = "getOauthClientUsageSummary", params(Days),
    responses((status = 200, description = "The answer.", body = UsageExecution), ChangeErrors),
)]
async fn summary(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<UsageExecution>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let days = Days::of(&Query::parse(query.as_deref()))?;
    let days = days.map_or(7, |Whole(days)| i64::from(days));
    live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    // Up to the end of this hour: what is counted now belongs to it.
    let until = wall_time().0 + 3_600_000;
    Ok(Json(started(
        &id,
        &json!([until - days * DAY, until, "day", true, true]),
    )))
}

fn started(client: &str, query: &Value) -> UsageExecution {
    let id = URL_SAFE_NO_PAD.encode(query.to_string());
    UsageExecution {
        results_uri: format!("{PATH}/{client}/usage/query/results/{id}"),
        execution_id: id,
    }
}

/// What was asked for.
#[utoipa::path(
    get, path = "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}", operation_id = "getOauthClientUsageQueryResult",
    responses((status = 200, description = "The answer.", body = UsageResult), ChangeErrors),
)]
async fn results(
    State(live): State<Arc<Live>>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    Path((id, execution)): Path<(String, String)>,
) -> Result<Json<UsageResult>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let store = live.store()?;
    let client = store.get::<OAuthClient>(&parse_id(&id)?).await?;
    let wanted = decode(&execution)
        .ok_or_else(|| ApiError::not_found("There is no such query; ask for it again."))?;
    // What this node has counted and not yet written.
    journal.write(store).await;
    let rows = store
        .usage(&UsageQuery {
            client: Some(client.id.clone()),
            ..wanted
        })
        .await?;
    let shown = rows.iter().map(|row| show(row, &id, &client.body.name));
    Ok(Json(UsageResult {
        results: shown.collect(),
        query_status: QueryStatus::Complete,
    }))
}

fn decode(id: &str) -> Option<UsageQuery> {
    if id.len() > MAX_ID {
        return None;
    }
    let text = URL_SAFE_NO_PAD.decode(id).ok()?;
    let (from, until, grain, by_template, by_method): (i64, i64, String, bool, bool) =
        tollgate_json::read_bytes_as(&text).ok()?;
    Some(UsageQuery {
        client: None,
        from: WallTime(from),
        until: WallTime(until),
        grain: match grain.as_str() {
            "hour" => UsageGrain::Hour,
            "day" => UsageGrain::Day,
            _ => UsageGrain::Span,
        },
        by_client: true,
        by_template,
        by_method,
    })
}

/// `from/until`, as the platform writes intervals.
pub(crate) fn interval(text: &str) -> Result<(WallTime, WallTime), ApiError> {
    let pair = text.split_once('/');
    let times = pair.and_then(|(from, until)| Some((parse_time(from)?, parse_time(until)?)));
    times.filter(|(from, until)| from <= until).ok_or_else(|| {
        ApiError::bad_request(format!(
            "interval: expected two times such as 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z, found \
             {text:?}."
        ))
    })
}

fn show(row: &UsageRow, client: &str, name: &str) -> UsageCount {
    let counts = &row.counts;
    UsageCount {
        client_id: client.to_owned(),
        client_name: name.to_owned(),
        status200: counts.status_200,
        status300: counts.status_300,
        status400: counts.status_400,
        status429: counts.status_429,
        status500: counts.status_500,
        requests: counts.requests,
        template_uri: row.template.clone(),
        http_method: row.method.clone(),
        date: row.at.map(show_time),
    }
}
