//! Executions and calls in batches, each kept once however often it is sent.

use super::{AuditEvent, UsageDelta, WallTime};
use crate::id::EntityId;

/// Events and counts that one process writes at once.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The process that sends the batch, by a random id of its own.
    pub writer: EntityId,
    /// The batch's number among those of the writer, each higher than the one before.
    pub number: i64,
    /// When the batch was made.
    pub at: WallTime,
    /// At most [`crate::limits::BATCH`] events for the audit log.
    pub events: Vec<AuditEvent>,
    /// At most as many counts to add. Those of clients that are gone are dropped.
    pub usage: Vec<UsageDelta>,
}
