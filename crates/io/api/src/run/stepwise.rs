//! Tests of actions: a call told step by step.

use super::{Calls, Flatten, TermsHeaders, callable, terms};
use crate::answers::CallErrors;
use crate::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::json::Json;
use crate::query::Query;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use tollgate_execution::TestResult;
use tollgate_telemetry::CallId;
use utoipa::ToSchema;

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

/// Runs an action step by step, up to the one that fails.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/test", operation_id = "postIntegrationsActionTest",
    params(Flatten, TermsHeaders), request_body = Option<Value>,
    responses((status = 200, description = "The answer.", body = TestReport), CallErrors),
)]
pub(super) async fn test(
    State(calls): State<Calls>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TestReport>, ApiError> {
    let catalog = calls.live.catalog();
    let entry = callable(catalog.find(&id)?, &caller)?;
    let flatten = Flatten::of(&Query::parse(query.as_deref()))?.unwrap_or(false);
    let terms = terms(&caller, (&headers, flatten), CallId::draw())?;
    let body = calls.bodies.text(body).await?;
    let target = catalog.find_integration(&entry.integration)?;
    let result = calls.executor.test((entry, target), body, terms).await?;
    calls.note(&caller, "test", entry, None, &[]);
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
