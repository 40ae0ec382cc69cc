//! The headers that say on what terms a call is made, and how its end is answered.

use crate::error::ApiError;
use http::{HeaderMap, HeaderName};
use std::time::Duration;
use tollgate_callers::Principal;
use tollgate_config::parse_span;
use tollgate_execution::Terms;
use tollgate_model::FlowId;
use tollgate_telemetry::{CallId, CallOrigin};
use utoipa::IntoParams;

/// The flow that calls.
const FLOW: HeaderName = HeaderName::from_static("tollgate-flow");
/// The latest useful start, from the request's arrival.
const DEADLINE: HeaderName = HeaderName::from_static("tollgate-deadline");
/// How errors are answered: with a status of their own, or as [`INLINE`] says.
pub(super) const ERRORS: HeaderName = HeaderName::from_static("tollgate-errors");
/// Where the end of a job is told.
pub(super) const CALLBACK: HeaderName = HeaderName::from_static("tollgate-callback");
/// Each end of a call is answered 200, and the body says how it ended.
const INLINE: &str = "inline";

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

/// The header that says how errors are answered.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `wants_inline` reads it")]
pub(crate) struct ErrorsHeader {
    /// inline: each end of the call is answered 200, with `ok`, `code`, `status`, `retryAfterMillis`, `message`, and
    /// the output in `result`.
    #[param(rename = "Tollgate-Errors")]
    errors: Option<String>,
}

/// Headers by which a call is carried out later.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes headers; `later` reads them")]
pub(crate) struct LaterHeaders {
    /// respond-async: the call is kept and carried out later; the answer is a job (RFC 7240).
    #[param(rename = "Prefer")]
    prefer: Option<String>,
    /// Where the job's end is told, where the configuration allows it.
    #[param(rename = "Tollgate-Callback")]
    callback: Option<String>,
}

/// Whether a request names the flow that calls.
pub(super) fn names_a_flow(headers: &HeaderMap) -> bool {
    headers.contains_key(&FLOW)
}

/// A header's text, if it is there.
pub(super) fn text<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, ApiError> {
    match headers.get(name).map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim())),
        Some(Err(_)) => Err(ApiError::bad_request(format!(
            "The header {name} is not plain text."
        ))),
    }
}

/// Whether each end of the call is to be answered 200.
pub(super) fn wants_inline(headers: &HeaderMap) -> Result<bool, ApiError> {
    match text(headers, &ERRORS)? {
        None => Ok(false),
        Some(INLINE) => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!(
            "The header {ERRORS} takes {INLINE} alone, found {other:?}; leave it out for errors with a status of \
             their own."
        ))),
    }
}

/// The terms that a request of this name names; `flat`: whether inputs and output have Architect's flattened form.
pub(crate) fn terms(
    caller: &Principal,
    (headers, flat): (&HeaderMap, bool),
    id: CallId,
) -> Result<Terms, ApiError> {
    let (flow, deadline) = flow_and_deadline(caller, headers)?;
    let named = (id, CallOrigin::of(headers));
    Ok(Terms::of_caller(named, flow, deadline, flat))
}

/// The flow that a request names, or its caller's default, and its deadline, if it names one.
///
/// # Errors
/// The flow isn't the caller's, or the deadline is no span.
pub fn flow_and_deadline(
    caller: &Principal,
    headers: &HeaderMap,
) -> Result<(FlowId, Option<Duration>), ApiError> {
    let name = text(headers, &FLOW)?;
    let flow = caller.lanes.pick(name).ok_or_else(|| {
        let own = caller.lanes.names().collect::<Vec<_>>().join(", ");
        ApiError::bad_request(format!(
            "The header {FLOW} names no flow that this caller may call as: {:?}; it may as: {own}.",
            name.unwrap_or_default()
        ))
    })?;
    let deadline = match text(headers, &DEADLINE)? {
        None => None,
        Some(span) => Some(parse_span(span).ok_or_else(|| {
            ApiError::bad_request(format!(
                "The header {DEADLINE} must be a span such as 1500ms or 2s, found {span:?}."
            ))
        })?),
    };
    Ok((flow, deadline))
}
