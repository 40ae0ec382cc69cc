//! The HTTP surface: callers log in, list actions and execute them, as on the platform.
//!
//! *Decides* who may call, what a request means, and what an execution's end looks like to its caller.
//! *Doesn't decide* when a call starts or with which token (the engine's), nor what a template means
//! (the action's).
//!
//! # Shape
//!
//! Paths, fields, lists and errors are the platform's, so that its SDKs work against this service
//! through their gateway configuration. Two request headers are ours:
//!
//! - `Tollgate-Flow: NAME`: the flow that calls; without it the default flow.
//! - `Tollgate-Deadline: SPAN` (`1500ms`, `2s`): the latest useful start, from the arrival of the
//!   request; without it the action's timeout. Past it the execution is refused, at once if that is
//!   known already.
//!
//! and one answer header: `Tollgate-Waited: MILLISECONDS`, the time from the call to its first send.
//!
//! # How executions end
//!
//! | end | status | code |
//! |---|---|---|
//! | answered and mapped | 200 | |
//! | the inputs break the contract, or no request can be made of them | 400 | `action.input.invalid`, `action.request.invalid` |
//! | a limit: the deadline can't be met, the queue is full, shed, expired | 429 | the refusal's own |
//! | the upstream answered 4xx or 5xx, or can't be reached, or broke off | 502 | `upstream.error`, `upstream.unreachable`, `upstream.no.answer` |
//! | the upstream's answer can't be mapped | 502 | `action.response.invalid` |
//! | no access token can be had; the service ends | 503 | `no.token`, `draining` |
//! | the action's timeout passed | 504 | `execution.timeout` |
//!
//! A 429 carries `Retry-After` unless the caller's own deadline was what could not be met: a client
//! that waits by itself, as the SDKs do, would then wait for something that is of no use any more.
//!
//! # Bounds
//!
//! Connections, time for a head, time and size of a body, callers' tokens: all in the configuration.
//! Everything behind has its own bounds (the driver's, the engine's).
//!
//! Tested over sockets in `tests/service.rs`, with the vendor's Python SDK in `tests/sdk/`.

mod api;
mod auth;
mod cached;
mod callers;
mod catalog;
mod doc;
mod error;
mod execute;
mod flows;
mod guard;
mod journal;
mod live;
mod meter;
mod page;
mod principal;
mod records;
mod service;
mod steps;

pub use api::openapi_document;
pub use catalog::{Catalog, CatalogError, FileProblem};
pub use service::{Service, StartError, open};
