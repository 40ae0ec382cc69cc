//! What outlives the process: definitions, callers, sealed secrets, usage and the audit log.
//!
//! *Decides* what is durable, unique, current and sealed. *Decides nothing* about who may do what, what
//! an action means or which fields a credential type has: it keeps, and gives back equal.
//!
//! In: a [`StoreUrl`] and a [`KeyRing`], then calls of [`Store`]. Out: values, or one
//! [`StoreError`]. One set of SQL runs on SQLite (embedded) and PostgreSQL; what differs between them
//! is a connection and a few words of DDL.
//!
//! Invariants, and where they are tested:
//! - *acknowledged is durable*, *all or nothing*: `tests/crash.rs` kills writers and servers,
//!   `tests/full_disk.rs` fills the disk;
//! - *a stale update changes nothing*, *names are unique*, *a page is one snapshot*, *publishing has
//!   one point*, *no change without its audit entry*: `tests/conformance`, on both back-ends;
//! - *a sealed value opens only in its place*, *no secret in the file*: `seal`, `tests/conformance`;
//! - *a schema is only what this program wrote*: `store/tests.rs`.

pub mod limits;

mod backend;
mod error;
mod figures;
mod hash;
mod id;
mod invalid;
mod migrate;
mod open_error;
mod proof;
mod seal;
mod seam;
mod sql;
mod store;

pub use backend::{Bounds, StoreUrl};
pub use error::{Entity, StoreError, StoreResult};
pub use figures::StoreFigures;
pub use hash::random_secret;
pub use id::{EntityId, Version};
pub use invalid::Invalid;
pub use open_error::OpenError;
pub use seal::{KeyError, KeyId, KeyRing, KeyUse, Rotation};
pub use seam::*;
pub use sql::{Editable, Record};
pub use store::Store;

/// So that tests within the crate can use what its other tests share.
#[cfg(test)]
extern crate self as tollgate_store;
