//! Requests, and what becomes of what a service leaves unread of them.
//!
//! A service may answer an upload before it has read all of it. Over HTTP/2 the stream is then reset, without an
//! error (RFC 9113, 8.1), and the caller may take the reset for the answer's loss: curl 7.88 reports an error of the
//! framing layer in place of the answer, or loses its last byte, where both come together. So what the
//! service leaves unread is read and thrown away, until [`LINGER`] after the answer: a caller that sees the answer
//! and stops its upload has no reset. Over HTTP/1.1 the implementation sees to it.

use crate::connection::Connection;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// How long the rest of an HTTP/2 request is read and thrown away once the request has been answered. The request
/// keeps its place among the connection's streams so long.
const LINGER: Duration = Duration::from_secs(2);

/// A request under way. It ends when the answer's body and the request's body have both been dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) connection: Arc<Connection>,
    pub(crate) request: u64,
    /// Its end tells of the request's, where a part of the request's body is read and thrown away.
    discarding: OnceLock<oneshot::Sender<()>>,
}

impl Running {
    pub(crate) fn begin(connection: &Arc<Connection>, is_http2: bool) -> Self {
        Self {
            request: connection.begin(is_http2),
            connection: Arc::clone(connection),
            discarding: OnceLock::new(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.connection.end(self.request);
    }
}

/// A request's body. While a handler waits for more of it, its connection counts as waiting for its caller.
#[derive(Debug)]
pub struct RequestBody {
    /// There until it is dropped.
    body: Option<Incoming>,
    running: Arc<Running>,
    is_http2: bool,
}

impl RequestBody {
    pub(crate) fn new(body: Incoming, running: Arc<Running>, is_http2: bool) -> Self {
        Self {
            body: Some(body),
            running,
            is_http2,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(body).poll_frame(context);
        let running = &*self.running;
        running
            .connection
            .awaits_body(running.request, frame.is_pending());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.running
            .connection
            .awaits_body(self.running.request, false);
        let unread = self.body.take().filter(|body| !body.is_end_stream());
        if let Some(unread) = unread
            && self.is_http2
            && let Ok(runtime) = Handle::try_current()
        {
            let (discarding, answered) = oneshot::channel();
            runtime.spawn(discard(unread, answered));
            // A request has one body, so there was none before.
            let _ = self.running.discarding.set(discarding);
        }
    }
}

/// Reads a body to its end, for [`LINGER`] after the request's at the most.
async fn discard(mut body: Incoming, answered: oneshot::Receiver<()>) {
    let read = async {
        while let Some(Ok(_)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {}
    };
    let lingered = async {
        // An error is the request's end.
        let _ = answered.await;
        sleep(LINGER).await;
    };
    tokio::select! {
        () = read => {}
        () = lingered => {}
    }
}
