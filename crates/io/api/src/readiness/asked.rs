//! `GET /live` and `GET /ready`.

use super::{Checked, Readiness, Seen, Standing};
use crate::error::ApiError;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use tollgate_driver::Driver;
use tollgate_model::{Instant, millis};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The two probes, which need no token.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(live))
        .routes(routes!(ready))
}

parameter! {
    /// Checks that have to be well beside `serving` and `engine`, which always have to: `store`, `definitions`, `tokens`, `lease`. One that this node doesn't have is well.
    Require("require"): Vec<String>
}

/// Whether calls are to be sent to the node.
#[derive(Serialize, ToSchema)]
struct ReadyView {
    ready: bool,
    checks: Vec<CheckView>,
}

/// A thing that is checked, at the last look, which is a second ago at the most.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CheckView {
    /// `serving`, `engine`, `store`, `definitions`, `tokens` or `lease`.
    #[schema(value_type = String)]
    name: &'static str,
    /// `ok`, or what it is instead: `starting`, `draining`, `silent`, `ended`, `away`, `unreadable`, `missing`, `waiting`, `unanswered`, `learning`.
    #[schema(value_type = String)]
    state: &'static str,
    /// Whether nothing is refused because of it.
    ok: bool,
    /// Whether the node is unready where this isn't ok.
    required: bool,
    since_millis: u64,
    /// Of `tokens`: how many integrations can have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    integrations: Option<usize>,
}

impl CheckView {
    fn of(seen: &Seen, required: &[Checked], now: Instant) -> Self {
        let Seen { finding, since } = seen;
        let of_tokens = finding.checked == Checked::Tokens;
        Self {
            name: finding.checked.word(),
            state: finding.standing.word(),
            ok: finding.standing.is_well(),
            required: finding.counts(required),
            since_millis: millis(now.since(*since)),
            integrations: of_tokens.then_some(finding.integrations),
        }
    }
}

/// 200 while the process is to go on: it answers, and so does its engine. Whatever else is away, a restart doesn't help.
#[utoipa::path(
    get, path = "/live", operation_id = "getLive",
    responses(
        (status = 200, description = "The text `ok`.", body = String),
        (status = 503, description = "The engine has died, or hangs: the process is to be restarted."),
    ),
    security(()),
)]
async fn live(State(driver): State<Driver>, State(readiness): State<Readiness>) -> Response {
    let hangs = readiness.standing(Checked::Engine) == Some(Standing::Silent);
    let (status, text) = match (driver.is_alive(), hangs) {
        (true, false) => (StatusCode::OK, "ok\n"),
        (true, true) => (StatusCode::SERVICE_UNAVAILABLE, "the engine hangs\n"),
        (false, _) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the engine has died; the service is about to end\n",
        ),
    };
    fresh((status, text).into_response())
}

/// 200 while calls are to be sent to this node, 503 while it starts or drains, or its engine doesn't answer. What all nodes share, such as the store, makes it no 503 unless it is required.
#[utoipa::path(
    get, path = "/ready", operation_id = "getReady", params(Require),
    responses(
        (status = 200, description = "The node is ready.", body = ReadyView),
        (status = 400, description = "There is no such check, or no such parameter."),
        (status = 503, description = "The node isn't ready.", body = ReadyView),
    ),
    security(()),
)]
async fn ready(
    State(driver): State<Driver>,
    State(readiness): State<Readiness>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let required = required(&Query::parse(query.as_deref()))?;
    let (ready, checks) = {
        let (seen, now) = (readiness.seen(), driver.now());
        let stopped = seen.iter().any(|it| it.finding.stops(&required));
        let checks = seen.iter().map(|it| CheckView::of(it, &required, now));
        (!stopped && driver.is_alive(), checks.collect())
    };
    let mut answer = Json(ReadyView { ready, checks }).into_response();
    if !ready {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(fresh(answer))
}

/// A misspelt check or parameter would leave a node ready that isn't, so it is refused.
fn required(query: &Query) -> Result<Vec<Checked>, ApiError> {
    if let Some((other, _)) = query.pairs().find(|(name, _)| *name != Require::NAME) {
        let message = format!("{other}: this operation has no such parameter; it has require.");
        return Err(ApiError::bad_request(message).with("parameter", other));
    }
    let named = query.all(Require::NAME).into_iter().map(|word| {
        let known = Checked::ALL.into_iter().find(|it| it.word() == word);
        known.ok_or_else(|| {
            let words = Checked::ALL.map(Checked::word).join(", ");
            ApiError::bad_request(format!(
                "require: there is no check {word:?}; there are {words}."
            ))
        })
    });
    named.collect()
}

/// The answer, which nobody on the way may keep.
fn fresh(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_named_rightly_or_refused() {
        let read = |query: &str| required(&Query::parse(Some(query)));
        assert_eq!(read("").unwrap(), []);
        assert_eq!(
            read("require=store,lease&require=tokens").unwrap(),
            [Checked::Store, Checked::Lease, Checked::Tokens]
        );
        let refused = |query: &str| read(query).unwrap_err().body().message.clone();
        assert!(
            refused("require=leases").contains("there is no check \"leases\"; there are serving")
        );
        assert!(refused("requires=lease").starts_with("requires: this operation has no such"));
    }
}
