//! The seam: one trait, what goes in and what comes out of it.
//!
//! [`Store`] is the sum of one trait per room, so that each room's nouns, verbs and promises lie in
//! one short file. All of them are object-safe; the service holds an `Arc<dyn Store>` and imports
//! [`crate::prelude`].
//!
//! What holds for every method:
//! - **Acknowledged means durable.** `Ok` is returned after the commit reached the disk.
//! - **All or nothing.** A method is one transaction, its audit entries included. An error, a
//!   dropped future or a killed process leaves either all of it or nothing.
//! - **`now` is an argument.** The store has no clock; every change carries [`By`]: who, and when.
//! - **Bounded.** Texts, pages, batches and waits have limits, named in [`crate::limits`].

mod action;
mod audit;
mod client;
mod common;
mod credential;
mod flow;
mod integration;
mod journal;
mod meta;
mod query;
mod table;
mod token;
mod usage;

pub use action::{
    Action, ActionBody, ActionQuery, ActionSort, ActionStamp, Actions, Draft, NewAction, Secure,
};
pub use audit::{Audit, AuditEntry, AuditEvent, AuditKind, AuditQuery, AuditRemoval};
pub use client::{
    ClientBody, ClientQuery, ClientSort, ClientState, Clients, Grant, MadeClient, OAuthClient,
    Reach, Role, Tell,
};
pub use common::{Actor, By, EntityId, Expected, JsonText, Version, WallTime};
pub use credential::{
    Credential, CredentialKind, CredentialQuery, CredentialSort, Credentials, NewCredential,
    Sealing,
};
pub use flow::{Flow, FlowBody, FlowQuery, FlowSort, FlowVersion, Flows, NewFlow};
pub use integration::{
    Integration, IntegrationConfig, IntegrationQuery, IntegrationSort, IntegrationUpdate,
    Integrations, IntendedState, NewIntegration,
};
pub use journal::{Batch, Journal};
pub use meta::Meta;
pub use query::{NameFilter, Page, PageRequest, Pages, Sort};
pub use table::{Row, Table, TableBody, TableQuery, TableSort, Tables};
pub use token::{IssuedToken, TokenOwner, Tokens};
pub use usage::{Usage, UsageCounts, UsageDelta, UsageGrain, UsageQuery, UsageRow};

/// Everything durable. See the module for what every method promises.
pub trait Store:
    Meta
    + Integrations
    + Credentials
    + Sealing
    + Actions
    + Clients
    + Tokens
    + Tables
    + Flows
    + Usage
    + Audit
    + Journal
    + Send
    + Sync
{
}

impl<T> Store for T where
    T: Meta
        + Integrations
        + Credentials
        + Sealing
        + Actions
        + Clients
        + Tokens
        + Tables
        + Flows
        + Usage
        + Audit
        + Journal
        + Send
        + Sync
{
}
