//! What goes into the store and comes out of it: data, without SQL.

mod action;
mod audit;
mod changes;
mod client;
mod common;
mod credential;
mod integration;
mod job;
mod journal;
mod query;
mod table;
mod token;
mod transfer;
mod usage;
mod workflow;

pub use action::{
    Action, ActionBody, ActionQuery, ActionSort, ActionStamp, Draft, LOGIN, NewAction,
    SecrecyFilter,
};
pub use audit::{AuditEntry, AuditEvent, AuditKind, AuditQuery, AuditRemoval};
pub use changes::DefinitionChanges;
pub use client::{
    Administers, ClientBody, ClientQuery, ClientSort, ClientState, Grant, GrantType, Handover,
    HeldRole, MadeClient, OAuthClient, Reach, Role,
};
pub use common::{Actor, Author, Expected, JsonText, WallTime};
pub use credential::{
    Credential, CredentialCursor, CredentialKind, CredentialQuery, CredentialSort,
    CredentialUpdate, NewCredential,
};
pub use integration::{
    ConfigurationChange, Integration, IntegrationConfig, IntegrationQuery, IntegrationSort,
    IntegrationUpdate, IntendedState, NewIntegration,
};
pub use job::{
    CallbackState, Claim, ClaimExcept, EndedJob, Job, JobBounds, JobCallback, JobQuery, JobState,
    JobTask, NewJob, TakenJob,
};
pub use journal::Batch;
pub use query::{NameFilter, Page, PageRequest, Pages, Sort};
pub use table::{Row, Table, TableBody, TableQuery, TableSort};
pub use token::{IssuedToken, TokenOwner};
pub use transfer::{
    EndedTransfer, ImportBase, ImportedRows, NewTransfer, TakenTransfer, Transfer, TransferBounds,
    TransferClaim, TransferKind, TransferQuery, TransferState,
};
pub use usage::{UsageCounts, UsageDelta, UsageGrain, UsageQuery, UsageRow};
pub use workflow::{NewWorkflowVersion, PublishedWorkflow, Workflow, WorkflowVersion};
