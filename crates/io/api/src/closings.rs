//! `/api/v2/tollgate/closings` and `/api/v2/tollgate/upstreams`: what upstreams keep us from, and what
//! they said that wasn't believed.

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
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::LimitRegistry;
use tollgate_driver::Driver;
use tollgate_engine::{Closed, ClosedView};
use tollgate_model::millis;
use tollgate_store::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/tollgate/closings";

/// The operations on closings, and what is known of upstreams beside.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, open))
        .routes(routes!(upstreams))
}

parameter! {
    /// The kind of what is to be opened.
    ClosedKind("kind"): String
}
parameter! {
    /// The name of what is to be opened.
    ClosedName("name"): String
}

/// What a 429 has closed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Closing {
    /// The kind of thing: `limit`, `token`, `client` or `route`.
    #[schema(value_type = String)]
    kind: &'static str,
    name: String,
    /// How long it stays closed.
    closed_millis: u64,
    /// The token, by its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<u32>,
}

/// How much was opened.
#[derive(Serialize, ToSchema)]
struct Opened {
    opened: usize,
}

/// What is known of upstreams beside their limits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Upstreams {
    /// Answers 429.
    limited: u64,
    /// Rate-limit headers that were not believed.
    headers_ignored: u64,
    clients: Vec<UpstreamClient>,
}

/// A client at the upstream.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpstreamClient {
    name: String,
    /// How many tokens it has.
    tokens: usize,
    /// Why it gets no token.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<Trouble>,
    /// When the next token is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetches_in_millis: Option<u64>,
}

/// Why a client gets no token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Trouble {
    /// Where it asks.
    endpoint: String,
    reason: String,
    since_millis: u64,
}

/// All that a 429 has closed, and until when.
#[utoipa::path(
    get, path = PATH, operation_id = "getClosings", params(Page),
    responses((status = 200, description = "A page.", body = Listing<Closing>)),
)]
async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Closing>>, ApiError> {
    caller.needs_role()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let closed = limits::snapshot(&driver).await?.closed;
    let now = driver.now();
    page.list(PATH, &query, &closed, |closed| Closing {
        kind: closed.what.kind(),
        name: closed.name.clone(),
        closed_millis: millis(closed.until.since(now)),
        token: match closed.what {
            Closed::Token(token) => Some(token.0),
            _ => None,
        },
    })
    .map(Json)
}

/// Opens what a 429 has closed: all of it, or what has this kind and name. The next 429 closes it again.
#[utoipa::path(
    delete, path = PATH, operation_id = "deleteClosings", params(ClosedKind, ClosedName),
    responses((status = 200, description = "The answer.", body = Opened)),
)]
async fn open(
    State(driver): State<Driver>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Opened>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let (kind, name) = (ClosedKind::of(&query)?, ClosedName::of(&query)?);
    let wanted = |closed: &ClosedView| {
        kind.as_deref()
            .is_none_or(|kind| kind == closed.what.kind())
            && name.as_deref().is_none_or(|name| name == closed.name)
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
        tracing::info!(kind, name = closed.name, "opened by an administrator");
    }
    Ok(Json(Opened {
        opened: wanted.len(),
    }))
}

/// Answers 429, headers that were not believed, and each client's tokens.
#[utoipa::path(
    get, path = "/api/v2/tollgate/upstreams", operation_id = "getUpstreams",
    responses((status = 200, description = "The answer.", body = Upstreams)),
)]
async fn upstreams(
    State(driver): State<Driver>,
    Extension(caller): Caller,
) -> Result<Json<Upstreams>, ApiError> {
    caller.needs_role()?;
    let snapshot = limits::snapshot(&driver).await?;
    let now = driver.now();
    let troubles = driver.token_troubles();
    let clients = snapshot.clients.iter().map(|client| {
        let trouble = troubles
            .iter()
            .find(|trouble| trouble.client == client.name);
        UpstreamClient {
            name: client.name.clone(),
            tokens: client.tokens,
            trouble: trouble.map(|trouble| Trouble {
                endpoint: trouble.endpoint.clone(),
                reason: trouble.reason.clone(),
                since_millis: millis(now.since(trouble.since)),
            }),
            fetches_in_millis: client.fetches_from.map(|from| millis(from.since(now))),
        }
    });
    Ok(Json(Upstreams {
        limited: snapshot.limited,
        headers_ignored: snapshot.headers_ignored,
        clients: clients.collect(),
    }))
}
