//! `/api/v2/tollgate/learned`: numbers in force that nobody has configured, where they come from, and
//! what speaks for them.

use crate::answers::ChangeErrors;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::limits;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::Extension;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::LimitRegistry;
use tollgate_driver::Driver;
use tollgate_engine::{LearnedView, Source};
use tollgate_model::millis;
use tollgate_store::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/tollgate/learned";

/// The operations on learned limits.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list, forget))
}

parameter! {
    /// The name of a learned limit.
    LimitName("name"): String
}

/// A number in force that nobody has configured, and what speaks for it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LearnedLimit {
    name: String,
    /// What kind of thing it belongs to.
    #[schema(value_type = String)]
    scope: &'static str,
    /// What it belongs to, by name.
    of: String,
    /// How many calls it allows: in a period, or at once where there is none.
    allowed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_millis: Option<u64>,
    /// What is configured in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    configured: Option<u32>,
    /// What it was learned from: `headers`, `refusals` or `latency`.
    #[schema(value_type = String)]
    source: &'static str,
    /// Accepted calls that speak for it.
    accepted: u64,
    /// Refused calls that speak for it.
    refused: u64,
    /// How long it has held.
    since_millis: u64,
}

/// Numbers in force that nobody has configured, and where they come from.
#[utoipa::path(
    get, path = PATH, operation_id = "getLearned", params(Page),
    responses((status = 200, description = "A page.", body = Listing<LearnedLimit>)),
)]
async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<LearnedLimit>>, ApiError> {
    caller.needs_role()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let learned = learned(&driver).await?;
    let now = driver.now();
    page.list(PATH, &query, &learned, |limit| LearnedLimit {
        name: limit.name.clone(),
        scope: limit.scope.as_str(),
        of: limit.of.clone(),
        allowed: limit.allowed,
        period_millis: limit.period.map(millis),
        configured: limit.configured,
        source: limit.source.as_str(),
        accepted: limit.accepted,
        refused: limit.refused,
        since_millis: millis(now.since(limit.since)),
    })
    .map(Json)
}

/// Holds the learned limit of this name no more. It is learned anew if the upstream still has it.
#[utoipa::path(
    delete, path = PATH, operation_id = "deleteLearned", params(LimitName),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn forget(
    State(driver): State<Driver>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let name = LimitName::of(&Query::parse(query.as_deref()))?;
    let name = name.ok_or_else(|| {
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
    let audit = event(caller.actor(), "forget", ("limit", &name), &json!({}));
    registry.audit(audit).await?;
    let forgotten = driver.forget_learned(name).await;
    forgotten.map_err(|_| limits::draining())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn learned(driver: &Driver) -> Result<Vec<LearnedView>, ApiError> {
    driver.learned().await.ok_or_else(limits::draining)
}
