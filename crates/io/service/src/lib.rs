//! The HTTP surface: callers log in, manage integrations and actions, and execute them, as on the
//! platform.
//!
//! *Decides* who may call and change what (`principal`), what a request means, what an integration's
//! properties and credentials mean, how it logs in (`auth`), and what an execution's end looks like to
//! its caller. *Doesn't decide* when a call starts or with which token (the engine's), what a template
//! means (the action's), what is durable (the store's), nor which address may be called (the guard's).
//!
//! Definitions come from the configuration file and from the store; requests look at one picture of both
//! that never changes (`live`, `catalog`). Every path is in the table of `api`, and described in the
//! document of `api::openapi`.
//!
//! # Shape
//!
//! Paths, fields, lists and errors are the platform's, so that its SDKs work against this service
//! through their gateway configuration. Two request headers are ours:
//!
//! - `Tollgate-Flow: NAME`: the flow that calls, one of the caller's own (`lanes`); without it the
//!   caller's default flow.
//! - `Tollgate-Deadline: SPAN` (`1500ms`, `2s`): the latest useful start, from the arrival of the
//!   request; without it the action's timeout. Past it the execution is refused, at once if that is
//!   known already.
//!
//! and one answer header: `Tollgate-Waited: MILLISECONDS`, the time from the call to its first send.
//!
//! # How executions end
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
//! | the store is busy, full or out of reach | 503 | `store.busy`, `store.full`, `store.unavailable` |
//! | what the store holds can't be read | 500 | `store.corrupt` |
//!
//! # Bounds
//!
//! Connections, time for a head, time, rate and size of a body, how fast answers are taken, callers' tokens:
//! all in the configuration.
//! Everything behind has its own bounds (the driver's, the engine's).
//!
//! Tested over sockets in `tests/service.rs` (the file alone) and `tests/stored` (over a store); with the
//! vendor's SDKs, by schemathesis, by killing it and by searching what it wrote for secrets in
//! `tests/sdk/` of the project.

mod api;
mod callers;
mod doc;
mod ends;
mod error;
mod journal;
mod json;
mod logins;
mod meter;
mod page;
mod principal;
mod service;
mod sweep;
mod watch;

pub use api::openapi_document;
pub use ends::documented_ends;
pub use service::{Service, StartError, open};
pub use tollgate_definitions::{Definitions, Fault, Faults};
