//! What is settled of an upstream before it is called, as data and rules without a socket.
//!
//! *Decides* whether a URL or a resolved address may be called ([`Policy`]), and says within which [`Bounds`]
//! calls are made, which headers are no call's to set ([`CONNECTION_HEADERS`]), as whom tokens are fetched
//! ([`ClientCredentials`]), which requests a rule speaks of ([`Endpoint`]) and which none opens ([`Closed`]). *Doesn't
//! decide* when a name is
//! resolved (the guard does that, and hands the addresses in), nor how a call is made (the driver's).
//!
//! How the rules hold, by name; tested beside each of them and in `tests/forms.rs` (properties):
//! - **What is checked is what is used.** Hosts are read by the URL parser that the client itself uses,
//!   so decimal, octal, hexadecimal and shortened addresses, percent signs and other scripts can't mean
//!   one thing here and another there.
//! - **All or none.** A name with one forbidden address is refused whole: the good ones may be bait.
//! - **Every face counts.** An IPv6 address that carries an IPv4 address (mapped, 6to4, NAT64, ISATAP) is
//!   refused if the carried one is.
//! - **Metadata services stay out of reach**, also where their network is allowed: only a network of
//!   exactly their address allows them.

mod address;
mod bounds;
mod closed;
mod credentials;
mod endpoint;
mod headers;
mod host;
mod network;
mod path;
mod policy;
mod proxy;
mod refused;
mod scheme;

pub use address::{Class, faces};
pub use bounds::Bounds;
pub use closed::Closed;
pub use credentials::ClientCredentials;
pub use endpoint::{BadEndpoint, Endpoint, METHODS};
pub use headers::{CONNECTION_HEADERS, is_connection_header};
pub use host::HostPattern;
pub use network::Network;
pub use path::{BadPath, RequestPath};
pub use policy::Policy;
pub use proxy::{Exception, Proxy, ProxyAddress};
pub use refused::{BadRule, Refused};
pub use scheme::{Ports, Scheme};
pub use url::Url;
