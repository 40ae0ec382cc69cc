//! Serving a connection until it has to end.

use crate::answer::Counted;
use crate::connection::{Connection, Due, Places};
use crate::stream::Watched;
use crate::{Answer, Answers, Bounds, Entry, Peer, Phase};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tollgate_certificates::names;

/// Bytes that a connection buffers each way. A request's head has to fit.
pub const BUFFER: usize = 64 * 1024;
/// Bytes of request bodies that an HTTP/2 caller may send on one connection before handlers have read the
/// bytes sent earlier.
pub const CONNECTION_WINDOW: u32 = 128 * 1024;
/// Bytes of one request's body that an HTTP/2 caller may send before its handler has read the earlier ones.
const STREAM_WINDOW: u32 = 64 * 1024;
/// The most bytes of an HTTP/2 request's head.
const HEADER_LIST: u32 = 32 * 1024;

/// A connection that is on the table and has a place. It is taken off and the place given back when the
/// connection's task ends, by a panic too.
pub(crate) struct Placed {
    known: Arc<Connection>,
    _place: OwnedSemaphorePermit,
}

impl Placed {
    /// Puts a connection on the table. That is done before its task begins, so that it can lose its place from then
    /// on, however late its task has its turn.
    pub(crate) fn enter(places: &Arc<Places>, place: OwnedSemaphorePermit) -> Self {
        Self {
            known: places.enter(|number| Connection::new(number, Arc::clone(places))),
            _place: place,
        }
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        self.known.places.leave(&self.known);
    }
}

/// Answers on one connection until it ends.
pub(crate) async fn serve<B: Answer>(
    stream: TcpStream,
    entry: Entry,
    mut phase: watch::Receiver<Phase>,
    service: impl Answers<B>,
    placed: Placed,
) {
    let known = &placed.known;
    let address = stream.peer_addr().ok().map(|peer| peer.ip());
    let mut peer = Peer::at(address);
    let stream = Watched::new(stream, Arc::clone(known));
    let bounds = entry.bounds;
    match entry.tls {
        None => {
            let service = Counted::new(service, Arc::clone(known), peer);
            answer(stream, bounds, phase, service, known).await;
        }
        Some(tls) => {
            let whose = (&**known, peer.address);
            let shaken = shake_hands(tls.acceptor(), stream, &bounds, &mut phase, whose);
            let Some(stream) = shaken.await else { return };
            let chain = stream.get_ref().1.peer_certificates();
            let own = chain.and_then(|chain| chain.first());
            peer.is_secured = true;
            peer.certificate_names = own.map(names).unwrap_or_default().into();
            let service = Counted::new(service, Arc::clone(known), peer);
            answer(stream, bounds, phase, service, known).await;
        }
    }
}

/// The connection once TLS is agreed upon; none if that takes too long, or the connection has to end.
async fn shake_hands(
    acceptor: TlsAcceptor,
    stream: Watched,
    bounds: &Bounds,
    phase: &mut watch::Receiver<Phase>,
    (known, address): (&Connection, IpAddr),
) -> Option<TlsStream<Watched>> {
    let due = known.due(bounds).map(Due::at);
    tokio::select! {
        // An error is the other side's: it speaks no TLS, or has no certificate that is trusted. It is told so.
        accepted = acceptor.accept(stream) => accepted
            .inspect_err(|error| tracing::debug!(%address, %error, "no TLS with a caller"))
            .ok(),
        () = sleep_until(due.unwrap_or_else(Instant::now)) => None,
        () = known.told_to_end() => None,
        _ = phase.changed() => None,
    }
}

/// Answers the requests on a stream until it ends.
async fn answer<S: Answers<B>, B: Answer>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    bounds: Bounds,
    mut phase: watch::Receiver<Phase>,
    service: Counted<S, B>,
    known: &Connection,
) {
    let builder = builder(&bounds);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut timer = pin!(sleep_until(Instant::now()));
    let mut closing = None;
    loop {
        let served = poll_fn(|context| {
            // Errors are the other side's: it went away, or was dropped on purpose.
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(true);
            }
            // Whatever changes `due` happens within the poll above, or wakes this task.
            let due = closing.or_else(|| known.due(&bounds));
            let Some(due) = due else {
                return Poll::Pending;
            };
            if timer.deadline() != due.at() {
                timer.as_mut().reset(due.at());
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            match due {
                Due::Cut(_) => Poll::Ready(true),
                Due::Close(at) => {
                    closing = Some(Due::Cut(at + bounds.header_timeout));
                    Poll::Ready(false)
                }
            }
        });
        tokio::select! {
            over = served => {
                if over {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
            () = known.told_to_end() => if known.has_to_end() {
                return;
            },
            changed = phase.changed() => match (changed, *phase.borrow()) {
                (Ok(()), Phase::Draining) => connection.as_mut().graceful_shutdown(),
                (Ok(()), Phase::Open) => {}
                (Ok(()), Phase::Gone) | (Err(_), _) => return,
            },
        }
    }
}

fn builder(bounds: &Bounds) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `Connection::due` has a bound for the head and another for idleness.
        .header_read_timeout(None)
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(bounds.ping_interval)
        .keep_alive_timeout(bounds.header_timeout)
        .max_concurrent_streams(bounds.max_streams)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_header_list_size(HEADER_LIST)
        .max_send_buf_size(BUFFER);
    builder
}
