//! The service, assembled: it starts, does what is to be done beside the traffic, and drains.
//!
//! *Decides* in which order the parts are opened, which tasks run beside them (what the store's other nodes
//! change is followed, the journal written, what is old swept out, what is learned of upstreams told), and how
//! the time to drain is shared. *Doesn't decide* what a request means (the API's), how a call is carried out
//! (the execution's), nor what there is to call (the definitions').
//!
//! In: a configuration. Out: a [`Service`] that listens, or a [`StartError`] of which nothing is left bound.
//!
//! Invariants: *nothing listens before all of it is there*; *a node isn't ready before its first tokens, nor from the
//! moment that it is to end* (`pulse`); *a task that dies is told of by name*
//! ([`Service::ended`]); *draining ends in time, whatever hangs* ([`Service::drain`]).
//!
//! Tested over sockets in `tests/service.rs` (the file alone) and `tests/stored` (over a store); with the
//! vendor's SDKs, by schemathesis, by killing it and by searching what it wrote for secrets in
//! `tests/sdk/` of the project.

mod cluster;
mod coordination;
mod current;
mod file_watch;
mod listeners;
mod made;
mod online;
mod outlets;
mod pictures;
mod pulse;
mod reload;
mod renewal;
mod sampling;
mod service;
mod shown;
mod start_error;
mod store;
mod sweep;
mod tasks;
mod watch;

pub use coordination::{coordination_fault, open_coordination};
pub use online::{Failure, Tried, try_online};
pub use pulse::Heart;
pub use service::Service;
pub use start_error::StartError;
pub use store::open;
pub use tollgate_api::{
    LogSwitch, NotReloaded, Reloaded, Reloading, documented_ends, openapi_document,
};
pub use tollgate_definitions::{Definitions, Fault, Faults};
