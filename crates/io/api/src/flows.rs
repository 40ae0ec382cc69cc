//! `/api/v2/tollgate/flows`: every flow as it is now.

use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::limits::{mode, snapshot};
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::state::Api;
use axum::Extension;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use tollgate_driver::Driver;
use tollgate_engine::ShadowCount;
use tollgate_model::millis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/tollgate/flows";

/// The operation on flows as they are now.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list))
}

/// A flow: who waits, who runs, and what became of the rest.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FlowUse {
    name: String,
    queued: usize,
    running: usize,
    answered: u64,
    failed: u64,
    refused: u64,
    /// `shadow` where its calls are neither delayed nor refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    mode: Option<&'static str>,
    /// What would have become of its calls, were nothing in shadow.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_have: Option<WouldHave>,
}

/// What would have become of a flow's calls since the start, were nothing in shadow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WouldHave {
    /// How many would have gone out at once.
    at_once: u64,
    /// How many would have waited, and then been sent.
    delayed: u64,
    /// How many would have been refused.
    refused: u64,
    /// How long the delayed ones would have waited on average.
    waited_millis: u64,
    /// How long the one of them would have waited that waited longest.
    longest_millis: u64,
}

impl From<ShadowCount> for WouldHave {
    fn from(count: ShadowCount) -> Self {
        let ShadowCount {
            at_once,
            delayed,
            refused,
            waited,
            longest,
        } = count;
        let all = millis(waited);
        Self {
            at_once,
            delayed,
            refused,
            waited_millis: all.checked_div(delayed).unwrap_or(0),
            longest_millis: millis(longest),
        }
    }
}

/// Who waits, who runs, and what became of the rest.
#[utoipa::path(
    get, path = PATH, operation_id = "getTollgateFlows", params(Page),
    responses((status = 200, description = "A page.", body = Listing<FlowUse>)),
)]
async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<FlowUse>>, ApiError> {
    caller.needs_role()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let snapshot = snapshot(&driver).await?;
    // Whoever neither administers all of it nor watches it has no business with the names of others' flows.
    let all = caller.may_watch();
    let own = |name: &str| caller.lanes.pick(Some(name)).is_some();
    let seen: Vec<_> = snapshot
        .flows
        .iter()
        .filter(|it| all || own(&it.name))
        .collect();
    page.list(PATH, &query, &seen, |flow| FlowUse {
        name: flow.name.clone(),
        queued: flow.queued,
        running: flow.running,
        answered: flow.answered - flow.errors,
        failed: flow.errors + flow.lost,
        refused: flow.refused,
        mode: mode(flow.mode),
        would_have: flow.would_have.map(WouldHave::from),
    })
    .map(Json)
}
