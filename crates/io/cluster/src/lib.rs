//! A node's part in a cluster: it exchanges what it has of the limits for what it needs.
//!
//! `tollgate_lease` decides who has what, and proves it; `tollgate_coordination` keeps the value; the engine holds its parts.
//! This room joins them: one task follows what is asked of each limit, makes an exchange when one is due, and tells the engine
//! what came of it. *It decides nothing* but when to look, and how often it says in the log that the store is away.
//!
//! In: a [`Driver`](tollgate_driver::Driver) whose engine begins with nothing of its shared limits
//! (`Policy::shares_limits`), and a store. Out: leases in the engine, and a [`Status`] for who wants to see it.
//!
//! **What is shared**: each limit of the engine that has a lease, under a key that stays when it is renamed
//! ([`shared`](self)), and how many tokens each client may have. A limit that the engine gets later, with a stored
//! integration, is shared from the next look on; until then nothing passes it.
//!
//! **What is told** ([`notices`](self)): a number that an operator sets at one node is taken over by all, and so is a closing
//! by a 429 of a shared limit, for as long as one node was told.
//!
//! **No call waits for the store.** The task talks to it; calls find what the engine has. While the store is away the engine
//! goes on until its leases end, and is told that they aren't renewed, so that it foretells no start behind that end.

mod closings;
mod cluster;
mod exchange;
mod notices;
mod numbers;
mod setup;
mod shared;
mod status;
mod task;
mod trips;

pub use cluster::Cluster;
pub use numbers::Numbers;
pub use setup::Setup;
pub use status::{Counts, LeaseState, MemberStatus, PartStatus, SharedStatus, Status, Trouble};
