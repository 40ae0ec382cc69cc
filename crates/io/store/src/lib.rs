//! What outlives the process: definitions, callers, sealed secrets, usage and the audit log.
//!
//! *Decides* what is durable, unique, current and sealed. *Decides nothing* about who may do what, what
//! an action means or which fields a credential type has: it keeps, and gives back equal.
//!
//! In: [`StoreUrl`] and a [`KeyRing`], then calls of the traits of [`Store`]. Out: values, or one
//! [`StoreError`]. One set of SQL runs on SQLite (embedded) and PostgreSQL; what differs between them
//! is a connection and a few words of DDL.

pub mod limits;

mod error;
mod seal;
mod seam;

pub use error::{Entity, Invalid, OpenError, StoreError, StoreResult};
pub use seal::{KeyError, KeyId, KeyUse, Rotation};
pub use seam::*;

/// The traits: `use tollgate_store::prelude::*`.
pub mod prelude {
    pub use crate::seam::{
        Actions, Audit, Clients, Credentials, Flows, Integrations, Meta, Sealing, Store, Tables,
        Tokens, Usage,
    };
}
