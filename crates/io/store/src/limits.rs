//! Every bound of the store, in one place.

use std::time::Duration;

/// Characters of an id.
pub const ID_CHARS: usize = 128;
/// Characters of a name, a category, a type.
pub const NAME_CHARS: usize = 256;
/// Characters of notes and descriptions.
pub const TEXT_CHARS: usize = 16 * 1024;
/// Bytes of one JSON or YAML document.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;
/// Bytes of the documents of one integration's actions and drafts. Every service over the store holds its
/// actions compiled.
pub const INTEGRATION_BYTES: usize = 16 * 1024 * 1024;
/// Entries in a page.
pub const PAGE: u32 = 500;
/// Bytes of one answer of the database, in memory. A page that has more is refused.
pub const ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// How far lists are counted and paged. Further on, a filter leads.
pub const LIST: u32 = 200_000;
/// Changes of definitions that are read at once.
pub const CHANGES: u32 = 1000;
/// Fields of a credential.
pub const CREDENTIAL_FIELDS: usize = 64;
/// Bytes of one field of a credential: room for a certificate chain.
pub const CREDENTIAL_BYTES: usize = 64 * 1024;
/// Attributes and credential references of an integration.
pub const ATTRIBUTES: usize = 64;
/// Grants of a client, and ids in each.
pub const GRANTS: usize = 256;
/// Spans of time that usage is told by in one answer.
pub const USAGE_SPANS: usize = 400;
/// Redirect URIs of a client, and scopes.
pub const CLIENT_TEXTS: usize = 256;
/// Live tokens of a client.
pub const TOKENS_PER_CLIENT: u32 = 1000;
/// Characters of a row's key.
pub const ROW_KEY_CHARS: usize = 256;
/// Rows of a data table.
pub const ROWS_PER_TABLE: u32 = 100_000;
/// Published versions of a workflow.
pub const VERSIONS_PER_WORKFLOW: u32 = 10_000;
/// Flows that a client may call as.
pub const CLIENT_FLOWS: usize = 1000;
/// Entries of one batch: usage, audit, rotation, forgetting.
pub const BATCH: usize = 1000;
/// Entries of the audit log removed in one transaction.
pub const REMOVED_AT_ONCE: usize = 500;
/// Rows of one usage answer.
pub const USAGE_ROWS: usize = 10_000;
/// Wait for a place to hash a secret.
pub const WAIT: Duration = Duration::from_secs(5);
/// Longest time that the migrations of a large store may take.
pub const MIGRATION: Duration = Duration::from_secs(3600);
/// Secrets hashed at once: each takes 19 MiB and one core.
pub const HASHES_AT_ONCE: usize = 2;
/// Secrets waiting for that, or in it.
pub const HASHES_WAITING: usize = 64;
/// Jobs taken at once.
pub const JOBS_AT_ONCE: u32 = 64;
/// Jobs removed in one transaction.
pub const JOBS_REMOVED_AT_ONCE: u32 = 200;
/// What a job counts for beside the bytes of what it was given and has answered.
pub const JOB_BYTES: u64 = 1024;
/// Bytes of what one job is given, or has answered: more than any request or answer has.
pub const JOB_TEXT_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of one piece of a transfer.
pub const PIECE_BYTES: usize = 512 * 1024;
/// Rows of an import that are set aside in one transaction.
pub const ROWS_AT_ONCE: usize = 1000;
/// Rows of a data table that are read in one go; fewer where they are large.
pub const ROWS_READ: u32 = 500;
/// Transfers taken at once.
pub const TRANSFERS_AT_ONCE: u32 = 16;
/// Transfers forgotten in one transaction: each may have a file's worth of pieces.
pub const TRANSFERS_REMOVED_AT_ONCE: u32 = 4;
