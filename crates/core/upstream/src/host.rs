//! Hosts: one form for all ways of writing them, and patterns on that form.

use crate::refused::BadRule;
use std::fmt;
use std::str::FromStr;
use url::Host;

/// A host as it is compared: an address, or a name in lower case and ASCII without the root's dot.
pub(crate) fn normal(host: &Host<&str>) -> Host<String> {
    match host {
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
        Host::Domain(name) => {
            Host::Domain(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase())
        }
    }
}

/// A host an integration may call: `api.example.com`, or `*.example.com` for every name below it (not
/// itself), or an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPattern {
    host: Host<String>,
    below: bool,
}

impl HostPattern {
    pub(crate) fn matches(&self, host: &Host<String>) -> bool {
        if !self.below {
            return self.host == *host;
        }
        match (&self.host, host) {
            (Host::Domain(parent), Host::Domain(name)) => name
                .strip_suffix(parent.as_str())
                .is_some_and(|front| front.len() > 1 && front.ends_with('.')),
            _ => false,
        }
    }
}

impl FromStr for HostPattern {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = |why: &str| BadRule::new("host", text, why);
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        if name.contains('*') {
            return Err(bad("may have one *, as its first label"));
        }
        // The parser of URLs: other scripts become ASCII, and 0x7f.1 the address it is.
        let host = Host::parse(name).map_err(|_| bad("is no host"))?;
        let host = match &host {
            Host::Domain(name) => normal(&Host::Domain(name)),
            _ if below => return Err(bad("asks for names below an address")),
            _ => host,
        };
        if matches!(&host, Host::Domain(name) if name.split('.').any(str::is_empty)) {
            return Err(bad("has an empty label"));
        }
        Ok(Self { host, below })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.below { "*." } else { "" }, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, host: &str) -> bool {
        let pattern: HostPattern = pattern.parse().unwrap();
        let host: Host<String> = Host::parse(host).unwrap();
        let host = match &host {
            Host::Domain(name) => normal(&Host::Domain(name)),
            _ => host,
        };
        pattern.matches(&host)
    }

    #[test]
    fn a_pattern_matches_hosts_however_they_are_written() {
        assert!(matches("api.example.com", "API.example.com."));
        assert!(matches("bücher.example", "xn--bcher-kva.example"));
        assert!(matches("*.example.com", "a.b.EXAMPLE.com"));
        assert!(matches("8.8.8.8", "0x08080808"));
        assert!(matches("[2606:4700::1111]", "[2606:4700:0::1111]"));
    }

    #[test]
    fn and_nothing_that_only_looks_like_it() {
        assert!(!matches("*.example.com", "example.com"));
        assert!(!matches("*.example.com", "evilexample.com"));
        assert!(!matches("*.example.com", "example.com.evil.org"));
        assert!(!matches("api.example.com", "x.api.example.com"));
        assert!(!matches("8.8.8.8", "8.8.8.8.example.com"));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for text in [
            "",
            "*",
            "a.*.com",
            "*.*.com",
            "*.10.0.0.1",
            "a b",
            "a..b",
            "a/b",
            "host:80",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
