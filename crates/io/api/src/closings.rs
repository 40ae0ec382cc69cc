//! `/api/v2/tollgate/closings` and `/api/v2/tollgate/upstreams`: what upstreams keep us from, and what
//! they said that wasn't believed.

use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::limits;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::LimitRegistry;
use tollgate_driver::Driver;
use tollgate_engine::{Closed, ClosedView};
use tollgate_store::Role;

const PATH: &str = "/api/v2/tollgate/closings";

/// All that a 429 has closed, and until when.
pub(crate) async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let closed = limits::snapshot(&driver).await?.closed;
    let now = driver.now();
    page.list(PATH, &query, &closed, |closed| {
        let mut shown = json!({
            "kind": closed.what.kind(),
            "name": closed.name,
            "closedMillis": closed.until.since(now).as_millis() as u64,
        });
        if let Closed::Token(token) = closed.what {
            shown["token"] = token.0.into();
        }
        shown
    })
    .map(Json)
}

/// Opens what a 429 has closed: all of it, or what has this `kind` and this `name`. The next 429 closes
/// it again.
pub(crate) async fn open(
    State(driver): State<Driver>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let (kind, name) = (query.get("kind"), query.get("name"));
    let wanted = |closed: &ClosedView| {
        kind.is_none_or(|kind| kind == closed.what.kind())
            && name.is_none_or(|name| name == closed.name)
    };
    let closed = limits::snapshot(&driver).await?.closed;
    let wanted: Vec<_> = closed.into_iter().filter(wanted).collect();
    for closed in &wanted {
        let kind = closed.what.kind();
        let detail = json!({"kind": kind});
        let audit = event(caller.actor(), "open", ("closing", &closed.name), &detail);
        registry.audit(audit).await?;
        let opened = driver.open(closed.what).await;
        opened.map_err(|_| limits::draining())?;
        tracing::warn!(kind, name = closed.name, "opened by an administrator");
    }
    Ok(Json(json!({"opened": wanted.len()})))
}

/// What is to be known of upstreams beside their limits.
pub(crate) async fn upstreams(
    State(driver): State<Driver>,
    Extension(caller): Caller,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let snapshot = limits::snapshot(&driver).await?;
    let now = driver.now();
    let troubles = driver.token_troubles();
    let clients = snapshot.clients.iter().map(|client| {
        let trouble = troubles.iter().find(|it| it.client == client.name);
        let mut shown = json!({"name": client.name, "tokens": client.tokens});
        if let Some(trouble) = trouble {
            shown["trouble"] = json!({
                "endpoint": trouble.endpoint,
                "reason": trouble.reason,
                "sinceMillis": now.since(trouble.since).as_millis() as u64,
            });
        }
        if let Some(from) = client.fetches_from {
            shown["fetchesInMillis"] = (from.since(now).as_millis() as u64).into();
        }
        shown
    });
    Ok(Json(json!({
        "limited": snapshot.limited,
        "headersIgnored": snapshot.headers_ignored,
        "clients": clients.collect::<Vec<_>>(),
    })))
}
