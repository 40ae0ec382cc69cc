//! `/api/v2/tollgate/cluster`: how several nodes share their limits, as this node's task saw it last. No store is asked.

use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tollgate_callers::Over;
use tollgate_cluster::{Cluster, MemberStatus, PartStatus, SharedStatus, Status};
use tollgate_driver::Driver;
use tollgate_lease::Doubt;
use tollgate_model::{Instant, millis};
use tollgate_store::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operation on the cluster.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get))
}

/// A node's view of its cluster. What is told of others is of the node's last exchange with the store.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClusterView {
    /// The node that answers, with its process's number.
    member: String,
    /// The kind of the coordination store.
    #[schema(value_type = String)]
    store: &'static str,
    /// How long a part is granted at a time.
    lease_millis: u64,
    /// How long this node's parts last; with 0 they have ended.
    lease_left_millis: u64,
    /// How long ago the node's last exchange with the store ended well; missing if none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    exchanged_millis: Option<u64>,
    /// What is in the way of exchanges.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<StoreTrouble>,
    /// What whoever runs the node should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    notice: Option<&'static str>,
    /// Whether the cluster's value is learned anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    learning: Option<Learning>,
    /// How often the value was not trusted since it was made.
    doubts: u64,
    members: Vec<Member>,
    limits: Vec<SharedLimit>,
    exchanges: Exchanges,
}

/// Why the coordination store can't be asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoreTrouble {
    /// In words; they may have the store's address, so only an administrator is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    since_millis: u64,
}

/// The value is learned anew: nodes show what they have, and what none shows is given to none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Learning {
    /// `missing`, `older`, `other.server`, `contradiction` or `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    why: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Option<&'static str>,
    /// How long until all of it is known.
    over_in_millis: u64,
}

/// A process that shares the limits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Member {
    member: String,
    /// How long ago it is known to have been in touch with the store.
    seen_millis: u64,
    /// How long its leases last at least; with 0 they have ended, unless it has renewed them since.
    lease_left_millis: u64,
}

/// A limit that is shared, in slots.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SharedLimit {
    /// Scope and name.
    name: String,
    /// What nodes call it, which stays where names change.
    key: String,
    allowed: u32,
    /// What nobody has.
    free: u32,
    /// What calls may still count under, and nobody sends under.
    returning: u32,
    returned_in_millis: u64,
    /// What nobody is known to have.
    unknown: u32,
    known_in_millis: u64,
    parts: Vec<Part>,
}

/// A node's part of a limit, in slots.
#[derive(Serialize, ToSchema)]
struct Part {
    member: String,
    slots: u32,
    /// What it would use.
    wants: u32,
}

/// What became of the node's exchanges with the store since its start.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Exchanges {
    done: u64,
    /// Another node was faster, so that the exchange was made anew.
    changed: u64,
    failed: u64,
    /// Whether they were made isn't known.
    in_doubt: u64,
}

/// How several nodes share their limits, as the node that answers saw it last.
#[utoipa::path(
    get, path = "/api/v2/tollgate/cluster", operation_id = "getCluster",
    responses(
        (status = 200, description = "The answer.", body = ClusterView),
        (status = 404, description = "The node shares no limits."),
    ),
)]
async fn get(
    State(cluster): State<Option<Arc<Cluster>>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
) -> Result<Json<ClusterView>, ApiError> {
    caller.needs_role()?;
    let none = || ApiError::not_found("This node shares no limits: it has no [cluster].");
    let status = cluster.ok_or_else(none)?.status();
    let administers = caller.may(Role::Administer, Over::Everything);
    Ok(Json(ClusterView::of(status, administers, driver.now())))
}

impl ClusterView {
    /// Addresses are for who administers.
    fn of(status: Status, administers: bool, now: Instant) -> Self {
        let ago = status.exchanged_ago(now);
        let left = |span: Duration| millis(span.saturating_sub(ago));
        let counts = status.counts;
        Self {
            lease_millis: millis(status.lease),
            lease_left_millis: millis(status.lease_left(now)),
            exchanged_millis: status.exchanged_at.map(|at| millis(now.since(at))),
            notice: status.notice(now),
            learning: status.learning(now).map(|it| Learning {
                why: it.why.map(Doubt::as_str),
                reason: it.why.map(Doubt::reason),
                over_in_millis: millis(it.over_in),
            }),
            doubts: status.doubts,
            members: status
                .members
                .into_iter()
                .map(
                    |MemberStatus {
                         member,
                         since,
                         left: of_lease,
                     }| Member {
                        member,
                        seen_millis: millis(since + ago),
                        lease_left_millis: left(of_lease),
                    },
                )
                .collect(),
            limits: status
                .limits
                .into_iter()
                .map(|it| shared(it, &left))
                .collect(),
            exchanges: Exchanges {
                done: counts.done,
                changed: counts.changed,
                failed: counts.failed,
                in_doubt: counts.in_doubt,
            },
            trouble: status.trouble.map(|it| StoreTrouble {
                reason: administers.then_some(it.why),
                since_millis: millis(now.since(it.since)),
            }),
            member: status.member,
            store: status.store,
        }
    }
}

fn shared(limit: SharedStatus, left: &impl Fn(Duration) -> u64) -> SharedLimit {
    let part = |PartStatus {
                    member,
                    slots,
                    wants,
                }| Part {
        member,
        slots,
        wants,
    };
    SharedLimit {
        allowed: limit.allowed,
        free: limit.free,
        returning: limit.returning,
        returned_in_millis: left(limit.returned_in),
        unknown: limit.unknown,
        known_in_millis: left(limit.known_in),
        parts: limit.parts.into_iter().map(part).collect(),
        name: limit.name,
        key: limit.key,
    }
}
