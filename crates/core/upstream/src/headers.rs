//! Headers that are the connection's to set.

/// The headers that the connection itself sets, in lower case. A request that brought them could be split in
/// two, or, with `Host`, reach another service behind the address that was checked.
pub const CONNECTION_HEADERS: [&str; 14] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Whether a header of this name, in letters of either case, is the connection's to set.
#[must_use]
pub fn is_connection_header(name: &str) -> bool {
    CONNECTION_HEADERS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}
