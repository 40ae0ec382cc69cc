//! How often a client called what. A query is answered at once; its id *is* the query ([`query_id`]).

mod spans;

use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::request::{Whole, request};
use crate::state::Api;
use crate::wire::{asked_by, id as parse_id, query_id, show_time};
use crate::words::words;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::{Value, json};
pub(crate) use spans::interval;
use spans::{DAY, grain_of};
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_config::Organization;
use tollgate_definitions::{Live, wall_time};
use tollgate_store::{OAuthClient, Role, UsageQuery, UsageRow, WallTime};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/oauth/clients";
/// The longest id of a query that is read.
const MAX_ID: usize = 512;

/// The operations that tell how often a client called what.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(query))
        .routes(routes!(results))
        .routes(routes!(summary))
}

words! {
    /// The spans that counts are given by, in UTC; a week begins on Monday. Hour is ours.
    Granularity { Hour = "Hour", Day = "Day", Week = "Week", Month = "Month", }
}
words! {
    /// What is counted.
    Metric {
        Status200 = "Status200",
        Status300 = "Status300",
        Status400 = "Status400",
        Status429 = "Status429",
        Status500 = "Status500",
        Requests = "Requests",
    }
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
    Days("days"): Whole<1, 365> = 7
}

request! {
    /// What is asked for.
    UsageRequest {
        /// Two times with a slash between them.
        interval: String,
        granularity: Option<Granularity>,
        /// The counts that are wanted; all of them where none is named.
        #[schema(value_type = Option<Vec<Metric>>)]
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
    organization_id: String,
    /// Answers with a status from 200 to 299; of this count as of those that follow: there if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    status200: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status300: Option<u64>,
    /// Answers with a status from 400 to 499, 429 among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    status400: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status429: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status500: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u64>,
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
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: SentBody,
) -> Result<Json<UsageExecution>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = UsageRequest::read(&body.doc().await?)?;
    live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    let (from, until) = interval(&request.interval)?;
    let grain = request.granularity.map_or("Span", Granularity::word);
    let metrics = request.metrics.unwrap_or_default();
    let metrics = metrics
        .iter()
        .map(|it| Metric::parse_any_case("metrics", it));
    let metrics: BTreeSet<_> = metrics
        .map(|it| it.map(Metric::word))
        .collect::<Result<_, _>>()?;
    // More weeks or months than can be told are refused now, not when the results are asked for.
    grain_of(grain, (from, until))?;
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
        &json!([from.0, until.0, grain, template, method, metrics]),
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
        &json!([until - days * DAY, until, "Day", true, true, []]),
    )))
}

fn started(client: &str, query: &Value) -> UsageExecution {
    let id = query_id(query);
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
    State(organization): State<Arc<Organization>>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    Path((id, execution)): Path<(String, String)>,
) -> Result<Json<UsageResult>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let store = live.store()?;
    let client = store.get::<OAuthClient>(&parse_id(&id)?).await?;
    let (wanted, metrics) = decode(&execution)
        .ok_or_else(|| ApiError::not_found("There is no such query; ask for it again."))?;
    // What this node has counted and not yet written.
    journal.write(store).await;
    let rows = store
        .usage(&UsageQuery {
            client: Some(client.id.clone()),
            ..wanted
        })
        .await?;
    let shown = rows.iter();
    let shown = shown.map(|row| show(row, &client, &organization, &metrics));
    Ok(Json(UsageResult {
        results: shown.collect(),
        query_status: QueryStatus::Complete,
    }))
}

/// What the id of a query asks for, and the words of the counts that are wanted; none of them: all.
fn decode(id: &str) -> Option<(UsageQuery, BTreeSet<String>)> {
    type Asked = (i64, i64, String, bool, bool, BTreeSet<String>);
    let asked: Asked = asked_by(id, MAX_ID)?;
    let (from, until, grain, by_template, by_method, metrics) = asked;
    let (from, until) = (WallTime(from), WallTime(until));
    let wanted = UsageQuery {
        client: None,
        from,
        until,
        grain: grain_of(&grain, (from, until)).ok()?,
        by_client: true,
        by_template,
        by_method,
    };
    Some((wanted, metrics))
}

fn show(
    row: &UsageRow,
    client: &OAuthClient,
    organization: &Organization,
    metrics: &BTreeSet<String>,
) -> UsageCount {
    let counts = &row.counts;
    let count = |metric: Metric, count: u64| {
        (metrics.is_empty() || metrics.contains(metric.word())).then_some(count)
    };
    UsageCount {
        client_id: client.id.to_string(),
        client_name: client.body.name.clone(),
        organization_id: organization.id.to_string(),
        status200: count(Metric::Status200, counts.status_200),
        status300: count(Metric::Status300, counts.status_300),
        // The store counts them apart, the platform's rows have one in the other.
        status400: count(Metric::Status400, counts.status_400 + counts.status_429),
        status429: count(Metric::Status429, counts.status_429),
        status500: count(Metric::Status500, counts.status_500),
        requests: count(Metric::Requests, counts.requests),
        template_uri: row.template.clone(),
        http_method: row.method.clone(),
        date: row.at.map(show_time),
    }
}
