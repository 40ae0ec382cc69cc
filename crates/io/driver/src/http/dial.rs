//! Opens connections: looks up a name's addresses, connects over TCP and TLS, and lets TLS choose the version of
//! HTTP.

use super::gate::Gated;
use super::origin::{Host, Origin};
use super::{Http1, Http2, Loss, tunnel};
use crate::Bounds;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tollgate_upstream::{Proxy, Refused};

/// How much sooner one address is tried than the next (RFC 8305 recommends 250 ms).
const HEAD_START: Duration = Duration::from_millis(250);

/// How long a name is looked up here that a proxy will look up as well.
const LOOK: Duration = Duration::from_secs(1);

/// The addresses of a name, or why there are none.
pub type Addresses = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, BoxError>> + Send>>;
/// Any error.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Turns names into addresses.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a name, the best first.
    fn resolve(&self, name: String) -> Addresses;
}

/// A connection that has been opened.
pub(super) enum Opened {
    Http1(Http1),
    Http2(Http2),
    /// The server takes no request on it.
    Useless,
}

/// What a connection could not get beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The name has no address.
    Name,
    /// Nobody takes connections at the address, or the proxy opens no tunnel to it.
    Connect,
    /// The handshake: whose certificate it is, who signed it, until when.
    Tls,
}

impl Step {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Tls => "tls",
        }
    }
}

/// Why there is no connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreachable {
    /// What it could not get beyond.
    pub step: Step,
    /// Why, with host and port; nothing else of the URL.
    pub reason: String,
}

impl From<Unreachable> for Loss {
    fn from(unreachable: Unreachable) -> Self {
        Self::never_sent(unreachable.reason)
    }
}

/// How connections are opened.
pub(super) struct Dialer {
    pub(super) tls: Arc<ClientConfig>,
    pub(super) resolver: Option<Arc<dyn Resolve>>,
    pub(super) proxy: Option<Proxy>,
}

impl Dialer {
    /// Opens a connection. The caller bounds how long that may take.
    pub(super) async fn open(&self, origin: &Origin, bounds: &Bounds) -> Result<Opened, Loss> {
        let tcp = Gated::new(self.connect(origin).await?);
        let gate = tcp.gate();
        if !origin.secure {
            return Ok(Opened::Http1(Http1::begin((tcp, gate), bounds).await?));
        }
        let tls = self.secure(origin, tcp).await?;
        match tls.get_ref().1.alpn_protocol() {
            Some(b"h2") => Ok(match Http2::begin((tls, gate), bounds).await? {
                Some(connection) => Opened::Http2(connection),
                None => Opened::Useless,
            }),
            _ => Ok(Opened::Http1(Http1::begin((tls, gate), bounds).await?)),
        }
    }

    /// A tunnel to the origin. The proxy looks the name up; where names are checked, it is looked up here too, and
    /// refused where it leads to an address that may not be called as far as is known here.
    async fn tunnel(&self, proxy: &Proxy, origin: &Origin) -> Result<TcpStream, Unreachable> {
        let place = &proxy.address;
        if let (Host::Name(name), Some(resolver)) = (&origin.host, &self.resolver) {
            let known = tokio::time::timeout(LOOK, resolver.resolve(name.clone()));
            if let Ok(Err(error)) = known.await
                && error.is::<Refused>()
            {
                return Err(Unreachable {
                    step: Step::Name,
                    reason: format!("no address for {name}: {error}"),
                });
            }
        }
        let unreachable = |reason| Unreachable {
            step: Step::Connect,
            reason,
        };
        let failed =
            |error: io::Error| unreachable(format!("can't connect to the proxy {place}: {error}"));
        let addresses = match &place.host {
            url::Host::Domain(name) => {
                let found = tokio::net::lookup_host((name.as_str(), place.port)).await;
                found.map_err(failed)?.collect()
            }
            url::Host::Ipv4(ip) => vec![(*ip, place.port).into()],
            url::Host::Ipv6(ip) => vec![(*ip, place.port).into()],
        };
        let tcp = connect(addresses).await.map_err(failed)?;
        let opened = tunnel::open(tcp, proxy, origin).await;
        opened.map_err(unreachable)
    }

    /// Opens a connection and closes it, all of it within this span.
    pub(super) async fn reach(&self, origin: &Origin, within: Duration) -> Result<(), Unreachable> {
        let end = Instant::now() + within;
        let late = |step| Unreachable {
            step,
            reason: format!(
                "no connection to {}:{} within {within:?}",
                origin.host, origin.port
            ),
        };
        let tcp = match self.proxy_of(origin) {
            Some(proxy) => timeout_at(end, self.tunnel(proxy, origin)).await,
            None => {
                let sockets = timeout_at(end, self.sockets(origin)).await;
                let sockets = sockets.map_err(|_| late(Step::Name))??;
                timeout_at(end, connect_to(origin, sockets)).await
            }
        };
        let tcp = tcp.map_err(|_| late(Step::Connect))??;
        if origin.secure {
            let tls = timeout_at(end, self.secure(origin, tcp)).await;
            tls.map_err(|_| late(Step::Tls))??;
        }
        Ok(())
    }

    async fn connect(&self, origin: &Origin) -> Result<TcpStream, Unreachable> {
        match self.proxy_of(origin) {
            Some(proxy) => self.tunnel(proxy, origin).await,
            None => connect_to(origin, self.sockets(origin).await?).await,
        }
    }

    /// The proxy that leads to the origin, if one is to.
    fn proxy_of(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = self.proxy.as_ref();
        proxy.filter(|proxy| proxy.covers(&origin.host.as_url_has_it()))
    }

    async fn sockets(&self, origin: &Origin) -> Result<Vec<SocketAddr>, Unreachable> {
        let addresses = self.addresses(&origin.host).await;
        let addresses = addresses.map_err(|error| Unreachable {
            step: Step::Name,
            reason: format!("no address for {}: {error}", origin.host),
        })?;
        let sockets = addresses.into_iter().map(|ip| (ip, origin.port).into());
        Ok(sockets.collect())
    }

    async fn secure<S>(&self, origin: &Origin, tcp: S) -> Result<TlsStream<S>, Unreachable>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let failed = |error: &dyn std::fmt::Display| Unreachable {
            step: Step::Tls,
            reason: format!("no TLS with {}:{}: {error}", origin.host, origin.port),
        };
        let name = match &origin.host {
            Host::Address(ip) => ServerName::from(*ip),
            Host::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|error| failed(&error))?
            }
        };
        let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        tls.await.map_err(|error| failed(&error))
    }

    async fn addresses(&self, host: &Host) -> Result<Vec<IpAddr>, BoxError> {
        match (host, &self.resolver) {
            (Host::Address(ip), _) => Ok(vec![*ip]),
            (Host::Name(name), Some(resolver)) => resolver.resolve(name.clone()).await,
            (Host::Name(name), None) => {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            }
        }
    }
}

async fn connect_to(origin: &Origin, sockets: Vec<SocketAddr>) -> Result<TcpStream, Unreachable> {
    connect(sockets).await.map_err(|error| Unreachable {
        step: Step::Connect,
        reason: format!("can't connect to {}:{}: {error}", origin.host, origin.port),
    })
}

/// Connects to the address that answers first, each having a head start on the next.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut addresses = addresses.into_iter();
    let mut tries = FuturesUnordered::new();
    loop {
        let next = addresses.next();
        let more = next.is_some();
        tries.extend(next.map(TcpStream::connect));
        if tries.is_empty() {
            return Err(failure);
        }
        tokio::select! {
            Some(tried) = tries.next() => match tried {
                Ok(stream) => {
                    // An error means that small requests may wait for an acknowledgement.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => failure = error,
            },
            () = tokio::time::sleep(HEAD_START), if more => {}
        }
    }
}
