//! Which addresses a call may go to, asked at the time of the call.
//!
//! *Decides* when a name is resolved and its addresses are checked; the rules themselves are [`Policy`]'s, one
//! for each integration. *Doesn't decide* what is sent, nor whether a certificate is good: that is TLS.
//! Redirects are an answer like any other: nothing here or in the driver follows one.
//!
//! In: a policy, then URLs and names. Out: addresses to connect to, or a [`Refused`] that says which setting
//! would allow it.
//!
//! How it holds, beside what the rules promise (`tollgate_upstream`); tested in `tests/guard.rs` (sockets):
//! - **No time between check and use.** A name is resolved once, by a resolver that checks the answer and hands
//!   exactly those addresses to the socket ([`Guard::resolve_checked`]). A name that changes its mind afterwards
//!   changes nothing.

mod guard;

pub use guard::{Guard, Lookup, SystemLookup};
pub use tollgate_upstream::{Class, Network, Policy, Refused, Scheme};
