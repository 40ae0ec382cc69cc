//! The audit log: append-only, written in the transaction of what it tells.

use super::{By, JsonText, Page, PageRequest, WallTime};
use crate::error::StoreResult;
use async_trait::async_trait;

/// One entry. Numbers only grow; a number that is missing was given to something that never was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: WallTime,
    /// Who.
    pub actor: String,
    /// What was done: `create`, `update`, `delete`, `publish`, `execute`, ….
    pub action: String,
    /// To what kind of thing: `integration`, `credential`, `action`, `draft`, `client`, `token`, ….
    pub entity_type: String,
    /// To which.
    pub entity_id: String,
    /// More: names, versions, outcomes. Never a secret, a body or a row's value.
    pub detail: JsonText,
}

/// Something to note that isn't a change of the store: an execution, a denied login.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Who, and when.
    pub by: By,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub entity_type: String,
    /// To which.
    pub entity_id: String,
    /// More. That it holds no secret is the caller's promise.
    pub detail: JsonText,
}

/// Which entries. `None` means any.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Not before.
    pub from: Option<WallTime>,
    /// Before.
    pub until: Option<WallTime>,
    /// Who.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To what kind of thing.
    pub entity_type: Option<String>,
    /// To which.
    pub entity_id: Option<String>,
    /// The oldest first; otherwise the newest.
    pub oldest_first: bool,
    /// Part.
    pub page: PageRequest,
}

/// The audit log. Nothing changes or removes an entry; the database refuses it.
#[async_trait]
pub trait Audit {
    /// Notes a batch of at most [`crate::limits::BATCH`] in one transaction.
    async fn record(&self, events: &[AuditEvent]) -> StoreResult<()>;
    /// A page of entries.
    async fn audit(&self, query: &AuditQuery) -> StoreResult<Page<AuditEntry>>;
}
