//! An HTTP proxy that calls leave through.

use crate::host::{HostPattern, normal};
use crate::network::Network;
use crate::refused::BadRule;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use tollgate_secret::Secret;
use url::{Host, Url};

/// An HTTP proxy that is asked for a tunnel (CONNECT) for each connection, and the hosts that are called without
/// it.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where the proxy is.
    pub address: ProxyAddress,
    /// The user and the password that it asks for.
    pub login: Option<(String, Secret)>,
    /// What is called directly.
    pub exceptions: Vec<Exception>,
}

impl Proxy {
    /// Whether calls to the host leave through the proxy.
    #[must_use]
    pub fn covers(&self, host: &Host<&str>) -> bool {
        let host = normal(host);
        !self.exceptions.iter().any(|it| it.matches(&host))
    }
}

/// Host and port of a proxy, as `http://proxy.example:3128` names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProxyAddress {
    /// Its name or address.
    pub host: Host<String>,
    /// Its port.
    pub port: u16,
}

impl FromStr for ProxyAddress {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        // The text isn't shown where it may hold a password.
        let bad = |text: &str, why: &str| BadRule::new("proxy", text, why);
        let url = Url::parse(text)
            .map_err(|_| bad(text, "is no URL such as http://proxy.example:3128"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad(
                "…",
                "names a user; write proxy_user and proxy_password_env",
            ));
        }
        if url.scheme() != "http" {
            return Err(bad(
                text,
                "is not asked over http; TLS to the proxy itself is not spoken",
            ));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(bad(text, "has more than a host and a port"));
        }
        let host = url.host().ok_or_else(|| bad(text, "has no host"))?;
        Ok(Self {
            host: normal(&host),
            port: url.port_or_known_default().unwrap_or(80),
        })
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A host that is called without the proxy: a name (`crm.internal`), all names below one (`*.internal`), or the
/// addresses of a network (`10.0.0.0/8`) where a URL has an address in the place of a name. Names aren't looked up
/// to be compared with networks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exception {
    /// One name, or those below one.
    Host(HostPattern),
    /// Addresses.
    Network(Network),
}

impl Exception {
    fn matches(&self, host: &Host<String>) -> bool {
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        };
        match (self, address) {
            (Self::Host(pattern), _) => pattern.matches(host),
            (Self::Network(network), Some(address)) => network.contains(address),
            (Self::Network(_), None) => false,
        }
    }
}

impl FromStr for Exception {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        text.parse().map(Self::Host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_names_and_addresses_as_urls_have_them() {
        let exceptions = [
            "10.0.0.0/8",
            "*.internal",
            "crm.example.com",
            "fd00::/8",
            "192.0.2.7",
        ];
        let proxy = Proxy {
            address: "http://proxy.example:3128".parse().unwrap(),
            login: None,
            exceptions: exceptions.iter().map(|it| it.parse().unwrap()).collect(),
        };
        for (host, covered) in [
            ("10.1.2.3", false),
            ("[::ffff:10.1.2.3]", false),
            ("11.1.2.3", true),
            ("a.internal", false),
            ("A.B.INTERNAL.", false),
            ("internal", true),
            ("notinternal", true),
            ("crm.example.com", false),
            ("x.crm.example.com", true),
            ("[fd00::1]", false),
            ("[fe80::1]", true),
            ("192.0.2.7", false),
            ("192.0.2.8", true),
            ("10.example.com", true),
        ] {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            assert_eq!(proxy.covers(&url.host().unwrap()), covered, "{host}");
        }
    }

    #[test]
    fn an_address_is_a_host_and_a_port_and_shows_no_password() {
        let good = |text: &str| text.parse::<ProxyAddress>().map(|it| it.to_string());
        assert_eq!(
            good("http://Proxy.Example:3128").unwrap(),
            "proxy.example:3128"
        );
        assert_eq!(good("http://[::1]").unwrap(), "[::1]:80");
        for bad in [
            "proxy:3128",
            "https://proxy",
            "socks5://proxy",
            "http://proxy/path",
            "http://proxy/?q",
            "http://u:hunter2@proxy",
            "",
        ] {
            let error = bad.parse::<ProxyAddress>().unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
