//! How often a client called what. A query is answered at once; its id *is* the query, so any node gives
//! its results, and nothing has to be kept.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::doc::{id as parse_id, parse_time, show_time};
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::page::Query;
use crate::principal::Over;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::{Live, wall_time};
use tollgate_store::{OAuthClient, Role, UsageGrain, UsageQuery, UsageRow, WallTime};

const PATH: &str = "/api/v2/oauth/clients";
/// The longest id of a query that is read.
const MAX_ID: usize = 512;
const DAY: i64 = 86_400_000;

pub(crate) async fn query(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let doc = bodies.doc(body).await?;
    live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    let (from, until) = interval(&doc.required("interval")?)?;
    let grain = match doc.text("granularity")?.as_deref() {
        None => "span",
        Some("Hour") => "hour",
        Some("Day") => "day",
        Some(other) => {
            return Err(ApiError::bad_request(format!(
                "granularity: expected Hour or Day, found {other:?}."
            )));
        }
    };
    let (mut template, mut method) = (false, false);
    for group in doc.list("groupBy")?.unwrap_or_default() {
        match group.as_str() {
            "TemplateUri" => template = true,
            "HttpMethod" => method = true,
            "OAuthClientId" | "OrganizationId" | "UserId" => {}
            other => {
                return Err(ApiError::bad_request(format!(
                    "groupBy: expected TemplateUri, HttpMethod or OAuthClientId, found {other:?}."
                )));
            }
        }
    }
    Ok(Json(started(
        &id,
        &json!([from.0, until.0, grain, template, method]),
    )))
}

pub(crate) async fn summary(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let days = match query.get("days").map(str::parse::<i64>) {
        None => 7,
        Some(Ok(days)) if (1..=365).contains(&days) => days,
        Some(_) => {
            let message = "days must be a whole number from 1 to 365.";
            return Err(ApiError::bad_request(message));
        }
    };
    live.store()?.get::<OAuthClient>(&parse_id(&id)?).await?;
    // Up to the end of this hour: what is counted now belongs to it.
    let until = wall_time().0 + 3_600_000;
    Ok(Json(started(
        &id,
        &json!([until - days * DAY, until, "day", true, true]),
    )))
}

fn started(client: &str, query: &Value) -> Value {
    let id = URL_SAFE_NO_PAD.encode(query.to_string());
    let uri = format!("{PATH}/{client}/usage/query/results/{id}");
    json!({"executionId": id, "resultsUri": uri})
}

pub(crate) async fn results(
    State(live): State<Arc<Live>>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    Path((id, execution)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
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
    let shown: Vec<_> = rows
        .iter()
        .map(|row| show(row, &id, &client.body.name))
        .collect();
    Ok(Json(json!({"results": shown, "queryStatus": "Complete"})))
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

fn show(row: &UsageRow, client: &str, name: &str) -> Value {
    let counts = &row.counts;
    let mut shown = json!({
        "clientId": client,
        "clientName": name,
        "status200": counts.status_200,
        "status300": counts.status_300,
        "status400": counts.status_400,
        "status429": counts.status_429,
        "status500": counts.status_500,
        "requests": counts.requests,
    });
    let rest = [
        ("templateUri", row.template.clone()),
        ("httpMethod", row.method.clone()),
        ("date", row.at.map(show_time)),
    ];
    for (field, value) in rest {
        if let Some(value) = value {
            shown[field] = Value::String(value);
        }
    }
    shown
}
