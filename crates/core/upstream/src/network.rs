//! Networks in CIDR form.

use crate::refused::BadRule;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network: `10.1.0.0/16`, `fd12::/48`, or one address, `10.1.2.3`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network {
    first: IpAddr,
    length: u8,
}

impl Network {
    /// Whether the address lies in it. One that is mapped to IPv6 counts as the IPv4 address it is.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => first == masked_v4(address, self.length),
            (IpAddr::V6(first), IpAddr::V6(address)) => first == masked_v6(address, self.length),
            _ => false,
        }
    }

    /// Whether it is one address.
    #[must_use]
    pub fn is_single(self) -> bool {
        self.length == bits(self.first)
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked_v4(address: Ipv4Addr, length: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

fn masked_v6(address: Ipv6Addr, length: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

impl FromStr for Network {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = |why: &str| BadRule::new("network", text, why);
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| bad("is no network such as 10.1.0.0/16 or fd12::/48"))?;
        if address.to_canonical() != address {
            return Err(bad("is an IPv4 network in IPv6 form; write it as IPv4"));
        }
        let length = match length {
            None => bits(address),
            Some(length) => match length.parse() {
                Ok(length) if length <= bits(address) => length,
                _ => return Err(bad("has a length that no network has")),
            },
        };
        let first = match address {
            IpAddr::V4(v4) => IpAddr::V4(masked_v4(v4, length)),
            IpAddr::V6(v6) => IpAddr::V6(masked_v6(v6, length)),
        };
        if first != address {
            return Err(bad(&format!(
                "reaches beyond its length; write {first}/{length}"
            )));
        }
        Ok(Self { first, length })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_what_lies_in_it() {
        for (network, inside, outside) in [
            ("10.1.0.0/16", "10.1.255.255", "10.2.0.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.1.0.0/16", "::ffff:10.1.2.3", "::ffff:10.2.0.1"),
            ("fd12::/48", "fd12::ffff", "fd12:0:1::"),
            ("::/0", "ff00::1", "1.1.1.1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(
                network.contains(inside.parse().unwrap()),
                "{network} {inside}"
            );
            assert!(
                !network.contains(outside.parse().unwrap()),
                "{network} {outside}"
            );
        }
    }

    #[test]
    fn what_is_no_network_says_why() {
        for (text, part) in [
            ("10.1.2.3/16", "write 10.1.0.0/16"),
            ("10.0.0.0/33", "length"),
            ("10.0.0.0/", "length"),
            ("10.0/8", "no network"),
            ("example.com", "no network"),
            ("::ffff:10.0.0.0/104", "as IPv4"),
        ] {
            let error = text.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains(part) && error.contains(text), "{error}");
        }
    }
}
