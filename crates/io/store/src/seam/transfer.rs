//! Transfers: what a client brings or takes in its own time.
//!
//! A transfer is something too large, or too slow, for one request and its answer: a file that a client uploads and
//! that is then worked on, or one that is made and then downloaded. Client and service meet in the store, so that
//! each request may come to another node, and so that a node's death costs nothing but time.
//!
//! | state | of a kind that brings a file | of a kind that makes one | who moves it on |
//! |---|---|---|---|
//! | [`Awaiting`](TransferState::Awaiting) | its file isn't there yet | | [`Store::end_upload`](crate::Store::end_upload) |
//! | [`Ready`](TransferState::Ready) | the file is there; it is worked on, or will be | it is made, or will be | whoever holds the claim |
//! | [`Succeeded`](TransferState::Succeeded) | it is done, the file is gone | the file can be fetched until its link ends | the sweep |
//! | [`Failed`](TransferState::Failed) | the report says why; no file is left | the same | the sweep |
//!
//! What a kind means by its *subject* (a data table's id, a workflow's), its *terms* (what was asked for) and its
//! *report* (how far it is, how it ended) is its own: the store keeps these as they are.

use super::{Actor, Author, JsonText, PageRequest, WallTime};
use crate::id::{EntityId, Version};
use tollgate_secret::Secret;

/// What a transfer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TransferKind {
    /// Rows for a data table, out of a file that a client brings.
    TableImport,
    /// A data table's rows, as a file that a client fetches.
    TableExport,
    /// A workflow that a client brings, to be published.
    WorkflowPublish,
    /// Workflows that are there, to be checked; nothing is to be fetched then.
    WorkflowValidate,
    /// A workflow, as a file that a client fetches.
    WorkflowExport,
}

impl TransferKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::TableImport,
        Self::TableExport,
        Self::WorkflowPublish,
        Self::WorkflowValidate,
        Self::WorkflowExport,
    ];

    /// The kind's word in the store.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::TableImport => "tableImport",
            Self::TableExport => "tableExport",
            Self::WorkflowPublish => "workflowPublish",
            Self::WorkflowValidate => "workflowValidate",
            Self::WorkflowExport => "workflowExport",
        }
    }

    /// Whether the client brings the bytes; otherwise it fetches them.
    #[must_use]
    pub fn is_brought(self) -> bool {
        match self {
            Self::TableImport | Self::WorkflowPublish => true,
            Self::TableExport | Self::WorkflowValidate | Self::WorkflowExport => false,
        }
    }
}

/// How far a transfer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferState {
    /// The client's bytes aren't there yet.
    Awaiting,
    /// It waits to be worked on, or is worked on, or whoever did so has died.
    Ready,
    /// It came to a good end.
    Succeeded,
    /// It came to a bad end, and has changed nothing.
    Failed,
}

impl TransferState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Awaiting, Self::Ready, Self::Succeeded, Self::Failed];

    /// The state's word in the store.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Awaiting => "awaiting",
            Self::Ready => "ready",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// Whether the transfer has come to its end.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// A transfer to be begun.
#[derive(Clone, Debug)]
pub struct NewTransfer {
    /// The id that it will have.
    pub id: EntityId,
    /// What it is for.
    pub kind: TransferKind,
    /// Whose it is: the id of a caller.
    pub caller: String,
    /// What it is about; empty where there is no such thing yet.
    pub subject: String,
    /// What was asked for.
    pub terms: JsonText,
    /// What its link has to tell. Whoever tells it may bring or fetch the bytes, without a token.
    pub secret: Secret,
    /// Until when its link is good.
    pub link_until: WallTime,
    /// When it is forgotten, whatever its state.
    pub keep_until: WallTime,
}

/// A transfer, without its bytes and its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// The id.
    pub id: EntityId,
    /// What it is for.
    pub kind: TransferKind,
    /// Whose it is: the id of a caller.
    pub caller: String,
    /// Who began it, as the audit log names them.
    pub actor: Actor,
    /// What it is about.
    pub subject: String,
    /// What was asked for.
    pub terms: JsonText,
    /// How far it is.
    pub state: TransferState,
    /// What was said of it last.
    pub report: JsonText,
    /// Bytes of it that are kept.
    pub bytes: u64,
    /// How often it was begun to be worked on.
    pub attempts: u32,
    /// When it was begun.
    pub created: WallTime,
    /// When it came to its end.
    pub ended: Option<WallTime>,
    /// Until when its link is good.
    pub link_until: WallTime,
}

/// The right to write to a transfer: as long as nobody else has taken it, or begun its upload, since.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TransferClaim {
    /// The transfer.
    pub transfer: EntityId,
    pub(crate) number: i64,
}

/// A transfer that was taken to be worked on.
#[derive(Clone, Debug)]
pub struct TakenTransfer {
    /// The transfer as it is now.
    pub transfer: Transfer,
    /// The right to write to it.
    pub claim: TransferClaim,
}

/// How a transfer ended.
#[derive(Clone, Debug)]
pub struct EndedTransfer {
    /// Whether the end is a good one.
    pub succeeded: bool,
    /// What is to be said of it from now on.
    pub report: JsonText,
    /// When it ended.
    pub at: WallTime,
    /// Until when what it made can be fetched.
    pub link_until: WallTime,
}

/// How much transfers may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransferBounds {
    /// Transfers of one caller that haven't ended.
    pub open_each: u64,
    /// Transfers of one caller that are kept, ended or not.
    pub kept_each: u64,
    /// Transfers of all callers that are kept, ended or not.
    pub kept: u64,
    /// Bytes of one transfer.
    pub bytes_each: u64,
    /// Bytes of all transfers; may be passed by a piece of each that is just being written.
    pub bytes: u64,
}

/// Which transfers a list has, the latest first; a filter that is `None` lets all pass.
#[derive(Clone, Debug)]
pub struct TransferQuery {
    /// What they are for.
    pub kind: TransferKind,
    /// What they are about.
    pub subject: Option<String>,
    /// Which page of the list.
    pub page: PageRequest,
}

/// What an import was read for.
#[derive(Clone, Debug)]
pub struct ImportBase {
    /// The data table.
    pub table: EntityId,
    /// The table's version when its schema was read.
    pub version: Version,
    /// Whether rows that the file doesn't have are removed.
    pub replaces: bool,
    /// As whom, and when.
    pub by: Author,
}

/// What an import has done to a data table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportedRows {
    /// Rows that were added, or written anew.
    pub written: u64,
    /// Rows that were removed.
    pub deleted: u64,
}
