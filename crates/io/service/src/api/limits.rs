//! `/api/v2/tollgate/limits` and `/api/v2/tollgate/flows`: every limit and every flow as they are now.

use super::{App, Caller};
use crate::error::ApiError;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_engine::{LimitView, Snapshot};
use tollgate_model::{ClientId, LimitId};
use tollgate_store::Role;

const PATH: &str = "/api/v2/tollgate/limits";
/// More calls than any limit allows.
const MOST: i64 = 1_000_000_000;
const FLOWS: &str = "/api/v2/tollgate/flows";

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let snapshot = snapshot(&app).await?;
    let now = app.driver.now();
    let show = |limit: &LimitView, token: Option<(&str, u32)>| {
        let closed = limit
            .closed_until
            .map(|at| at.since(now).as_millis() as u64);
        let mut shown = json!({
            "name": limit.name,
            "scope": limit.scope.as_str(),
            "allowed": limit.allowed,
            "held": limit.held,
        });
        if let Some(millis) = closed.filter(|millis| *millis > 0) {
            shown["closedMillis"] = millis.into();
        }
        if let Some((client, number)) = token {
            shown["client"] = client.into();
            shown["token"] = number.into();
        }
        shown
    };
    let shared = snapshot.limits.iter().map(|limit| show(limit, None));
    let of_tokens = snapshot.tokens.iter().flat_map(|token| {
        let of = Some((token.client.as_str(), token.token));
        token.limits.iter().map(move |limit| show(limit, of))
    });
    let all: Vec<_> = shared.chain(of_tokens).collect();
    Ok(Json(page.list(PATH, &query, &all, Value::clone)))
}

/// Changes a limit while the service runs, until it restarts: `{name, allowed}` of every shared limit of
/// that name, or with `client` of the tokens of that client or stored integration. A raise holds at once; what a lower one finds
/// in use drains.
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let doc = app.doc(body).await?;
    let name = doc.required("name")?;
    let allowed = doc.whole("allowed", 1, MOST)?;
    let allowed = allowed.and_then(|allowed| u32::try_from(allowed).ok());
    let allowed = allowed
        .ok_or_else(|| ApiError::bad_request("allowed: missing; give a number of calls."))?;
    let client = doc.text("client")?;
    let found = match &client {
        None => {
            let limits = snapshot(&app).await?.limits;
            let named = limits.iter().enumerate().filter(|(_, it)| it.name == name);
            let set =
                named.inspect(|(place, _)| app.driver.set_limit(LimitId(*place as u32), allowed));
            set.count() > 0
        }
        Some(client) => {
            let of = app.token_limits.iter().enumerate();
            let of = of.filter(|(_, it)| it.0 == *client);
            let named = of.flat_map(|(of, it)| {
                let places = it.1.iter().enumerate().filter(|(_, it)| **it == name);
                places.map(move |(place, _)| (ClientId(of as u32), place))
            });
            let set = named.inspect(|(of, place)| app.driver.set_token_limit(*of, *place, allowed));
            let of_file = set.count() > 0;
            app.live.set_token_limit(client, &name, allowed).await || of_file
        }
    };
    if !found {
        let message = format!("There is no such limit: {name:?}; list them to see their names.");
        return Err(ApiError::not_found(message));
    }
    let detail = json!({"allowed": allowed, "client": client});
    app.journal
        .note(caller.actor(), "update", ("limit", &name), &detail);
    Ok(StatusCode::NO_CONTENT)
}

/// `/api/v2/tollgate/flows`: who waits, who runs, and what became of the rest.
pub(super) async fn flows(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let snapshot = snapshot(&app).await?;
    Ok(Json(page.list(FLOWS, &query, &snapshot.flows, |flow| {
        json!({
            "name": flow.name,
            "queued": flow.queued,
            "running": flow.running,
            "answered": flow.answered,
            "refused": flow.refused,
        })
    })))
}

async fn snapshot(app: &App) -> Result<Snapshot, ApiError> {
    app.driver.snapshot().await.ok_or_else(|| {
        let message = "The service is about to end.";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message)
    })
}
