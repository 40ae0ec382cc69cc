//! `/api/v2/tollgate/failures` and `/api/v2/tollgate/calls/{callId}`: the last calls without an output, and a call by its name.

use crate::caller::Caller;
use crate::ends::advice;
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::show_time;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tollgate_execution::Executor;
use tollgate_model::millis;
use tollgate_store::WallTime;
use tollgate_telemetry::{CALLS, CallId, SeenCall};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

const PATH: &str = "/api/v2/tollgate/failures";

/// The operations on calls that have ended.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get))
}

parameter! {
    /// Those of this flow alone.
    OfFlow("flow"): String
}
parameter! {
    /// Those with this reason alone, in the word of `tollgateCode`.
    WithReason("reason"): String
}

/// A call that has ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EndedCall {
    /// Its name, which its caller has as `ININ-Correlation-Id`.
    id: String,
    /// The composite's call or the workflow's run that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// When it was asked for.
    asked: String,
    flow: String,
    integration: String,
    /// The action, or method and path of a request that passed through.
    action: String,
    /// `answered`, `cached`, `refused`, `failed`, `composite` or `abandoned`.
    #[schema(value_type = String)]
    outcome: &'static str,
    /// Why it has no output, in the word of `tollgateCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Option<&'static str>,
    /// The limit that refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    /// What happened, in general: the call's own message was for its caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    happened: Option<&'static str>,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    what_to_do: Option<&'static str>,
    /// The name that its caller knows it by, where the request gave one; of a call without an output.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_correlation: Option<String>,
    /// The name that the upstream gave its answer; of a call without an output.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_correlation: Option<String>,
    /// The status that the upstream answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_status: Option<u16>,
    /// Where its output came from, if the action's outputs are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    source: Option<&'static str>,
    /// Requests that were sent for it.
    attempts: u32,
    /// How long it waited for its start.
    waited_millis: u64,
    /// From the first send to the answer, retries included.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_millis: Option<u64>,
    /// From the request to its end.
    whole_millis: u64,
}

impl From<SeenCall> for EndedCall {
    fn from(seen: SeenCall) -> Self {
        let advice = seen.cause.and_then(|cause| advice(cause, seen.status));
        let asked = seen.asked.duration_since(UNIX_EPOCH).unwrap_or_default();
        let asked = WallTime(i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
        Self {
            id: seen.id.to_string(),
            parent: seen.parent.map(|it| it.to_string()),
            asked: show_time(asked),
            flow: seen.flow.into(),
            integration: seen.integration.into(),
            action: seen.subject.into(),
            outcome: seen.outcome.as_str(),
            reason: seen.cause,
            limit: seen.limit.map(Into::into),
            happened: advice.map(|(happened, _)| happened),
            what_to_do: advice.map(|(_, todo)| todo),
            caller_correlation: seen.caller_correlation.map(Into::into),
            upstream_correlation: seen.upstream_correlation.map(Into::into),
            upstream_status: seen.status,
            source: seen.source.map(|it| it.as_str()),
            attempts: seen.attempts,
            waited_millis: millis(seen.waited),
            upstream_millis: seen.upstream.map(millis),
            whole_millis: millis(seen.whole),
        }
    }
}

/// The last calls of this node that were refused or have failed, the latest first, each with what to do.
#[utoipa::path(
    get, path = PATH, operation_id = "getFailures", params(OfFlow, WithReason, Page),
    responses((status = 200, description = "A page.", body = Listing<EndedCall>)),
)]
async fn list(
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<EndedCall>>, ApiError> {
    caller.needs_watch()?;
    let query = Query::parse(query.as_deref());
    let (flow, reason) = (OfFlow::of(&query)?, WithReason::of(&query)?);
    let mut all = executor.telemetry().recent().failures();
    all.retain(|seen| {
        let is_of = flow.as_deref().is_none_or(|flow| flow == &*seen.flow);
        is_of && (reason.is_none() || reason.as_deref() == seen.cause)
    });
    let page = Page::of(&query)?;
    page.list(PATH, &query, &all, |seen| EndedCall::from(seen.clone()))
        .map(Json)
}

/// One of the last calls of this node, by its name.
#[utoipa::path(
    get, path = "/api/v2/tollgate/calls/{callId}", operation_id = "getTollgateCall",
    params(("callId" = String, Path, description = "The call's name, which its caller has as `ININ-Correlation-Id`.")),
    responses(
        (status = 200, description = "The answer.", body = EndedCall),
        (status = 404, description = "None of the last calls has this name."),
    ),
)]
async fn get(
    State(executor): State<Arc<Executor>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<EndedCall>, ApiError> {
    caller.needs_watch()?;
    let missing = || {
        ApiError::not_found(format!(
            "None of the last {CALLS} calls of this node is called {id:?}; records_file has all of them."
        ))
    };
    let name = Uuid::parse_str(&id).map_err(|_| missing())?;
    let seen = executor.telemetry().recent().call(CallId::from(name));
    Ok(Json(seen.ok_or_else(missing)?.into()))
}
