//! `/api/v2/tollgate/limits` and `/api/v2/tollgate/flows`: every limit and every flow as they are now.

use super::{App, Caller};
use crate::error::ApiError;
use crate::page::{Page, Query};
use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_engine::{LimitView, Snapshot};

const PATH: &str = "/api/v2/tollgate/limits";
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
