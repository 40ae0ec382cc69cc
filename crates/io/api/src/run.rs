//! Calls of published actions, and what tests of drafts share with them.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::page::Query;
use crate::principal::{Over, Principal};
use crate::state::Api;
use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRef, Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_config::parse_span;
use tollgate_definitions::{Catalog, CatalogAction, Live};
use tollgate_execution::{Executor, Source, Terms, TestResult};
use tollgate_store::Role;

/// The flow that calls.
const FLOW: HeaderName = HeaderName::from_static("tollgate-flow");
/// The latest useful start, from the request's arrival.
const DEADLINE: HeaderName = HeaderName::from_static("tollgate-deadline");
/// How long an execution waited for its start, in milliseconds.
const WAITED: HeaderName = HeaderName::from_static("tollgate-waited");
/// Where the answer of an action that may be kept came from.
const CACHE: HeaderName = HeaderName::from_static("tollgate-cache");

/// What the calls of actions take.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) live: Arc<Live>,
    pub(crate) executor: Arc<Executor>,
    pub(crate) bodies: Bodies,
    journal: Arc<Journal>,
}

impl FromRef<Api> for Calls {
    fn from_ref(api: &Api) -> Self {
        Self {
            live: FromRef::from_ref(api),
            executor: FromRef::from_ref(api),
            bodies: FromRef::from_ref(api),
            journal: FromRef::from_ref(api),
        }
    }
}

impl Calls {
    /// Notes who called what, and how it ended.
    pub(crate) fn note(
        &self,
        caller: &Principal,
        what: &str,
        entry: &CatalogAction,
        error: Option<&ApiError>,
    ) {
        let ended = error.map_or("ok", ApiError::own_code);
        let detail = json!({"name": entry.name, "version": entry.version, "end": ended});
        let of = ("execution", entry.id.as_str());
        self.journal.note(caller.actor(), what, of, &detail);
    }
}

pub(crate) async fn execute(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(&catalog, &caller, &id)?;
    let flatten = Query::parse(query.as_deref())
        .flag("flatten")?
        .unwrap_or(false);
    let terms = terms(&caller, &headers, flatten)?;
    let body = calls.bodies.text(body).await?;
    let target = catalog.find_integration(&entry.integration)?;
    let result = calls.executor.execute((entry, target), body, terms).await;
    let result = result.map_err(ApiError::from);
    calls.note(&caller, "execute", entry, result.as_ref().err());
    let outcome = result?;
    let waited = outcome.waited.as_millis().to_string();
    let json = HeaderValue::from_static("application/json");
    let head = [(header::CONTENT_TYPE, json)];
    let body = outcome.output.as_bytes().to_vec();
    let mut response = ([(WAITED, waited)], head, body).into_response();
    if let Some(source) = outcome.source {
        let word = HeaderValue::from_static(word(source));
        response.headers_mut().insert(CACHE, word);
    }
    Ok(response)
}

/// The same, step by step, up to the one that fails.
pub(crate) async fn test(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(&catalog, &caller, &id)?;
    let flatten = Query::parse(query.as_deref())
        .flag("flatten")?
        .unwrap_or(false);
    let terms = terms(&caller, &headers, flatten)?;
    let body = calls.bodies.text(body).await?;
    let target = catalog.find_integration(&entry.integration)?;
    let result = calls.executor.test((entry, target), body, terms).await?;
    calls.note(&caller, "test", entry, None);
    Ok(Json(show_test(result)))
}

/// A test as the platform's `TestExecutionResult`.
pub(crate) fn show_test(result: TestResult) -> Value {
    let mut failed = None;
    let steps = result.steps.into_iter().zip(1..).map(|(step, number)| {
        let mut shown = json!({"step": number, "name": step.name, "success": step.error.is_none()});
        if let Some(error) = step.error {
            shown["error"] = failed.insert(ApiError::from(error).body()).clone();
        }
        if !step.shown.is_null() || failed.is_none() {
            shown["result"] = step.shown;
        }
        shown
    });
    let operations: Vec<_> = steps.collect();
    match result.output {
        Ok(output) => json!({"operations": operations, "finalResult": output, "success": true}),
        Err(error) => {
            let error = failed.unwrap_or_else(|| ApiError::from(error).body());
            json!({"operations": operations, "error": error, "success": false})
        }
    }
}

/// Where an output comes from, in a word.
fn word(source: Source) -> &'static str {
    match source {
        Source::Call => "call",
        Source::Shared => "shared",
        Source::Fresh => "fresh",
        Source::Stale => "stale",
    }
}

fn callable<'a>(
    catalog: &'a Catalog,
    caller: &Principal,
    id: &str,
) -> Result<&'a Arc<CatalogAction>, ApiError> {
    let entry = catalog.find(id)?;
    caller.needs(Role::Execute, Over::of(entry))?;
    if entry.is_auth() {
        let message = "This action is an integration's own login; it runs when a call needs it.";
        return Err(ApiError::bad_request(message));
    }
    Ok(entry)
}

pub(crate) fn terms(
    caller: &Principal,
    headers: &HeaderMap,
    flat: bool,
) -> Result<Terms, ApiError> {
    let text = |name: &HeaderName| match headers.get(name).map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim())),
        Some(Err(_)) => Err(ApiError::bad_request(format!(
            "The header {name} is not plain text."
        ))),
    };
    let name = text(&FLOW)?;
    let flow = caller.lanes.pick(name).ok_or_else(|| {
        let own = caller.lanes.names().collect::<Vec<_>>().join(", ");
        ApiError::bad_request(format!(
            "The header {FLOW} names no flow that this caller may call as: {:?}; it may as: {own}.",
            name.unwrap_or_default()
        ))
    })?;
    let deadline = match text(&DEADLINE)? {
        None => None,
        Some(span) => Some(parse_span(span).ok_or_else(|| {
            ApiError::bad_request(format!(
                "The header {DEADLINE} must be a span such as 1500ms or 2s, found {span:?}."
            ))
        })?),
    };
    Ok(Terms {
        flow,
        deadline,
        flat,
    })
}
