//! Who called what how often: counters by client, hour, method and path template.

use super::WallTime;
use crate::id::EntityId;

/// Calls by their answer, as the platform's usage rows have them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UsageCounts {
    /// 2xx.
    pub status_200: u64,
    /// 3xx.
    pub status_300: u64,
    /// 4xx other than 429.
    pub status_400: u64,
    /// 429.
    pub status_429: u64,
    /// 5xx.
    pub status_500: u64,
    /// All of them.
    pub requests: u64,
}

impl UsageCounts {
    /// Adds another's counts; saturates.
    pub fn add(&mut self, other: &Self) {
        let sum = |a: &mut u64, b: u64| *a = a.saturating_add(b);
        sum(&mut self.status_200, other.status_200);
        sum(&mut self.status_300, other.status_300);
        sum(&mut self.status_400, other.status_400);
        sum(&mut self.status_429, other.status_429);
        sum(&mut self.status_500, other.status_500);
        sum(&mut self.requests, other.requests);
    }
}

/// Calls to add.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageDelta {
    /// Who called.
    pub client: EntityId,
    /// When; counted under the hour (UTC) that it lies in.
    pub at: WallTime,
    /// The path with its variables unnamed, `/api/v2/integrations/actions/{actionId}/execute`.
    pub template: String,
    /// The method.
    pub method: String,
    /// How many.
    pub counts: UsageCounts,
}

/// How fine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UsageGrain {
    /// One row per hour.
    Hour,
    /// One row per day (UTC).
    Day,
    /// One row for the whole span.
    Span,
}

/// Which usage.
#[derive(Clone, Debug)]
pub struct UsageQuery {
    /// Of this client, or of all.
    pub client: Option<EntityId>,
    /// From here, rounded down to the hour.
    pub from: WallTime,
    /// Up to here, exclusive.
    pub until: WallTime,
    /// How fine in time.
    pub grain: UsageGrain,
    /// One row per client; otherwise all are added up.
    pub by_client: bool,
    /// One row per path template.
    pub by_template: bool,
    /// One row per method.
    pub by_method: bool,
}

/// One row; what wasn't grouped by is `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRow {
    /// Start of the hour or day.
    pub at: Option<WallTime>,
    /// Who called.
    pub client: Option<EntityId>,
    /// The path template.
    pub template: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// How many.
    pub counts: UsageCounts,
}
