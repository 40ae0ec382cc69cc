//! Accepts HTTP connections (1.1 and 2, without TLS) within bounds, and drains them.
//!
//! *Decides* how many connections there are at once, how long a request's head may take, and how a
//! server ends. *Doesn't decide* what a request is answered: that is the given service's.
//!
//! **Ending.** [`Listening::drain`] accepts no more, lets each connection finish the requests it has
//! begun, and closes it; what isn't finished in time is dropped. Dropping the handle drops everything
//! at once.
//!
//! TLS is left to the reverse proxy or the sidecar in front, which has the certificates anyway.

use http_body::Body;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Pause after a failed accept (out of file descriptors, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a server takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// How long a caller may take to send a request's head (HTTP/1.1).
    pub header_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
        }
    }
}

/// A running server; ends when dropped.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    places: Arc<Semaphore>,
    all: u32,
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
        Request<Incoming>,
        Response = Response<B>,
        Future: Send + 'static,
        Error: Into<BoxError>,
    > + Clone
    + Send
    + 'static
{
}

impl<S, B> Answers<B> for S where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Future: Send + 'static,
            Error: Into<BoxError>,
        > + Clone
        + Send
        + 'static
{
}

impl Listening {
    /// Listens on `address` (port 0 takes a free one) and answers with `service`.
    ///
    /// # Errors
    /// The address can't be bound.
    pub async fn start<B>(
        address: SocketAddr,
        bounds: Bounds,
        service: impl Answers<B>,
    ) -> std::io::Result<Self>
    where
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let all = u32::try_from(bounds.max_connections.clamp(1, 1 << 20)).unwrap_or(1 << 20);
        let places = Arc::new(Semaphore::new(all as usize));
        let (phase, watched) = watch::channel(Phase::Open);
        tokio::spawn(accept(
            listener,
            bounds,
            Arc::clone(&places),
            watched,
            service,
        ));
        Ok(Self {
            address,
            phase,
            places,
            all,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more and waits until the connections have answered what they had begun, but no
    /// longer than `within`. True if all of them came to their end.
    pub async fn drain(&self, within: Duration) -> bool {
        // An error means that the task and its connections are gone already.
        let _ = self.phase.send(Phase::Draining);
        let all = self.places.acquire_many(self.all);
        tokio::time::timeout(within, all).await.is_ok()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.phase.send(Phase::Gone);
    }
}

async fn accept<B>(
    listener: TcpListener,
    bounds: Bounds,
    places: Arc<Semaphore>,
    mut phase: watch::Receiver<Phase>,
    service: impl Answers<B>,
) where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    loop {
        let accepted = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => {
                let Ok(place) = place else { return };
                tokio::select! {
                    accepted = listener.accept() => accepted.map(|(stream, _)| (stream, place)),
                    _ = phase.changed() => return,
                }
            }
            _ = phase.changed() => return,
        };
        let Ok((stream, place)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Small answers at once; without it a head waits for an ACK.
        let _ = stream.set_nodelay(true);
        let serving = serve(
            TokioIo::new(stream),
            bounds,
            phase.clone(),
            service.clone(),
            place,
        );
        tokio::spawn(serving);
    }
}

/// Answers on one connection until it ends.
async fn serve<B>(
    stream: impl Read + Write + Unpin + Send + 'static,
    bounds: Bounds,
    mut phase: watch::Receiver<Phase>,
    service: impl Answers<B>,
    _place: OwnedSemaphorePermit,
) where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout);
    builder.http2().timer(TokioTimer::new());
    let connection = builder.serve_connection(stream, service);
    tokio::pin!(connection);
    loop {
        // Errors are the other side's: it went away, or was dropped on purpose.
        tokio::select! {
            _ = connection.as_mut() => return,
            changed = phase.changed() => match (changed, *phase.borrow()) {
                (Ok(()), Phase::Draining) => connection.as_mut().graceful_shutdown(),
                (Ok(()), Phase::Open) => {}
                (Ok(()), Phase::Gone) | (Err(_), _) => return,
            },
        }
    }
}
