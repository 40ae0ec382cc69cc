//! What is promised of token pools, one behaviour a test, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "pools/clients.rs"]
mod clients;
#[path = "pools/endpoint.rs"]
mod endpoint;
#[path = "pools/faults.rs"]
mod faults;
#[path = "pools/growth.rs"]
mod growth;
#[path = "pools/renewal.rs"]
mod renewal;
#[path = "pools/rig.rs"]
mod rig;
