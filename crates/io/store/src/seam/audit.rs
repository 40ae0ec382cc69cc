//! The audit log: append-only, written in the transaction of what it tells.

use super::{By, JsonText, PageRequest, WallTime};

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

/// The two kinds of entries, each kept for a time of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditKind {
    /// Executions, logins and refused logins: as many as there is traffic.
    Executions,
    /// Everything else: who changed what.
    Changes,
}

impl AuditKind {
    /// The word for it.
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
    /// Of which kind.
    pub kind: String,
    /// Its number among those of its kind, from 1 on.
    pub number: i64,
    /// Start of the day (UTC).
    pub day: WallTime,
    /// Entries removed on that day.
    pub entries: u64,
    /// Time of the latest entry removed.
    pub until: WallTime,
    /// SHA-256 in hexadecimal digits, over all entries of the kind that were ever removed, this day's
    /// included: of the digest before (32 zero bytes at first) and the entry, for each entry. Of an entry
    /// these are taken in turn: seq, at, actor, action, entity_type, entity_id, detail, numbers as decimal
    /// digits, each text after its length in bytes as eight bytes, the highest first.
    pub digest: String,
    /// What is wrong: the record isn't as it was sealed, or one before it is missing.
    pub fault: Option<String>,
}
