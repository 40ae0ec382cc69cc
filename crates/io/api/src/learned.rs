//! `/api/v2/tollgate/learned`: numbers in force that nobody has configured, where they come from, and
//! what speaks for them.

use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::limits;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::LimitRegistry;
use tollgate_driver::Driver;
use tollgate_engine::{LearnedView, Source};
use tollgate_store::Role;

const PATH: &str = "/api/v2/tollgate/learned";

/// All of them.
pub(crate) async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let learned = learned(&driver).await?;
    let now = driver.now();
    page.list(PATH, &query, &learned, |it| {
        let mut shown = json!({
            "name": it.name,
            "scope": it.scope.as_str(),
            "of": it.of,
            "allowed": it.allowed,
            "source": it.source.as_str(),
            "accepted": it.accepted,
            "refused": it.refused,
            "sinceMillis": now.since(it.since).as_millis() as u64,
        });
        if let Some(period) = it.period {
            shown["periodMillis"] = (period.as_millis() as u64).into();
        }
        if let Some(configured) = it.configured {
            shown["configured"] = configured.into();
        }
        shown
    })
    .map(Json)
}

/// Holds a learned limit no more. It is learned anew if the upstream still has it.
pub(crate) async fn forget(
    State(driver): State<Driver>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let name = query.get("name").ok_or_else(|| {
        ApiError::bad_request("name: missing; give the name of a limit that was learned.")
    })?;
    let learned = learned(&driver).await?;
    let named: Vec<_> = learned.iter().filter(|it| it.name == name).collect();
    if named.is_empty() {
        let message = format!("No limit {name:?} was learned; list them to see their names.");
        return Err(ApiError::not_found(message));
    }
    if named.iter().all(|it| it.source == Source::Headers) {
        let message = format!(
            "The upstream says the number of {name:?} with each answer; configure it, or set follow = \
             \"configuration\" in [learning] to never exceed what is configured."
        );
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "told.by.headers",
            message,
        ));
    }
    let audit = event(caller.actor(), "forget", ("limit", name), &json!({}));
    registry.audit(audit).await?;
    let forgotten = driver.forget_learned(name.to_owned()).await;
    forgotten.map_err(|_| limits::draining())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn learned(driver: &Driver) -> Result<Vec<LearnedView>, ApiError> {
    driver.learned().await.ok_or_else(limits::draining)
}
