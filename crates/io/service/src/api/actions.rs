//! `/api/v2/integrations/actions`: list, get, execute, test.

use super::App;
use crate::catalog::Entry;
use crate::error::ApiError;
use crate::execute::{Execution, Terms, show_request};
use crate::page::{Page, Query};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_config::parse_span;

const PATH: &str = "/api/v2/integrations/actions";
/// The flow that calls.
const FLOW: HeaderName = HeaderName::from_static("tollgate-flow");
/// The latest useful start, from the request's arrival.
const DEADLINE: HeaderName = HeaderName::from_static("tollgate-deadline");
/// How long an execution waited for its start, in milliseconds.
const WAITED: HeaderName = HeaderName::from_static("tollgate-waited");
/// Ids in one `ids=` filter, as on the platform.
const MAX_IDS: usize = 50;

/// `GET /api/v2/integrations/actions`.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let secure = query.flag("secure")?;
    let config = query.flag("includeConfig")?.unwrap_or(false);
    let ids: Option<Vec<_>> = query
        .get("ids")
        .map(|ids| ids.split(',').map(str::trim).collect());
    if ids.as_ref().is_some_and(|ids| ids.len() > MAX_IDS) {
        return Err(ApiError::bad_request(format!(
            "ids may name {MAX_IDS} actions at the most."
        )));
    }
    let wanted = |entry: &&Entry| {
        let category = query
            .get("category")
            .is_none_or(|it| it == app.catalog.target(entry).name);
        let name = query.get("name").is_none_or(|it| {
            entry
                .action
                .name()
                .to_lowercase()
                .contains(&it.to_lowercase())
        });
        let secure = secure.is_none_or(|it| it == entry.action.secure());
        category
            && name
            && secure
            && ids
                .as_ref()
                .is_none_or(|ids| ids.contains(&entry.id.as_str()))
    };
    let mut found: Vec<_> = app.catalog.actions().filter(wanted).collect();
    let key = |entry: &Entry, by: &str| match by {
        "category" => Some(app.catalog.target(entry).name.clone()),
        "id" => Some(entry.id.clone()),
        "integrationId" => Some(app.catalog.target(entry).id.clone()),
        "name" => Some(entry.action.name().to_owned()),
        _ => None,
    };
    let by = query.get("sortBy").unwrap_or("name");
    if found.first().is_some_and(|first| key(first, by).is_none()) {
        let message = format!("sortBy must be name, category, integrationId or id, found {by:?}.");
        return Err(ApiError::bad_request(message));
    }
    found.sort_by_cached_key(|entry| (key(entry, by), entry.action.name().to_owned()));
    match query.get("sortOrder").map(str::to_lowercase).as_deref() {
        None | Some("asc" | "ascending") => {}
        Some("desc" | "descending") => found.reverse(),
        Some(other) => {
            let message = format!("sortOrder must be asc or desc, found {other:?}.");
            return Err(ApiError::bad_request(message));
        }
    }
    Ok(Json(page.list(PATH, &query, &found, |entry| {
        show(&app, entry, false, config)
    })))
}

/// `GET /api/v2/integrations/actions/{id}`.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    let query = Query::parse(query.as_deref());
    let entry = find(&app, &id)?;
    let contract = query
        .get("expand")
        .is_some_and(|it| it.split(',').any(|it| it == "contract"));
    let config = query.flag("includeConfig")?.unwrap_or(false);
    Ok(Json(show(&app, entry, contract, config)))
}

/// `POST /api/v2/integrations/actions/{id}/execute`.
pub(super) async fn execute(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let entry = find(&app, &id)?;
    let flatten = Query::parse(query.as_deref())
        .flag("flatten")?
        .unwrap_or(false);
    let terms = terms(&app, &headers)?;
    let body = app.text(body).await?;
    let outcome = execution(&app, entry, terms).run(&body).await?;
    let output = if flatten {
        entry.action.flatten(&outcome.output)
    } else {
        outcome.output
    };
    let waited = outcome.waited.as_millis().to_string();
    Ok(([(WAITED, waited)], Json(output)).into_response())
}

/// `POST /api/v2/integrations/actions/{id}/test`: the same, step by step, up to the one that fails.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let entry = find(&app, &id)?;
    let flatten = Query::parse(query.as_deref())
        .flag("flatten")?
        .unwrap_or(false);
    let terms = terms(&app, &headers)?;
    let body = app.text(body).await?;
    let mut operations = Vec::new();
    let result = steps(&execution(&app, entry, terms), &body, &mut operations).await;
    Ok(Json(match result {
        Ok(output) => {
            let output = if flatten {
                entry.action.flatten(&output)
            } else {
                output
            };
            json!({"operations": operations, "finalResult": output, "success": true})
        }
        Err(error) => json!({"operations": operations, "error": error, "success": false}),
    }))
}

/// Runs an execution and notes each step; the error is that of the step that failed.
async fn steps(
    execution: &Execution<'_>,
    body: &str,
    done: &mut Vec<Value>,
) -> Result<Value, Value> {
    let input = note(
        done,
        "Check the inputs against the contract",
        execution.input(body),
        |input| input.value().clone(),
    )?;
    let request = note(
        done,
        "Render the request",
        execution.render(&input),
        show_request,
    )?;
    let answer = note(
        done,
        "Send the request",
        execution.send(&request).await,
        |answer| {
            json!({
                "status": answer.status,
                "attempts": answer.attempts,
                "waitedMillis": answer.waited.as_millis() as u64,
                "body": String::from_utf8_lossy(&answer.body),
            })
        },
    )?;
    note(
        done,
        "Map the answer to the output",
        execution.translate(&input, &answer),
        Value::clone,
    )
}

fn note<T>(
    done: &mut Vec<Value>,
    name: &str,
    result: Result<T, ApiError>,
    show: impl Fn(&T) -> Value,
) -> Result<T, Value> {
    let step = done.len() + 1;
    match result {
        Ok(value) => {
            done.push(json!({"step": step, "name": name, "success": true, "result": show(&value)}));
            Ok(value)
        }
        Err(error) => {
            let error = error.body();
            done.push(json!({"step": step, "name": name, "success": false, "error": error}));
            Err(error)
        }
    }
}

fn execution<'a>(app: &'a App, entry: &'a Entry, terms: Terms) -> Execution<'a> {
    Execution {
        entry,
        target: app.catalog.target(entry),
        driver: &app.driver,
        terms,
    }
}

fn find<'a>(app: &'a App, id: &str) -> Result<&'a Entry, ApiError> {
    app.catalog.action(id).ok_or_else(|| {
        ApiError::not_found(format!(
            "There is no action with the id {id:?}; list them to see their ids."
        ))
    })
}

fn terms(app: &App, headers: &HeaderMap) -> Result<Terms, ApiError> {
    let text = |name: &HeaderName| match headers.get(name).map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim())),
        Some(Err(_)) => Err(ApiError::bad_request(format!(
            "The header {name} is not plain text."
        ))),
    };
    let flow = match text(&FLOW)? {
        None => app.default_flow,
        Some(name) => *app.flows.get(name).ok_or_else(|| {
            let known: Vec<_> = app.flows.keys().map(String::as_str).collect();
            let known = known.join(", ");
            ApiError::bad_request(format!(
                "The header {FLOW} names no flow of this service: {name:?}; there are: {known}."
            ))
        })?,
    };
    let deadline = match text(&DEADLINE)? {
        None => None,
        Some(span) => Some(parse_span(span).ok_or_else(|| {
            ApiError::bad_request(format!(
                "The header {DEADLINE} must be a span such as 1500ms or 2s, found {span:?}."
            ))
        })?),
    };
    Ok(Terms { flow, deadline })
}

fn show(app: &App, entry: &Entry, contract: bool, config: bool) -> Value {
    let target = app.catalog.target(entry);
    let mut shown = json!({
        "id": entry.id,
        "name": entry.action.name(),
        "integrationId": target.id,
        "category": target.name,
        "version": 1,
        "secure": entry.action.secure(),
        "selfUri": format!("{PATH}/{}", entry.id),
    });
    for (field, wanted) in [("contract", contract), ("config", config)] {
        if let (true, Some(value)) = (wanted, entry.action.definition().get(field)) {
            shown[field] = value.clone();
        }
    }
    shown
}
