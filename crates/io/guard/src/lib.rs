//! An HTTP client that reaches only what a policy allows.
//!
//! *Decides* when a name is resolved and its addresses are checked, and which redirects are followed; the
//! rules themselves are [`Policy`]'s, one for each integration. *Doesn't decide* what is sent, nor whether a
//! certificate is good: that is TLS.
//!
//! In: a policy, then URLs. Out: a [`reqwest::ClientBuilder`] that reaches nothing else, or a
//! [`Refused`] that says which setting would allow it.
//!
//! How it holds, beside what the rules promise (`tollgate_upstream`); tested in `tests/guard.rs` (sockets):
//! - **No time between check and use.** Names are resolved once, inside the client, by a resolver that
//!   checks the answer and hands exactly those addresses to the socket ([`Guard::configure`]). A name that
//!   changes its mind afterwards changes nothing.
//! - **Redirects are calls.** Each is checked as the first URL was, at most a given number follow, none
//!   leads from `https` to `http`.

mod client;

pub use client::{Guard, Lookup, SystemLookup, refusal};
pub use tollgate_upstream::{Class, Network, Policy, Refused, Scheme};
