//! The shared limits as they are now.

use super::situation::used;
use serde::Serialize;
use tollgate_engine::Snapshot;
use tollgate_history::Minute;
use tollgate_model::{Instant, millis};
use utoipa::ToSchema;

/// Limits of an answer, at the most: the fullest.
const MOST: usize = 200;

/// A shared limit as it is now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LimitNow {
    limit: String,
    #[schema(value_type = String)]
    scope: &'static str,
    /// How many calls it allows: in a period, or at once where there is none.
    allowed: u32,
    /// What is configured, where another number is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    configured: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_millis: Option<u64>,
    /// How many of them are counted now, others' included.
    held: u32,
    /// How many of these are others', as far as is known.
    foreign: u32,
    /// The most that were counted at once in the last minute.
    most_held: u64,
    /// How many may be sent now.
    headroom: u32,
    /// How long it stays closed, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    closed: Option<ClosedNow>,
}

/// What is closed for a while.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClosedNow {
    /// How much longer.
    closed_millis: u64,
    /// Why.
    #[schema(value_type = String)]
    why: &'static str,
}

impl ClosedNow {
    /// Something that is closed until then; none if it has opened again.
    pub(super) fn until(until: Option<Instant>, now: Instant) -> Option<Self> {
        let closed_millis = millis(until?.since(now));
        (closed_millis > 0).then_some(Self {
            closed_millis,
            why: "The upstream answered 429; calls go on when the pause that it asked for has ended.",
        })
    }
}

pub(super) fn all(snapshot: &Snapshot, minute: &Minute, now: Instant) -> Vec<LimitNow> {
    let show = snapshot.limits.iter().map(|limit| {
        let closed = ClosedNow::until(limit.closed_until, now);
        let part = limit.lease.map_or(limit.allowed, |lease| lease.slots);
        let left = part
            .saturating_sub(limit.held)
            .saturating_sub(limit.left_free);
        LimitNow {
            limit: limit.name.clone(),
            scope: limit.scope.as_str(),
            allowed: limit.allowed,
            configured: limit.configured.filter(|it| *it != limit.allowed),
            period_millis: limit.period.map(millis),
            held: limit.held,
            foreign: limit.foreign,
            most_held: used(limit, minute),
            headroom: if closed.is_some() { 0 } else { left },
            closed,
        }
    });
    let mut all: Vec<_> = show.collect();
    // The fullest first: used / allowed, compared without division.
    all.sort_by(|a, b| {
        let (full_a, full_b) = (
            a.most_held * u64::from(b.allowed),
            b.most_held * u64::from(a.allowed),
        );
        full_b.cmp(&full_a).then_with(|| a.limit.cmp(&b.limit))
    });
    all.truncate(MOST);
    all
}
