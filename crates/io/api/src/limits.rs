//! `/api/v2/tollgate/limits`: every limit as it is now.

use crate::answers::ReadErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::request::{Field, Whole, request};
use crate::state::Api;
use axum::Extension;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::{LimitChange, LimitError, LimitRegistry};
use tollgate_driver::Driver;
use tollgate_engine::{Leave, LimitView, Mode, Snapshot, TokenView};
use tollgate_json::Doc;
use tollgate_model::millis;
use tollgate_store::Role;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/tollgate/limits";
/// How many calls a limit may allow.
type Calls = Whole<1, MOST>;
/// More calls than any limit allows.
const MOST: u32 = 1_000_000_000;

/// The operations on limits.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list, set))
}

/// A limit with its use now.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Limit {
    name: String,
    /// What it belongs to.
    #[schema(value_type = String)]
    scope: &'static str,
    /// How many calls it allows: in a period, or at once where there is none.
    allowed: u32,
    /// How many of them are counted now.
    held: u32,
    /// How many of them other applications have taken, as far as is known.
    foreign: u32,
    /// How many of them are left to other applications.
    left_free: u32,
    /// This node's part of it, where several nodes share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    lease: Option<Lease>,
    /// What is configured, where another number is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    configured: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_millis: Option<u64>,
    /// How long it stays closed after a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_millis: Option<u64>,
    /// The client whose token it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    /// The token whose limit it is, by its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<u32>,
    /// How many calls the token has made.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<u64>,
    /// `shadow` where it only counts calls, and holds none back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    mode: Option<&'static str>,
    /// How many calls it would have turned away since the start, were nothing in shadow.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_refuse: Option<u64>,
}

/// A node's part of a limit.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Lease {
    /// How many of the calls this node may have counted.
    slots: u32,
    /// How much longer; with 0 it has ended.
    left_millis: u64,
    /// Whether it can be expected to go on.
    is_renewed: bool,
}

request! {
    /// A limit as it is to be: `allowed`, `leave` or both.
    LimitUpdate {
        name: String,
        /// How many calls are allowed.
        #[schema(inline)]
        allowed: Option<Calls>,
        /// The client, or the stored integration, whose tokens have the limit; without it the shared one.
        client: Option<String>,
        /// What is left to other applications: a part such as "10 %", or a number of calls.
        #[schema(value_type = Option<LeaveText>, inline)]
        leave: Option<Leave>,
    }
}

/// What is left to other applications, as the document describes it.
struct LeaveText;

impl ToSchema for LeaveText {}

impl PartialSchema for LeaveText {
    fn schema() -> RefOr<Schema> {
        let part = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^[0-9]{1,2}(\.[0-9]+)? ?%$"));
        let calls = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0));
        AnyOfBuilder::new().item(part).item(calls).into()
    }
}

/// Every limit with its use now.
#[utoipa::path(
    get, path = PATH, operation_id = "getLimits", params(Page),
    responses((status = 200, description = "A page.", body = Listing<Limit>)),
)]
async fn list(
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Limit>>, ApiError> {
    caller.needs_role()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let snapshot = snapshot(&driver).await?;
    let now = driver.now();
    let show = |limit: &LimitView, token: Option<&TokenView>| {
        let closed = limit.closed_until.map(|at| millis(at.since(now)));
        Limit {
            name: limit.name.clone(),
            scope: limit.scope.as_str(),
            allowed: limit.allowed,
            held: limit.held,
            foreign: limit.foreign,
            left_free: limit.left_free,
            lease: limit.lease.map(|lease| Lease {
                slots: lease.slots,
                left_millis: millis(lease.until.since(now)),
                is_renewed: lease.is_renewed,
            }),
            configured: limit.configured,
            period_millis: limit.period.map(millis),
            closed_millis: closed.filter(|millis| *millis > 0),
            client: token.map(|token| token.client.clone()),
            token: token.map(|token| token.token),
            sent: token.map(|token| token.sent),
            mode: mode(limit.mode),
            would_refuse: limit.would_refuse,
        }
    };
    let shared = snapshot.limits.iter().map(|limit| show(limit, None));
    let of_tokens = snapshot.tokens.iter().flat_map(|token| {
        let of_token = token.limits.iter();
        of_token.map(move |limit| show(limit, Some(token)))
    });
    let all: Vec<_> = shared.chain(of_tokens).collect();
    page.list(PATH, &query, &all, Limit::clone).map(Json)
}

/// Changes a limit until its definition says another number.
#[utoipa::path(
    put, path = PATH, operation_id = "putLimits", request_body = LimitUpdate,
    responses((status = 204, description = "Done."), ReadErrors),
)]
async fn set(
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let LimitUpdate {
        name,
        allowed,
        client,
        leave,
    } = LimitUpdate::read(&body.doc().await?)?;
    let allowed = allowed.map(|Whole(calls)| calls);
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

impl Field for Option<Leave> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let text = match doc.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) if text.ends_with('%') => text.clone(),
            Some(Value::Number(calls)) => calls.to_string(),
            Some(_) => String::new(),
        };
        let leave = Leave::parse(&text).ok_or_else(|| {
            ApiError::bad_request(format!(
                "{name}: expected a part from \"0 %\" to less than \"100 %\", or a whole number of calls."
            ))
        })?;
        Ok(Some(leave))
    }
}

/// The mode, where it isn't the usual one.
pub(crate) fn mode(mode: Mode) -> Option<&'static str> {
    (mode == Mode::Shadow).then_some("shadow")
}

pub(crate) async fn snapshot(driver: &Driver) -> Result<Snapshot, ApiError> {
    driver.snapshot().await.ok_or_else(draining)
}

pub(crate) fn draining() -> ApiError {
    let message = "The service is about to end.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message)
}
