//! Executions and calls in batches, each kept once however often it is sent.

use super::{AuditEvent, EntityId, UsageDelta, WallTime};
use crate::error::StoreResult;
use async_trait::async_trait;

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

/// Batches.
#[async_trait]
pub trait Journal {
    /// Keeps a batch in one transaction. One whose number isn't higher than the last that was kept of this
    /// writer is there already, and nothing happens: whoever had no answer sends it again.
    async fn keep_batch(&self, batch: &Batch) -> StoreResult<()>;
    /// Forgets up to a batch of writers that sent nothing since `until`; returns how many.
    async fn forget_writers(&self, until: WallTime) -> StoreResult<u64>;
}
