//! Where a connection leads.

use super::Loss;
use std::fmt;
use std::net::IpAddr;
use url::Url;

/// What calls must have in common to share connections.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Origin {
    pub(super) secure: bool,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// A host as URLs name it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Origin {
    pub(super) fn of(url: &Url) -> Result<Self, Loss> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            scheme => return Err(Loss::never_sent(format!("the scheme {scheme} isn't HTTP"))),
        };
        let host = match url.host() {
            Some(url::Host::Domain(name)) => Host::Name(name.to_owned()),
            Some(url::Host::Ipv4(ip)) => Host::Address(ip.into()),
            Some(url::Host::Ipv6(ip)) => Host::Address(ip.into()),
            None => return Err(Loss::never_sent("the URL has no host".to_owned())),
        };
        let port = url.port_or_known_default();
        let port = port.ok_or_else(|| Loss::never_sent("the URL has no port".to_owned()))?;
        Ok(Self { secure, host, port })
    }

    /// Host and port as `Host` and `:authority` carry them.
    pub(super) fn authority(&self) -> String {
        match self.port {
            443 if self.secure => self.host.to_string(),
            80 if !self.secure => self.host.to_string(),
            port => format!("{}:{port}", self.host),
        }
    }
}

impl Host {
    pub(super) fn as_url_has_it(&self) -> url::Host<&str> {
        match self {
            Self::Name(name) => url::Host::Domain(name),
            Self::Address(IpAddr::V4(ip)) => url::Host::Ipv4(*ip),
            Self::Address(IpAddr::V6(ip)) => url::Host::Ipv6(*ip),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(ip)) => ip.fmt(f),
            Self::Address(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}
