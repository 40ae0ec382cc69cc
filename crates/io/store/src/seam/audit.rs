//! The audit log: append-only, written in the transaction of what it tells.

use super::{Author, JsonText, PageRequest, WallTime};

/// One entry. Numbers only grow; a number that is missing was given to something that never was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// The number. Numbers only grow; a missing one was given to an entry that was never committed.
    pub seq: i64,
    /// When it was done.
    pub at: WallTime,
    /// Who did it: `client:<id>`, `cli` or `system`.
    pub actor: String,
    /// What was done: `create`, `update`, `delete`, `publish`, `execute`, ….
    pub action: String,
    /// What kind of thing it was done to: `integration`, `credential`, `action`, `draft`, `client`, `token`,
    /// ….
    pub entity_type: String,
    /// The id of the thing it was done to.
    pub entity_id: String,
    /// More: names, versions, outcomes. Never a secret, a body or a row's value.
    pub detail: JsonText,
}

/// Something to note that isn't a change of the store: an execution, a denied login.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Who did it, and when.
    pub by: Author,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub entity_type: String,
    /// The id of the thing it was done to.
    pub entity_id: String,
    /// More. That it holds no secret is the caller's promise.
    pub detail: JsonText,
}

/// Which entries of the audit log a list has; a filter that is empty lets all pass.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// The earliest time of an entry.
    pub from: Option<WallTime>,
    /// The time that all entries are before.
    pub until: Option<WallTime>,
    /// The entry's number.
    pub seq: Option<i64>,
    /// Who did it, as the entry names the actor: one of these. Of this list as of those that follow: none means any,
    /// and [`crate::limits::PAGE`] may be named.
    pub actors: Vec<String>,
    /// What was done: one of these.
    pub actions: Vec<String>,
    /// What kind of thing it was done to: one of these.
    pub entity_types: Vec<String>,
    /// The id of the thing it was done to: one of these.
    pub entity_ids: Vec<String>,
    /// Whether the oldest entry is the first; otherwise it is the newest.
    pub oldest_first: bool,
    /// Time and number of the entry that the list goes on behind, in its order.
    pub behind: Option<(WallTime, i64)>,
    /// Which page of the list.
    pub page: PageRequest,
}

/// The two kinds of entries, each kept for a time of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditKind {
    /// Executions, logins and refused logins: as many as there is traffic.
    Executions,
    /// Who changed what: all other entries.
    Changes,
}

impl AuditKind {
    /// The kind's word in records and settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Changes => "changes",
        }
    }
}

/// What was removed of one kind on one day, as the store tells it, and whether that can be believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRemoval {
    /// The word of the [`AuditKind`] whose entries were removed.
    pub kind: String,
    /// The record's number among those of its kind, from 1 on, without gaps.
    pub number: i64,
    /// Start of the day (UTC) on which the entries were removed.
    pub day: WallTime,
    /// How many entries were removed on that day.
    pub entries: u64,
    /// Time of the latest entry that was removed.
    pub until: WallTime,
    /// SHA-256 in hexadecimal digits, over all entries of the kind that were ever removed, this day's
    /// included: of the digest before (32 zero bytes at first) and the entry, for each entry. Of an entry
    /// these are taken in turn: seq, at, actor, action, entity_type, entity_id, detail, numbers as decimal
    /// digits, each text after its length in bytes as eight bytes, the highest first.
    pub digest: String,
    /// What is wrong: the record isn't as it was sealed, or one before it is missing.
    pub fault: Option<String>,
}
