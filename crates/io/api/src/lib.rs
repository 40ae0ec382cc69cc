//! The HTTP surface: callers log in, manage integrations and actions, and call them, as on the platform.
//!
//! *Decides* what a request means, which role it takes, and how each end is answered ([`documented_ends`]).
//! *Doesn't decide* who calls and what roles they have (the callers'), what there is to call (the definitions'),
//! how a call is carried out (the execution's), when it starts (the engine's), nor what is durable (the store's).
//!
//! In: the [`Parts`] that its handlers share; each takes those that it needs. Out: a [`router`]. Every
//! operation describes itself, and the document of [`openapi_document`] is made of that.
//!
//! # Shape
//!
//! Paths, fields, lists and errors are the platform's, so that its SDKs work against this service
//! through their gateway configuration. Four request headers are ours:
//!
//! - `Tollgate-Flow: NAME`: the flow that calls, one of the caller's own (`lanes`); without it the
//!   caller's default flow.
//! - `Tollgate-Deadline: SPAN` (`1500ms`, `2s`): the latest useful start, from the arrival of the
//!   request; without it the action's timeout. Past it the execution is refused, at once if that is
//!   known already.
//! - `Tollgate-Errors: inline`: each end of a call is answered 200, and fields of one shape say how it ended.
//! - `Tollgate-Callback: URL`: where the end of a job is told (`Prefer: respond-async`).
//!
//! and one answer header: `Tollgate-Waited: MILLISECONDS`, the time from the call to its first send.
//!
//! # How calls end
//!
//! The table is data: `ends`, from which `docs/api.md` is made.
//!
//! A 429 carries `Retry-After` unless the caller's own deadline was what could not be met: a client
//! that waits by itself, as the SDKs do, would then wait for something that is of no use any more.
//!
//! # How changes end
//!
//! | end | status | code |
//! |---|---|---|
//! | done, and seen by the next request to this node | 200, 204 | |
//! | a field is missing or can't be what it is | 400 | `bad.request`, `action.invalid` |
//! | no good token; not allowed; not there | 401, 403, 404 | `bad.credentials`, `missing.permissions`, `not.found` |
//! | another version is there; taken; in use; full | 409 | `version.conflict`, `already.exists`, `in.use`, `limit.reached` |
//! | it is the configuration file's; there is no store | 409 | `managed.by.configuration`, `no.store` |
//! | there are as many jobs as there may be | 429 | `too.many.requests.retry.after` |
//! | the store is busy, full or out of reach | 503 | `store.busy`, `store.full`, `store.unavailable` |
//! | what the store holds can't be read | 500 | `store.corrupt` |
//!
//! Tested over sockets in the service's `tests`, with the vendor's SDKs and by schemathesis in `tests/sdk/` of
//! the project.

mod actions;
mod actor;
mod answers;
mod audience;
mod audit;
mod bodies;
mod cache;
mod caller;
mod changes;
mod clients;
mod closings;
mod cluster;
mod credentials;
mod dashboard;
mod declared;
mod document;
mod drafts;
mod edge;
mod elsewhere;
mod ends;
mod error;
mod events;
mod executed;
mod failures;
mod flows;
mod gate;
mod history;
mod integrations;
mod jobs;
mod journal;
mod json;
mod learned;
mod limits;
mod links;
mod listing;
mod log;
mod log_switch;
mod login;
mod media;
mod metrics;
mod notices;
mod oauth;
mod openapi;
mod operation;
mod organization;
mod overview;
mod packing;
mod page;
mod parts;
mod query;
mod readiness;
mod reload;
mod reloading;
mod request;
mod rights;
mod router;
mod rows;
mod run;
mod slip;
mod state;
mod tables;
mod tags;
mod tokens;
mod types;
mod usage;
mod wire;
mod words;
mod workflows;

pub use audience::Audience;
pub use bodies::Bodies;
pub use edge::{call_id, edge};
pub use elsewhere::Elsewhere;
pub use ends::documented_ends;
pub use error::ApiError;
pub use jobs::JobReport;
pub use journal::Journal;
pub use log_switch::LogSwitch;
pub use notices::Notices;
pub use readiness::{Checked, Finding, Readiness, Standing};
pub use reloading::{NotReloaded, ReloadAnswer, ReloadWish, Reloaded, Reloading};
pub use router::{document as openapi_document, router};
pub use run::flow_and_deadline;
pub use state::{Api, Parts};
pub use workflows::describe;
