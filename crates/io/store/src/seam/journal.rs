//! Executions and calls in batches, each kept once however often it is sent.

use super::{AuditEvent, UsageDelta, WallTime};
use crate::id::EntityId;

/// What one writer sends at once.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Who sends it: a process, by a random id.
    pub writer: EntityId,
    /// Its number among those of the writer, each higher than the one before.
    pub number: i64,
    /// When it was made.
    pub at: WallTime,
    /// At most [`crate::limits::BATCH`] events for the audit log.
    pub events: Vec<AuditEvent>,
    /// At most as many counts to add. Those of clients that are gone are dropped.
    pub usage: Vec<UsageDelta>,
}
