//! Properties: whatever the way of writing an address, the answer is that of the address.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tollgate_upstream::{Class, Network, Policy};
use url::Url;

/// Every network that isn't public, written down independently of the code.
const NOT_PUBLIC: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "168.63.129.16/32",
];

fn is_public(address: Ipv4Addr) -> bool {
    let networks = NOT_PUBLIC.iter().map(|n| n.parse::<Network>().unwrap());
    !networks
        .into_iter()
        .any(|n| n.contains(IpAddr::V4(address)))
}

fn allowed(host: &str) -> bool {
    // What the parser refuses can't be called either.
    Url::parse(&format!("https://{host}/")).is_ok_and(|url| Policy::default().check(&url).is_ok())
}

/// Any address, and often one on an edge of a network.
fn v4() -> impl Strategy<Value = Ipv4Addr> {
    let edge = (0..NOT_PUBLIC.len(), 0_u32..3, any::<bool>()).prop_map(|(n, step, end)| {
        let (first, length) = NOT_PUBLIC[n].split_once('/').unwrap();
        let first = first.parse::<Ipv4Addr>().unwrap().to_bits();
        let size = (1_u64 << (32 - length.parse::<u32>().unwrap())) as u32;
        let at = if end {
            first.wrapping_add(size).wrapping_sub(1)
        } else {
            first
        };
        Ipv4Addr::from_bits(at.wrapping_add(step).wrapping_sub(1))
    });
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from_bits), edge]
}

/// All the ways of writing an IPv4 address that URLs know.
fn written(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let bits = address.to_bits();
    let (low24, low16) = (bits & 0xff_ffff, bits & 0xffff);
    vec![
        address.to_string(),
        format!("{address}."),
        format!("{bits}"),
        format!("{bits:#x}"),
        format!("{bits:#X}"),
        format!("0{bits:o}"),
        format!("{a}.{low24}"),
        format!("{a}.{b}.{low16}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a:#x}.{b}.0{c:o}.{d:#x}"),
        format!("{a:#06x}.{low24:#x}"),
        address.to_string().replace('.', "%2e"),
        address.to_string().replace('.', "\u{3002}"),
        address
            .to_string()
            .chars()
            .map(|c| {
                char::from_u32(c as u32 + 0xfee0)
                    .filter(|_| c.is_ascii_digit())
                    .unwrap_or(c)
            })
            .collect(),
    ]
}

/// All the IPv6 addresses that carry it to the Internet or into the house.
fn carrying(address: Ipv4Addr) -> Vec<Ipv6Addr> {
    let bits = u128::from(address.to_bits());
    let (nat64, six_to_four) = (0x0064_ff9b_u128 << 96, 0x2002_u128 << 112);
    vec![
        address.to_ipv6_mapped(),
        Ipv6Addr::from_bits(nat64 | bits),
        Ipv6Addr::from_bits(six_to_four | bits << 80 | 1),
        Ipv6Addr::from_bits(0x2606_4700_u128 << 96 | 0x5efe_u128 << 32 | bits),
    ]
}

proptest! {
    #[test]
    fn an_address_is_allowed_exactly_if_it_is_public(address in v4()) {
        prop_assert_eq!(Class::of(IpAddr::V4(address)) == Class::Public, is_public(address), "{}", address);
        for host in written(address) {
            prop_assert_eq!(allowed(&host), is_public(address), "{} as {}", address, host);
        }
        for carrier in carrying(address) {
            prop_assert_eq!(allowed(&format!("[{carrier}]")), is_public(address), "{} in {}", address, carrier);
        }
        // These carry it nowhere that is public.
        let bits = u128::from(address.to_bits());
        for carrier in [Ipv6Addr::from_bits(bits), Ipv6Addr::from_bits(0x0064_ff9b_0001_u128 << 80 | bits)] {
            prop_assert!(!allowed(&format!("[{carrier}]")), "{}", carrier);
        }
    }

    #[test]
    fn an_ipv6_address_outside_the_global_range_is_refused(bits in any::<u128>()) {
        let address = Ipv6Addr::from_bits(bits);
        let global = bits >> 125 == 1 || bits >> 32 == 0x0064_ff9b_0000_0000_0000_0000 || bits >> 32 == 0xffff;
        prop_assert!(global || !allowed(&format!("[{address}]")), "{}", address);
    }

    #[test]
    fn no_host_makes_it_panic(host in "\\PC{0,40}") {
        let _ = allowed(&host);
    }
}

#[test]
fn the_written_forms_are_understood_at_all() {
    for host in written(Ipv4Addr::new(8, 8, 8, 8)) {
        assert!(allowed(&host), "{host}");
    }
}

#[test]
fn zones_are_no_way_in() {
    for host in [
        "[fe80::1%eth0]",
        "[fe80::1%25eth0]",
        "[::1%lo]",
        "[::1%25lo]",
    ] {
        assert!(!allowed(host), "{host}");
    }
}
