//! What an integration allows.

use crate::address::{Class, faces};
use crate::host::{HostPattern, normal};
use crate::network::Network;
use crate::refused::Refused;
use crate::scheme::{Ports, Scheme};
use std::fmt;
use std::net::IpAddr;
use url::{Host, Url};

/// What an integration allows. The default: `https` on port 443 to any public address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Schemes.
    pub schemes: Vec<Scheme>,
    /// Hosts; empty means any.
    pub hosts: Vec<HostPattern>,
    /// Ports; empty means each scheme's own.
    pub ports: Vec<Ports>,
    /// Networks that are allowed though they aren't public. A metadata service needs one of its own.
    pub networks: Vec<Network>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            schemes: vec![Scheme::Https],
            hosts: Vec::new(),
            ports: Vec::new(),
            networks: Vec::new(),
        }
    }
}

impl Policy {
    /// Checks a URL before a call, and each redirect's before it is followed: all that can be known of
    /// it without resolving its name.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        let scheme = self.scheme(url)?;
        let host = normal(&url.host().ok_or(Refused::NoHost)?);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo {
                host: host.to_string(),
            });
        }
        self.check_host(&host)?;
        let port = url.port().unwrap_or(scheme.port());
        let allowed = if self.ports.is_empty() {
            port == scheme.port()
        } else {
            self.ports.iter().any(|p| p.contain(port))
        };
        if !allowed {
            return Err(Refused::Port {
                host: host.to_string(),
                port,
            });
        }
        // A client doesn't resolve an address, so this is the only look at it.
        match &host {
            Host::Ipv4(address) => self.check_address(&host, IpAddr::V4(*address)),
            Host::Ipv6(address) => self.check_address(&host, IpAddr::V6(*address)),
            Host::Domain(_) => Ok(()),
        }
    }

    /// Checks what a name resolved to: every address of it.
    ///
    /// # Errors
    /// The name isn't allowed, has no address, or one where calls don't go.
    pub fn check_resolved(&self, name: &str, addresses: &[IpAddr]) -> Result<(), Refused> {
        let host = normal(&Host::Domain(name));
        self.check_host(&host)?;
        if addresses.is_empty() {
            return Err(Refused::NoAddress {
                host: host.to_string(),
            });
        }
        addresses
            .iter()
            .try_for_each(|address| self.check_address(&host, *address))
    }

    fn scheme(&self, url: &Url) -> Result<Scheme, Refused> {
        let found = self
            .schemes
            .iter()
            .copied()
            .find(|s| s.word() == url.scheme());
        found.ok_or_else(|| Refused::Scheme {
            scheme: url.scheme().to_owned(),
            allowed: self
                .schemes
                .iter()
                .map(|s| s.word())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    fn check_host(&self, host: &Host<String>) -> Result<(), Refused> {
        if matches!(host, Host::Domain(name) if name.split('.').any(str::is_empty)) {
            return Err(Refused::NoHost);
        }
        if self.hosts.is_empty() || self.hosts.iter().any(|p| p.matches(host)) {
            return Ok(());
        }
        Err(Refused::Host {
            host: host.to_string(),
        })
    }

    fn check_address(&self, host: &dyn fmt::Display, address: IpAddr) -> Result<(), Refused> {
        for face in faces(address) {
            let class = Class::of(face);
            let allowed = match class {
                Class::Public => true,
                Class::Metadata => self
                    .networks
                    .iter()
                    .any(|n| n.is_single() && n.contains(face)),
                _ => self.networks.iter().any(|n| n.contains(face)),
            };
            if !allowed {
                return Err(Refused::Address {
                    host: host.to_string(),
                    address,
                    class,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &Policy, url: &str) -> Result<(), Refused> {
        policy.check(&Url::parse(url).unwrap())
    }

    #[test]
    fn by_default_only_https_to_public_hosts_on_its_port() {
        let policy = Policy::default();
        assert_eq!(check(&policy, "https://api.example.com/x?y"), Ok(()));
        assert_eq!(check(&policy, "https://8.8.8.8/"), Ok(()));
        assert!(matches!(
            check(&policy, "http://api.example.com/"),
            Err(Refused::Scheme { .. })
        ));
        assert!(matches!(
            check(&policy, "ftp://api.example.com/"),
            Err(Refused::Scheme { .. })
        ));
        assert!(matches!(
            check(&policy, "file:///etc/passwd"),
            Err(Refused::Scheme { .. })
        ));
        assert!(matches!(
            check(&policy, "https://api.example.com:8443/"),
            Err(Refused::Port { port: 8443, .. })
        ));
        assert!(matches!(
            check(&policy, "https://u:hunter2@api.example.com/"),
            Err(Refused::UserInfo { .. })
        ));
        assert!(matches!(
            check(&policy, "https://a..b/"),
            Err(Refused::NoHost)
        ));
    }

    #[test]
    fn a_refusal_shows_no_secret_of_the_url() {
        let refused = check(
            &Policy::default(),
            "https://u:hunter2@api.example.com/path-7?key=k9",
        )
        .unwrap_err();
        let shown = format!("{refused} {refused:?}");
        assert!(
            !["hunter2", "path-7", "k9"]
                .iter()
                .any(|s| shown.contains(s)),
            "{shown}"
        );
    }

    #[test]
    fn lists_allow_what_they_name_and_no_more() {
        let policy = Policy {
            schemes: vec![Scheme::Https, Scheme::Http],
            hosts: ["*.corp.example", "10.1.2.3"]
                .map(|h| h.parse().unwrap())
                .into(),
            ports: ["443", "8000-8999"].map(|p| p.parse().unwrap()).into(),
            networks: vec!["10.1.0.0/16".parse().unwrap()],
        };
        for url in [
            "https://a.corp.example/",
            "http://a.corp.example:8080/",
            "https://10.1.2.3/",
            "https://0xa010203/",
        ] {
            assert_eq!(check(&policy, url), Ok(()), "{url}");
        }
        assert!(matches!(
            check(&policy, "http://a.corp.example/"),
            Err(Refused::Port { port: 80, .. })
        ));
        assert!(matches!(
            check(&policy, "https://10.1.2.4/"),
            Err(Refused::Host { .. })
        ));
        let address =
            |text: &str| policy.check_resolved("a.corp.example", &[text.parse().unwrap()]);
        assert_eq!(address("10.1.9.9"), Ok(()));
        assert_eq!(address("8.8.8.8"), Ok(()));
        assert_eq!(address("::ffff:10.1.9.9"), Ok(()), "the same address");
        assert!(matches!(
            address("10.2.0.1"),
            Err(Refused::Address {
                class: Class::Private,
                ..
            })
        ));
        assert!(matches!(
            policy.check_resolved("other.example", &["8.8.8.8".parse().unwrap()]),
            Err(Refused::Host { .. })
        ));
        assert!(matches!(
            policy.check_resolved("a.corp.example", &[]),
            Err(Refused::NoAddress { .. })
        ));
    }

    #[test]
    fn one_forbidden_address_is_enough() {
        let mixed = ["8.8.8.8", "127.0.0.1"].map(|a| a.parse().unwrap());
        let refused = Policy::default()
            .check_resolved("bait.example", &mixed)
            .unwrap_err();
        assert!(
            matches!(
                refused,
                Refused::Address {
                    class: Class::Loopback,
                    ..
                }
            ),
            "{refused}"
        );
    }

    #[test]
    fn metadata_needs_a_network_of_its_own() {
        let with = |network: &str| Policy {
            networks: vec![network.parse().unwrap()],
            ..Policy::default()
        };
        let metadata = "https://169.254.169.254/";
        assert!(check(&with("169.254.0.0/16"), metadata).is_err());
        assert!(check(&with("169.254.169.254"), metadata).is_ok());
        assert!(check(&with("0.0.0.0/0"), "https://[::ffff:169.254.169.254]/").is_err());
        assert!(check(&with("fc00::/7"), "https://[fd00:ec2::254]/").is_err());
    }
}
