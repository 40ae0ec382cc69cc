//! One small value for each organisation that all nodes share: read it with its revision, swap it if the revision
//! is unchanged, hear that it has changed, and know which history of which server it comes from.
//!
//! *Decides* what a swap is, and whether a swap that was made outlives the server. *Decides nothing* about what the
//! value means, nor when it is read: `tollgate_lease` says what the bytes are, `cluster` asks.
//!
//! In: a [`CoordinationUrl`] and an organisation. Out: a [`CoordinationStore`], on PostgreSQL, on Redis or in memory.
//!
//! # What is promised
//! - *Of several swaps that expect one revision, at most one is made*, and each raises the revision by one.
//! - *Revisions of two histories of a value don't meet*: the first one is drawn at random whenever there is no value. So a
//!   swap that was prepared before the value was lost isn't made to the value that came after.
//! - *A value and the server it is from are told together* ([`Found`]); no value comes from a standby.
//! - *Nothing waits longer than [`BOUND`]*, whatever the server does: one that is slow, away or stopped is an error
//!   by then. Whether a swap was made that has ended in an error is told by [`CoordinationError::is_in_doubt`] and
//!   found out by reading.
//! - *The server's clock is never asked.* Nothing expires.
//!
//! # What isn't
//! That a server forgets nothing. One that is wiped, restored or promoted has another [`ServerIncarnation`] (or the
//! value is missing, or has a lower revision): then its users trust nothing that it says of the past. And a server
//! whose place another has taken without its knowing goes on to answer those who are still connected to it.
//! `is_durable` of [`Swap::Done`] is false there if its replicas must confirm writes: Redis is asked for that
//! (`WAIT`), PostgreSQL does so if `synchronous_standby_names` says so.
//!
//! That each change is heard of: a [`Hint`] may be lost, and several may come as one.
//!
//! All three are held to it by one suite, `tests/conformance`, on real servers.

mod error;
mod keeper;
mod memory;
mod open;
mod postgres;
mod redis;
mod store;
mod url;

pub use error::{CoordinationError, UrlError};
pub use memory::{Fault, Memory};
pub use open::open;
pub use store::{
    BOUND, CoordinationStore, Found, Hint, LONGEST_NAME, LONGEST_NOTE, LONGEST_VALUE, Revision,
    ServerIncarnation, Swap,
};
pub use url::CoordinationUrl;
