//! Accepts HTTP connections (1.1 and 2, with TLS or without) within bounds, and drains them.
//!
//! *Decides* how many connections there are at once, how long each may be silent, how slowly its caller
//! may take answers, and how a server ends. *Doesn't decide* what a request is answered: that is the given
//! service's, and so is how long a request's body may take.
//!
//! **A connection is of use or it ends.** Whoever connects has [`Bounds::header_timeout`] for the first
//! request's head, whichever version of HTTP it is, and whether nothing comes, a byte, or an HTTP/2 preface.
//! Between requests a connection may be idle for [`Bounds::idle_timeout`]; the head of a further HTTP/1.1
//! request that has begun has `header_timeout` again. HTTP/2 connections are pinged, so that one whose
//! caller has vanished ends though a request is under way. Answers must be taken: [`STEP`] bytes in
//! [`Bounds::write_timeout`] at the least, on the socket, and for each HTTP/2 stream, whose caller may hold
//! its own window shut.
//!
//! **Memory.** A connection buffers [`BUFFER`] bytes each way. An HTTP/2 connection has at most
//! [`Bounds::max_streams`] requests at once, and may send [`CONNECTION_WINDOW`] bytes that no handler has
//! read. Answers that callers haven't taken yet have a bound in all, [`Bounds::max_untaken_bytes`]: past it
//! the connection that has taken nothing for the longest time is cut.
//!
//! **Full.** There are at most [`Bounds::max_connections`], and never more than half of the descriptors
//! that the process may have ([`raise_descriptor_limit`] raises that), so that the rest is there for
//! upstreams, the store and files. When there is no place, a new connection takes that of one which waits
//! for its caller: of the one that has been waiting for its first request for the longest time, or else of
//! the one that is idle the longest, or else of the one that has been waiting the longest for more of a
//! body, or for its answers to be taken. If all are busy with requests of theirs, the new one is answered
//! 503 and closed. So a flood of callers that don't do their part keeps nobody out who does.
//!
//! **One host.** A request that names no host, several, or one that is none is answered 400 here, whatever the
//! service is (`host`).
//!
//! **Ending.** [`Listener::announce`] goes on accepting, and has each answer over HTTP/1.1 be the last of its connection,
//! so that callers who keep connections come to another server while this one still answers. (Over HTTP/2 the protocol
//! has an orderly end of its own, and the drain uses it.) [`Listener::drain`] accepts no more, lets each connection finish the requests it has
//! begun, and closes it; what isn't finished in time is dropped. Dropping the handle drops everything
//! at once.
//!
//! **TLS** is a matter of each listener ([`Tls`]). A connection whose handshake hasn't ended waits for its first
//! request: it has [`Bounds::header_timeout`] for both together, and is the first to lose its place. Where there
//! is no place, a connection over TLS is closed without an answer. TLS buffers up to 64 KiB more of answers.

mod accept;
mod answer;
mod connection;
mod descriptors;
mod host;
mod request;
mod serve;
mod stream;
mod tls;

pub use answer::Peer;
pub use connection::STEP;
pub use descriptors::{most_connections, raise_descriptor_limit};
pub use request::RequestBody;
pub use serve::{BUFFER, CONNECTION_WINDOW};
pub use tls::{Pem, Tls, TlsError};

use bytes::Bytes;
use connection::Places;
use http_body::Body;
use hyper::service::Service;
use hyper::{Request, Response};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What a server takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once; see the crate's documentation for what happens to further ones.
    pub max_connections: usize,
    /// How long a caller may take to send a request's head, the first one's from the connection's begin on.
    pub header_timeout: Duration,
    /// How long a connection may be without a request.
    pub idle_timeout: Duration,
    /// How long a caller may take for each [`STEP`] bytes of an answer.
    pub write_timeout: Duration,
    /// Pause between two pings of an HTTP/2 connection; one that isn't answered within `header_timeout`
    /// ends the connection.
    pub ping_interval: Duration,
    /// Requests at once on one HTTP/2 connection.
    pub max_streams: u32,
    /// Bytes of answers, in all, that callers haven't taken yet.
    pub max_untaken_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            write_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(20),
            max_streams: 250,
            max_untaken_bytes: 256 * 1024 * 1024,
        }
    }
}

/// A running server; ends when dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    is_secured: bool,
    phase: watch::Sender<Phase>,
    places: Arc<Places>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What holds for each connection of a listener.
#[derive(Clone)]
struct Entry {
    tls: Option<Tls>,
    bounds: Bounds,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Open,
    Draining,
    Gone,
}

type BoxError = Box<dyn Error + Send + Sync>;

/// What answers requests: a hyper service that each connection has a clone of.
pub trait Answers<B>:
    Service<
        Request<RequestBody>,
        Response = Response<B>,
        Future: Send + 'static,
        Error: Into<BoxError>,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S, B> Answers<B> for S where
    S: Service<
            Request<RequestBody>,
            Response = Response<B>,
            Future: Send + 'static,
            Error: Into<BoxError>,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// The body of an answer.
pub trait Answer: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {}

impl<B> Answer for B where B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {}

impl Listener {
    /// Listens on `address` (port 0 takes a free one) without TLS and answers with `service`.
    ///
    /// # Errors
    /// The address can't be bound.
    pub async fn start<B: Answer>(
        address: SocketAddr,
        bounds: Bounds,
        service: impl Answers<B>,
    ) -> std::io::Result<Self> {
        Self::start_secured(address, None, bounds, service).await
    }

    /// Listens on `address` (port 0 takes a free one), with these settings of TLS or without TLS, and answers with
    /// `service`.
    ///
    /// # Errors
    /// The address can't be bound.
    pub async fn start_secured<B: Answer>(
        address: SocketAddr,
        tls: Option<Tls>,
        bounds: Bounds,
        service: impl Answers<B>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let most = bounds.max_connections.min(most_connections());
        let places = Arc::new(Places::new(most, bounds.max_untaken_bytes));
        let (phase, watched) = watch::channel(Phase::Open);
        let is_secured = tls.is_some();
        let entry = Entry { tls, bounds };
        let accepting = accept::accept(listener, entry, Arc::clone(&places), watched, service);
        Ok(Self {
            address,
            is_secured,
            phase,
            places,
            accepting: tokio::spawn(accepting),
        })
    }

    /// The address and port that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server is called: scheme, address and port.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_secured { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Connections that the server takes at once: as many as its bounds say, or as the process's descriptors
    /// allow.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.places.all()
    }

    /// Waits until the server accepts no more connections, because it drains or because the accepting task
    /// has panicked. Must not be called again once it has returned; before, it may be cancelled and repeated.
    pub async fn ended(&mut self) {
        // An error is a panic, which ends the accepting as well.
        let _ = (&mut self.accepting).await;
    }

    /// Accepts as before, and closes each HTTP/1.1 connection after its next answer.
    pub fn announce(&self) {
        self.places.retire();
    }

    /// Accepts no more and waits until the connections have answered what they had begun, but no
    /// longer than `within`. True if all of them came to their end.
    pub async fn drain(&self, within: Duration) -> bool {
        // An error means that the task and its connections are gone already.
        let _ = self.phase.send(Phase::Draining);
        let empty = self.places.empty();
        tokio::time::timeout(within, empty).await.is_ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.phase.send(Phase::Gone);
    }
}
