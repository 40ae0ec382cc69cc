//! What is configured and stored, made live: integrations, actions, workflows and limits.
//!
//! *Decides* what an integration's properties and credentials mean ([`CatalogIntegration`], [`Login`]), which actions and
//! workflows there are ([`Catalog`], [`Workflows`]), which flows a caller may call as ([`Lanes`]), where an
//! integration lies in the engine's tables, and how all of it follows the store ([`Live`]). *Doesn't decide* how
//! a call is carried out (the execution's), when it starts (the engine's), who may change what (the API's), what
//! is durable (the store's), nor which address may be called (the guard's).
//!
//! In: a configuration, its folders ([`Definitions::load`]), and a store. Out: one picture of both that never changes, and the next one
//! when something does. It knows of no HTTP server.
//!
//! Invariants: *a picture is whole*: a request that looks at one sees no half of a change; *a change that was
//! acknowledged is in the next picture*; *one action that can't be read or compiled keeps no other from being
//! served*; *an integration keeps what its limits have counted, whatever its numbers and names become*.
//!
//! Tested beside the code, and over sockets in the service's `tests/stored`.

mod action;
mod catalog;
mod clock;
mod cluster;
mod composites;
mod credential;
mod fault;
mod files;
pub mod guard;
mod integration;
mod lanes;
mod limits;
mod live;
mod load;
mod login;
mod lookup;
mod named;
mod operator;
mod stored;
mod workflow_files;
mod workflow_ref;
mod workflows;

pub use action::{CatalogAction, IDS, auth_id, export, file_integration_id};
pub use catalog::Catalog;
pub use clock::wall_time;
pub use cluster::{cluster_url_field, node_name};
pub use composites::{By, Composite, Composites, InnerCall, InnerCalls, InnerWorkflow};
pub use fault::{Fault, Faults};
pub use integration::{CatalogIntegration, Wiring};
pub use lanes::{EVERY, Lanes, OwnLanes};
pub use limits::{LimitError, LimitRegistry};
pub use live::{FollowState, Follower, Following, Foundation, Live, RefreshError, outlet};
pub use load::{Definitions, store_parts};
pub use login::{Login, grant};
pub use lookup::{LookupError, NameError, NoStore};
pub use operator::{LimitChange, OperatorNumbers, words};
pub use workflow_files::WorkflowFiles;
pub use workflow_ref::WorkflowRef;
pub use workflows::{WorkflowError, Workflows};
