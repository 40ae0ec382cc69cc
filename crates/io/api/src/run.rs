//! Calls of published actions, and what tests of drafts share with them.

use crate::answers::CallErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::journal::Journal;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRef, Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_callers::{Over, Principal};
use tollgate_config::parse_span;
use tollgate_definitions::{Catalog, CatalogAction, Live};
use tollgate_execution::{Executor, Source, Terms, TestResult};
use tollgate_store::Role;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

/// The operations that call actions.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(execute))
        .routes(routes!(test))
}

parameter! {
    /// Whether a nested output is flattened, as flows read it.
    Flatten("flatten"): bool
}

/// Headers that say on what terms a call is made.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes headers; `terms` reads them")]
pub(crate) struct TermsHeaders {
    /// The flow that calls.
    #[param(rename = "Tollgate-Flow")]
    flow: Option<String>,
    /// The latest useful start, from the request's arrival: a span such as 1500ms or 2s.
    #[param(rename = "Tollgate-Deadline")]
    deadline: Option<String>,
}

/// What became of a test, step by step.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TestResult)]
pub(crate) struct TestReport {
    operations: Vec<TestStep>,
    /// What the action came to, if all steps succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_result: Option<Value>,
    /// What went wrong, if one didn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody>,
    success: bool,
}

/// A step of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestStep {
    /// Its number, from 1.
    step: usize,
    name: &'static str,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody>,
    /// What the step made.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
}

/// Runs an action; the body is its inputs.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/execute", operation_id = "postIntegrationsActionExecute",
    params(Flatten, TermsHeaders), request_body = Option<Value>,
    responses((status = 200, description = "The answer.", body = Value), CallErrors),
)]
async fn execute(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(&catalog, &caller, &id)?;
    let flatten = Flatten::of(&Query::parse(query.as_deref()))?.unwrap_or(false);
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

/// Runs an action step by step, up to the one that fails.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/test", operation_id = "postIntegrationsActionTest",
    params(Flatten, TermsHeaders), request_body = Option<Value>,
    responses((status = 200, description = "The answer.", body = TestReport), CallErrors),
)]
async fn test(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TestReport>, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(&catalog, &caller, &id)?;
    let flatten = Flatten::of(&Query::parse(query.as_deref()))?.unwrap_or(false);
    let terms = terms(&caller, &headers, flatten)?;
    let body = calls.bodies.text(body).await?;
    let target = catalog.find_integration(&entry.integration)?;
    let result = calls.executor.test((entry, target), body, terms).await?;
    calls.note(&caller, "test", entry, None);
    Ok(Json(show_test(result)))
}

/// A test as the platform's `TestExecutionResult`.
pub(crate) fn show_test(result: TestResult) -> TestReport {
    let mut failed = None;
    let steps = result.steps.into_iter().zip(1..).map(|(step, number)| {
        let error = step.error.map(|error| ApiError::from(error).body());
        let shown = TestStep {
            step: number,
            name: step.name,
            success: error.is_none(),
            error: error.clone(),
            result: (!step.shown.is_null() || (failed.is_none() && error.is_none()))
                .then_some(step.shown),
        };
        failed = error.or(failed.take());
        shown
    });
    let operations = steps.collect();
    let (final_result, error) = match result.output {
        Ok(output) => (Some(output), None),
        Err(error) => (
            None,
            Some(failed.unwrap_or_else(|| ApiError::from(error).body())),
        ),
    };
    TestReport {
        operations,
        success: error.is_none(),
        final_result,
        error,
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
