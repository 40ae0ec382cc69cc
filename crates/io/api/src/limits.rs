//! `/api/v2/tollgate/limits` and `/api/v2/tollgate/flows`: every limit and every flow as they are now.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::{LimitChange, LimitError, LimitRegistry};
use tollgate_driver::Driver;
use tollgate_engine::{Leave, LimitView, Snapshot, TokenView};
use tollgate_json::Doc;
use tollgate_store::Role;

const PATH: &str = "/api/v2/tollgate/limits";
/// More calls than any limit allows.
const MOST: i64 = 1_000_000_000;
const FLOWS: &str = "/api/v2/tollgate/flows";

pub(crate) async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let snapshot = snapshot(&driver).await?;
    let now = driver.now();
    let show = |limit: &LimitView, token: Option<&TokenView>| {
        let closed = limit
            .closed_until
            .map(|at| at.since(now).as_millis() as u64);
        let mut shown = json!({
            "name": limit.name,
            "scope": limit.scope.as_str(),
            "allowed": limit.allowed,
            "held": limit.held,
            "foreign": limit.foreign,
            "leftFree": limit.left_free,
        });
        if let Some(configured) = limit.configured {
            shown["configured"] = configured.into();
        }
        if let Some(period) = limit.period {
            shown["periodMillis"] = (period.as_millis() as u64).into();
        }
        if let Some(millis) = closed.filter(|millis| *millis > 0) {
            shown["closedMillis"] = millis.into();
        }
        if let Some(token) = token {
            shown["client"] = token.client.as_str().into();
            shown["token"] = token.token.into();
            shown["sent"] = token.sent.into();
        }
        shown
    };
    let shared = snapshot.limits.iter().map(|limit| show(limit, None));
    let of_tokens = snapshot.tokens.iter().flat_map(|token| {
        let of_token = token.limits.iter();
        of_token.map(move |limit| show(limit, Some(token)))
    });
    let all: Vec<_> = shared.chain(of_tokens).collect();
    page.list(PATH, &query, &all, Value::clone).map(Json)
}

/// Changes a limit while the service runs, and until its definition says another number ([`LimitRegistry`]):
/// `{name, allowed, leave}` of every shared limit of that name, or `allowed` with `client` of the tokens of
/// that client or stored integration.
pub(crate) async fn set(
    State(bodies): State<Bodies>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let doc = bodies.doc(body).await?;
    let name = doc.required("name")?;
    let allowed = doc.whole("allowed", 1, MOST)?;
    let allowed = allowed.and_then(|allowed| u32::try_from(allowed).ok());
    let client = doc.text("client")?;
    let leave = leave(&doc)?;
    if leave.is_some() && client.is_some() {
        let message =
            "leave: the limit of a token is nobody else's; nothing of it can be left free.";
        return Err(ApiError::bad_request(message));
    }
    if allowed.is_none() && leave.is_none() {
        let message = "allowed: missing; give a number of calls, or what to leave free.";
        return Err(ApiError::bad_request(message));
    }
    let told = leave.map(|leave| leave.to_string());
    let detail = json!({"allowed": allowed, "client": client, "leave": told});
    let audit = event(caller.actor(), "update", ("limit", &name), &detail);
    let change = LimitChange {
        client,
        name,
        allowed,
        leave,
    };
    registry.change(change, audit).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<LimitError> for ApiError {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::NoSuchLimit(name) => Self::not_found(format!(
                "There is no such limit: {name:?}; list them to see their names."
            )),
            LimitError::Audit(error) => error.into(),
            LimitError::Engine(_) => draining(),
            LimitError::NotKept(error) => {
                let message = format!("It holds now, but will not after a restart: {error}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "not.kept", message)
            }
        }
    }
}

/// `leave`: a part such as "10 %", or a number of calls.
fn leave(doc: &Doc) -> Result<Option<Leave>, ApiError> {
    let text = match doc.get("leave") {
        None => return Ok(None),
        Some(Value::String(text)) if text.ends_with('%') => text.clone(),
        Some(Value::Number(calls)) => calls.to_string(),
        Some(_) => String::new(),
    };
    let leave = tollgate_engine::Leave::parse(&text).ok_or_else(|| {
        ApiError::bad_request(
            "leave: expected a part from \"0 %\" to less than \"100 %\", or a whole number of calls.",
        )
    })?;
    Ok(Some(leave))
}

/// `/api/v2/tollgate/flows`: who waits, who runs, and what became of the rest.
pub(crate) async fn flows(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let snapshot = snapshot(&driver).await?;
    // Whoever doesn't administer all of it has no business with the names of others' flows.
    let all = caller.may(Role::Administer, Over::Everything);
    let own = |name: &str| caller.lanes.pick(Some(name)).is_some();
    let seen: Vec<_> = snapshot
        .flows
        .iter()
        .filter(|it| all || own(&it.name))
        .collect();
    page.list(FLOWS, &query, &seen, |flow| {
        json!({
            "name": flow.name,
            "queued": flow.queued,
            "running": flow.running,
            "answered": flow.answered - flow.errors,
            "failed": flow.errors + flow.lost,
            "refused": flow.refused,
        })
    })
    .map(Json)
}

pub(crate) async fn snapshot(driver: &Driver) -> Result<Snapshot, ApiError> {
    driver.snapshot().await.ok_or_else(draining)
}

pub(crate) fn draining() -> ApiError {
    let message = "The service is about to end.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message)
}
