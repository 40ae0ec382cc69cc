//! What can go wrong, as one enum.

use crate::id::{EntityId, Version};
pub(crate) use crate::invalid::Invalid;
use std::fmt;

/// The result of every method of the store.
pub type StoreResult<T> = Result<T, StoreError>;

/// The kinds of things that errors and entries of the audit log are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entity {
    /// An integration.
    Integration,
    /// An upstream credential.
    Credential,
    /// A published action.
    Action,
    /// A draft.
    Draft,
    /// An OAuth client.
    Client,
    /// An access token.
    Token,
    /// A data table.
    Table,
    /// A row of a data table.
    Row,
    /// A workflow.
    Workflow,
    /// A published version of a workflow.
    WorkflowVersion,
    /// The ring of sealing keys.
    Keys,
    /// An execution that is carried out later.
    Job,
    /// What a client brings or takes in its own time.
    Transfer,
}

impl Entity {
    /// The kind's word in the audit log. Words that were written once stay, whatever the kind is called now.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Credential => "credential",
            Self::Action => "action",
            Self::Draft => "draft",
            Self::Client => "client",
            Self::Token => "token",
            Self::Table => "table",
            Self::Row => "row",
            Self::Workflow => "flow",
            Self::WorkflowVersion => "flowVersion",
            Self::Keys => "keys",
            Self::Job => "job",
            Self::Transfer => "transfer",
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "data table",
            Self::Workflow => "workflow",
            Self::WorkflowVersion => "version of a workflow",
            other => other.word(),
        })
    }
}

/// Why nothing was done. No variant carries a secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("no {entity} {id}")]
    NotFound {
        /// The kind of thing that was looked for.
        entity: Entity,
        /// The id or the name that was looked for.
        id: String,
    },
    /// The thing has changed since the caller read it.
    #[error("the {entity} is at version {} by now", current.0)]
    Stale {
        /// The kind of the thing.
        entity: Entity,
        /// The version that the thing has now.
        current: Version,
    },
    /// An id, a name or a key is taken.
    #[error("another {entity} has this {what} already")]
    Conflict {
        /// The kind of thing that has it.
        entity: Entity,
        /// What is taken: `id`, `name`, `key`, `draft`.
        what: &'static str,
    },
    /// Something else refers to the thing.
    #[error("the {entity} is in use by {by} {id}")]
    InUse {
        /// The kind of the thing.
        entity: Entity,
        /// The kind of thing that refers to it.
        by: Entity,
        /// The id of one thing that refers to it, of perhaps several.
        id: EntityId,
    },
    /// The client is the last one that administers everything.
    #[error("no other active client administers everything")]
    LastAdministrator,
    /// The client logs in by another grant than client credentials, which there isn't here.
    #[error("the client's grant is {0}, and only client credentials log in here")]
    OtherGrant(&'static str),
    /// A bound of [`crate::limits`] is reached.
    #[error("no more than {limit} of {entity} fit here")]
    Full {
        /// The kind of thing of which no more fit.
        entity: Entity,
        /// How many fit.
        limit: u64,
    },
    /// The actions and drafts of an integration would have too many bytes of documents.
    #[error(
        "the config and contract of all actions and drafts of an integration have at most {limit} bytes \
         together; shorten or delete some, or put them into another integration"
    )]
    TooLarge {
        /// [`crate::limits::INTEGRATION_BYTES`].
        limit: u64,
    },
    /// A value can't be stored as it is.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The client, secret or token is wrong. The error says no more, on purpose.
    #[error("denied")]
    Denied,
    /// The database, or the place where secrets are hashed, is taken; try again later.
    #[error("busy: waited too long for {what}")]
    Busy {
        /// What was waited for.
        what: &'static str,
    },
    /// The disk is full. Nothing was written; reading works.
    #[error("the disk or the quota of the database is full; nothing was written")]
    DiskFull,
    /// A sealed value that no key of the ring opens, or that was moved or altered.
    #[error("the sealed {what} can't be opened: {why}")]
    Unsealable {
        /// Entity, id and field.
        what: String,
        /// Which key is missing, or that the value is damaged.
        why: String,
    },
    /// The database can't be reached or gave an error of its own.
    #[error("{backend}: {message}")]
    Database {
        /// `sqlite` or `postgres`.
        backend: &'static str,
        /// The database's words.
        message: String,
        /// Whether the connection is lost, so that whether a commit happened isn't known.
        disconnected: bool,
    },
    /// What the database holds isn't what this program wrote.
    #[error("{table}: {why}")]
    Corrupt {
        /// The table, or the part of a row, that is wrong.
        table: &'static str,
        /// How it is wrong.
        why: String,
    },
}

impl StoreError {
    /// Whether an answer would have had too many bytes, so that one of fewer things at once may have few enough.
    pub(crate) fn asks_for_fewer(&self) -> bool {
        matches!(self, Self::Invalid(Invalid { field, .. }) if field == "pageSize")
    }
}
