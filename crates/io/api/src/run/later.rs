//! Executions that are taken in and carried out later: `Prefer: respond-async`.

use super::Calls;
use super::terms::{CALLBACK, ERRORS, flow_and_deadline, names_a_flow, text, wants_inline};
use crate::error::ApiError;
use crate::jobs::{job_path, show};
use crate::json::Json;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use tollgate_callers::Principal;
use tollgate_definitions::{CatalogAction, CatalogIntegration, NoStore, wall_time};
use tollgate_driver::Secret;
use tollgate_execution::Terms;
use tollgate_jobs::Jobs;
use tollgate_store::{EntityId, NewJob};
use tollgate_telemetry::{CallId, CallOrigin};

/// Which preferences a request has (RFC 7240), and which of them the answer follows.
const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The preference for an answer before the execution.
const RESPOND_ASYNC: &str = "respond-async";

/// Whether the request prefers to be answered before it is carried out.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all(PREFER).into_iter();
    let texts = preferences.filter_map(|value| value.to_str().ok());
    let mut names = texts.flat_map(|text| text.split(',')).map(|preference| {
        let end = preference.find([';', '=']).unwrap_or(preference.len());
        preference[..end].trim()
    });
    names.any(|name| name.eq_ignore_ascii_case(RESPOND_ASYNC))
}

/// Refuses what is for jobs alone in a request that makes none.
pub(super) fn refuse_callback(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.contains_key(&CALLBACK) {
        false => Ok(()),
        true => Err(ApiError::bad_request(format!(
            "The header {CALLBACK} takes Prefer: {RESPOND_ASYNC} beside it; a direct call is answered by itself."
        ))),
    }
}

impl Calls {
    /// Takes an execution in, to be carried out later. The answer is made after the store has it.
    pub(super) async fn accept(
        &self,
        (entry, target): (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
        (caller, id): (&Principal, CallId),
        (headers, body): (&HeaderMap, Body),
        flat: bool,
    ) -> Result<Response, ApiError> {
        let jobs = self.jobs.as_ref().ok_or(NoStore)?;
        if wants_inline(headers)? {
            return Err(ApiError::bad_request(format!(
                "The header {ERRORS} has no use beside Prefer: {RESPOND_ASYNC}: a job says how it ended. Leave one out."
            )));
        }
        let callback = callback(jobs, caller, headers)?;
        let (flow, deadline) = flow_and_deadline(caller, headers)?;
        let within = deadline.unwrap_or(jobs.settings().deadline);
        if within > tollgate_config::Jobs::LONGEST {
            return Err(ApiError::bad_request(
                "The header tollgate-deadline of a job is 720h at the most.",
            ));
        }
        let terms = Terms::of_caller((id, CallOrigin::default()), flow, deadline, flat);
        let inputs = self.bodies.text(body).await?;
        let checked = self.executor.check((entry, target), inputs.clone(), terms);
        checked.await?;
        let flow = match names_a_flow(headers) {
            true => self.lanes.name(flow),
            false => tollgate_config::Jobs::FLOW,
        };
        let new = NewJob {
            id: EntityId::random(),
            caller: caller.id.to_string(),
            action: entry.id.clone(),
            flow: flow.to_owned(),
            flat,
            inputs: Secret::new(inputs),
            callback,
            deadline: wall_time().plus(within),
        };
        let job = jobs.accept(new).await?;
        let detail = json!({"name": entry.name, "version": entry.version, "job": job.id.as_str()});
        let of = ("execution", entry.id.as_str());
        self.journal.note(caller.actor(), "queue", of, &detail);
        let location =
            HeaderValue::from_str(&job_path(&job.id)).map_err(|_| ApiError::internal())?;
        let head = [
            (header::LOCATION, location),
            (APPLIED, HeaderValue::from_static(RESPOND_ASYNC)),
            (header::RETRY_AFTER, HeaderValue::from_static("1")),
        ];
        let body = Json(show(jobs, &job, None));
        Ok((StatusCode::ACCEPTED, head, body).into_response())
    }
}

/// Where the caller wants the job's end to be told, if it may.
fn callback(
    jobs: &Jobs,
    caller: &Principal,
    headers: &HeaderMap,
) -> Result<Option<Secret>, ApiError> {
    let Some(url) = text(headers, &CALLBACK)? else {
        return Ok(None);
    };
    // A caller of the store has no table in the configuration, whatever its id is.
    let id = if caller.stored.is_none() {
        &caller.id
    } else {
        ""
    };
    match jobs.check_callback(id, url) {
        Ok(()) => Ok(Some(Secret::new(url.to_owned()))),
        Err(error) => Err(ApiError::bad_request(format!(
            "The header {CALLBACK}: {error}."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_one_of_a_list() {
        for (values, wanted) in [
            (&["respond-async"][..], true),
            (&["wait=10, Respond-Async"], true),
            (&["handling=lenient", "respond-async; foo=\"bar\""], true),
            (&["respond-asynchronously"], false),
            (&["return=minimal"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            assert_eq!(is_wanted(&headers), wanted, "{headers:?}");
        }
    }
}
