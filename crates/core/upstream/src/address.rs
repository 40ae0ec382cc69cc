//! What kind of place an address is. Sources: IANA's special-purpose address registries for IPv4 and
//! IPv6, and the cloud providers' pages for their metadata services.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of an address. Everything but [`Class::Public`] is refused unless a network allows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Anywhere on the Internet.
    Public,
    /// This machine.
    Loopback,
    /// "This network", or no address at all.
    Unspecified,
    /// A private network (10/8, 172.16/12, 192.168/16), local translation, or IPv6 site-local.
    Private,
    /// IPv6 unique-local (fc00::/7).
    UniqueLocal,
    /// The link only.
    LinkLocal,
    /// Behind a carrier's translation (100.64/10).
    Shared,
    /// Many receivers, or all.
    Multicast,
    /// A service that gives cloud credentials to whoever asks.
    Metadata,
    /// Documentation, benchmarks, protocol assignments, and what nobody has been given.
    Reserved,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Unspecified => "unspecified",
            Self::Private => "private",
            Self::UniqueLocal => "unique-local",
            Self::LinkLocal => "link-local",
            Self::Shared => "carrier-shared",
            Self::Multicast => "multicast",
            Self::Metadata => "cloud metadata",
            Self::Reserved => "reserved",
        })
    }
}

impl Class {
    /// The kind of this address itself, whatever it may carry: see [`faces`].
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }
}

/// AWS, Azure and GCP; ECS tasks; EKS pods; Alibaba; Azure's wire server; Oracle.
const METADATA_V4: [[u8; 4]; 6] = [
    [169, 254, 169, 254],
    [169, 254, 170, 2],
    [169, 254, 170, 23],
    [100, 100, 100, 200],
    [168, 63, 129, 16],
    [192, 0, 0, 192],
];

/// AWS, EKS pods, GCP.
const METADATA_V6: [[u16; 8]; 3] = [
    [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
    [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23],
    [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254],
];

fn of_v4(address: Ipv4Addr) -> Class {
    let octets = address.octets();
    if METADATA_V4.contains(&octets) {
        return Class::Metadata;
    }
    match octets {
        [0, ..] => Class::Unspecified,
        [127, ..] => Class::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Private,
        [169, 254, ..] => Class::LinkLocal,
        [100, 64..=127, ..] => Class::Shared,
        [224..=239, ..] | [255, 255, 255, 255] => Class::Multicast,
        // Protocol assignments, three documentation networks, the old 6to4 relay, benchmarks, class E.
        [192, 0, 0 | 2, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [240..=255, ..] => Class::Reserved,
        _ => Class::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Class {
    let segments = address.segments();
    if METADATA_V6.contains(&segments) {
        return Class::Metadata;
    }
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
        // Mapped to IPv4, and translated to it by the well-known prefix: as good as what they carry.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Class::Public,
        // A translation of the local network's own: what it carries, and where, is the network's to know.
        [0x64, 0xff9b, 1, ..] => Class::Private,
        [0xfc00..=0xfdff, ..] => Class::UniqueLocal,
        [0xfe80..=0xfebf, ..] => Class::LinkLocal,
        [0xfec0..=0xfeff, ..] => Class::Private,
        [0xff00..=0xffff, ..] => Class::Multicast,
        // Protocol assignments (Teredo among them), documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Reserved,
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Reserved,
    }
}

/// The address, and those it carries: wherever a packet to it may come out. At most three.
pub fn faces(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    let carried = match address {
        IpAddr::V4(_) => [None, None],
        IpAddr::V6(v6) => carried(v6),
    };
    std::iter::once(address).chain(carried.into_iter().flatten().map(IpAddr::V4))
}

fn carried(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let s = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    let prefix = match s {
        // Compatible (unused since 2006), mapped, translated (SIIT), NAT64.
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 6to4.
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    };
    // ISATAP: any prefix, and an interface id that names an IPv4 address.
    let interface = match s {
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => v4(high, low),
        _ => None,
    };
    [prefix, interface]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_every_network() {
        for (text, class) in [
            ("0.0.0.0", Class::Unspecified),
            ("0.255.255.255", Class::Unspecified),
            ("1.0.0.0", Class::Public),
            ("9.255.255.255", Class::Public),
            ("10.0.0.0", Class::Private),
            ("11.0.0.0", Class::Public),
            ("100.63.255.255", Class::Public),
            ("100.64.0.0", Class::Shared),
            ("100.127.255.255", Class::Shared),
            ("100.128.0.0", Class::Public),
            ("126.255.255.255", Class::Public),
            ("127.0.0.1", Class::Loopback),
            ("127.255.255.255", Class::Loopback),
            ("128.0.0.0", Class::Public),
            ("168.63.129.16", Class::Metadata),
            ("169.253.255.255", Class::Public),
            ("169.254.0.0", Class::LinkLocal),
            ("169.254.169.254", Class::Metadata),
            ("169.255.0.0", Class::Public),
            ("172.15.255.255", Class::Public),
            ("172.16.0.0", Class::Private),
            ("172.31.255.255", Class::Private),
            ("172.32.0.0", Class::Public),
            ("192.0.0.1", Class::Reserved),
            ("192.0.1.0", Class::Public),
            ("192.168.255.255", Class::Private),
            ("192.169.0.0", Class::Public),
            ("198.17.255.255", Class::Public),
            ("198.19.255.255", Class::Reserved),
            ("198.20.0.0", Class::Public),
            ("223.255.255.255", Class::Public),
            ("224.0.0.1", Class::Multicast),
            ("240.0.0.1", Class::Reserved),
            ("255.255.255.255", Class::Multicast),
            ("::", Class::Unspecified),
            ("::1", Class::Loopback),
            ("::2", Class::Reserved),
            ("64:ff9b:1::1", Class::Private),
            ("100::1", Class::Reserved),
            ("1fff::1", Class::Reserved),
            ("2000::1", Class::Public),
            ("2001:0:1::", Class::Reserved),
            ("2001:1ff::", Class::Reserved),
            ("2001:200::1", Class::Public),
            ("2001:db8::1", Class::Reserved),
            ("2606:4700::1111", Class::Public),
            ("3fff:fff::1", Class::Reserved),
            ("3fff:1000::1", Class::Public),
            ("4000::1", Class::Reserved),
            ("fbff::1", Class::Reserved),
            ("fc00::1", Class::UniqueLocal),
            ("fd00:ec2::254", Class::Metadata),
            ("fdff::1", Class::UniqueLocal),
            ("fe80::1", Class::LinkLocal),
            ("febf::1", Class::LinkLocal),
            ("fec0::1", Class::Private),
            ("ff02::1", Class::Multicast),
        ] {
            assert_eq!(Class::of(text.parse().unwrap()), class, "{text}");
        }
    }

    #[test]
    fn carried_addresses_are_seen() {
        for (text, carried) in [
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::10.0.0.1", "10.0.0.1"),
            ("::ffff:0:10.0.0.1", "10.0.0.1"),
            ("64:ff9b::10.0.0.1", "10.0.0.1"),
            ("2002:a00:1::", "10.0.0.1"),
            ("2606:4700::200:5efe:a00:1", "10.0.0.1"),
            ("2606:4700::5efe:a00:1", "10.0.0.1"),
        ] {
            let faces: Vec<IpAddr> = faces(text.parse().unwrap()).collect();
            assert!(
                faces.contains(&carried.parse().unwrap()),
                "{text}: {faces:?}"
            );
        }
        assert_eq!(faces("2606:4700::1111".parse().unwrap()).count(), 1);
    }
}
