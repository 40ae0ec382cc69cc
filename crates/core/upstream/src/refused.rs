//! Why a call may not go there, and which setting would allow it.

use crate::address::Class;
use std::net::IpAddr;

/// A refusal. It names hosts and addresses, never a path, query or credential.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Not a scheme of the integration's.
    #[error("the scheme {scheme} is not allowed; this integration allows {allowed}")]
    Scheme {
        /// Asked for.
        scheme: String,
        /// Allowed ones.
        allowed: String,
    },
    /// User name or password in the URL: they would end up in logs. Headers are for that.
    #[error("the URL for {host} holds a user name or password; use a credential")]
    UserInfo {
        /// The host.
        host: String,
    },
    /// No host, or one with an empty label.
    #[error("the URL has no usable host")]
    NoHost,
    /// Not a host of the integration's.
    #[error("the host {host} is not among the hosts this integration allows")]
    Host {
        /// Asked for.
        host: String,
    },
    /// Not a port of the integration's.
    #[error("port {port} of {host} is not allowed; add it to the ports of this integration")]
    Port {
        /// The host.
        host: String,
        /// Asked for.
        port: u16,
    },
    /// The host is at an address where calls don't go.
    #[error(
        "{host} is at {address}, which is {class}; only a network this integration allows can permit that"
    )]
    Address {
        /// The host.
        host: String,
        /// One of its addresses.
        address: IpAddr,
        /// What that is, or what it carries.
        class: Class,
    },
    /// The name has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
}

/// A rule that can't be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} {text:?} {why}")]
pub struct BadRule {
    /// `host`, `network`, `port` or `scheme`.
    pub kind: &'static str,
    /// As it was written.
    pub text: String,
    /// What is wrong.
    pub why: String,
}

impl BadRule {
    pub(crate) fn new(kind: &'static str, text: &str, why: &str) -> Self {
        Self {
            kind,
            text: text.to_owned(),
            why: why.to_owned(),
        }
    }
}
