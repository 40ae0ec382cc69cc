//! Who called what how often: counters by client, hour, method and path template.

use super::WallTime;
use crate::id::EntityId;

/// Calls by their answer, as the platform's usage rows have them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UsageCounts {
    /// Calls answered with a status of 200 to 299.
    pub status_200: u64,
    /// Calls answered with a status of 300 to 399.
    pub status_300: u64,
    /// Calls answered with a status of 400 to 499 other than 429.
    pub status_400: u64,
    /// Calls answered with 429.
    pub status_429: u64,
    /// Calls answered with a status of 500 to 599.
    pub status_500: u64,
    /// All calls.
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
    /// The client that called.
    pub client: EntityId,
    /// When it called; counted under the hour (UTC) that this lies in.
    pub at: WallTime,
    /// The path with its variables unnamed, `/api/v2/integrations/actions/{actionId}/execute`.
    pub template: String,
    /// The HTTP method.
    pub method: String,
    /// How many calls to add.
    pub counts: UsageCounts,
}

/// What span of time a row of usage is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UsageGrain {
    /// An hour (UTC).
    Hour,
    /// A day (UTC).
    Day,
    /// From each of these times to the next, at most [`crate::limits::USAGE_SPANS`]: for weeks and months. They
    /// grow, and lie at the begin of hours; what lies before the second belongs to the first.
    Spans(Vec<WallTime>),
    /// The whole time that was asked for.
    Span,
}

/// Which counts are added up, and how finely.
#[derive(Clone, Debug)]
pub struct UsageQuery {
    /// The client that called; `None` means any.
    pub client: Option<EntityId>,
    /// The first hour, as any time in it.
    pub from: WallTime,
    /// The time that all hours begin before.
    pub until: WallTime,
    /// What span of time each row is about.
    pub grain: UsageGrain,
    /// Whether each client has rows of its own; otherwise all are added up.
    pub by_client: bool,
    /// Whether each path template has rows of its own.
    pub by_template: bool,
    /// Whether each HTTP method has rows of its own.
    pub by_method: bool,
}

/// Counts that were added up; what they weren't told apart by is `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsageRow {
    /// Start of the hour or day.
    pub at: Option<WallTime>,
    /// The client that called.
    pub client: Option<EntityId>,
    /// The path template.
    pub template: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// How many calls.
    pub counts: UsageCounts,
}
