//! Where a call of a web-service action may go.
//!
//! *Decides* whether a URL, a resolved address or a redirect is allowed, from one [`Policy`] per
//! integration. *Doesn't decide* what is sent, nor whether a certificate is good: that is TLS.
//!
//! In: a policy, then URLs. Out: a [`reqwest::ClientBuilder`] that reaches nothing else, or a
//! [`Refused`] that says which setting would allow it.
//!
//! How it holds, by name; tested in `tests/guard.rs` (sockets) and `tests/forms.rs` (properties):
//! - **What is checked is what is used.** Hosts are read by the URL parser that the client itself uses,
//!   so decimal, octal, hexadecimal and shortened addresses, percent signs and other scripts can't mean
//!   one thing here and another there.
//! - **No time between check and use.** Names are resolved once, inside the client, by a resolver that
//!   checks the answer and hands exactly those addresses to the socket ([`Guard::configure`]). A name that
//!   changes its mind afterwards changes nothing.
//! - **All or none.** A name with one forbidden address is refused whole: the good ones may be bait.
//! - **Every face counts.** An IPv6 address that carries an IPv4 address (mapped, 6to4, NAT64, ISATAP) is
//!   refused if the carried one is.
//! - **Redirects are calls.** Each is checked as the first URL was, at most a given number follow, none
//!   leads from `https` to `http`.
//! - **Metadata services stay out of reach**, also where their network is allowed: only a network of
//!   exactly their address allows them.
//!
//! The rules ([`Policy`], [`Class`], [`Network`]) are pure: no clock, socket or task.

mod address;
mod client;
mod host;
mod network;
mod policy;
mod refused;
mod scheme;

pub use address::{Class, faces};
pub use client::{Guard, Lookup, SystemLookup, refusal};
pub use host::HostPattern;
pub use network::Network;
pub use policy::Policy;
pub use refused::{BadRule, Refused};
pub use scheme::{Ports, Scheme};
