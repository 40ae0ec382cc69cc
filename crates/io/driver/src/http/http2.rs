//! One HTTP/2 connection: many requests at once.
//!
//! **When a connection is used.** From the server's first SETTINGS on, for as many requests at once as both
//! these SETTINGS and [`Bounds::streams_per_connection`] allow: no request waits in a connection for another
//! to end. A connection on which the server takes no request, or sends no SETTINGS, is not used at all.
//!
//! **When a connection takes no more requests.** When it is older than [`Bounds::connection_max_age`]; when
//! the server said GOAWAY or refused a request; when an attempt on the connection timed out before its answer
//! was whole. Requests under way stay on the connection. When a ping isn't answered in time, the connection
//! ends, and with it all of its requests.
//!
//! **What a request's error means.** The server names the last request that it has taken up when it says
//! GOAWAY, and one that it refuses says so: neither has been processed (RFC 9113, 6.8 and 8.7), and
//! only the server's own word counts as that. Every other error may have come after the request was
//! carried out.
//!
//! An answer is whole when its last frame says so, or its `Content-Length` has been read: one that is
//! reset before, for whatever reason, is not.

mod exchange;

pub(super) use exchange::{Incoming, Place, complete};

use super::Loss;
use super::gate::Gate;
use crate::Bounds;
use crate::task::Task;
use bytes::Bytes;
use futures_util::FutureExt;
use h2::PingPong;
use h2::client::{self, SendRequest};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes of one answer's headers that are read and thrown away; past them the connection ends.
const IGNORED_HEADERS: u32 = 1024 * 1024;
/// Stands for the server's bound on requests at once until its SETTINGS come: no SETTINGS can name this number.
const UNTOLD: usize = usize::MAX - 1;
/// Bytes that the server may send before tollgate has read them: of one answer, and of all answers.
const WINDOWS: (u32, u32) = (1024 * 1024, 4 * 1024 * 1024);

/// A connection.
pub(super) struct Http2 {
    requests: SendRequest<Bytes>,
    gate: Arc<Gate>,
    /// Moves the frames; the socket is closed with it.
    _task: Task,
    opened: Instant,
    load: Mutex<Load>,
    retired: AtomicBool,
}

struct Load {
    under_way: usize,
    idle_since: Instant,
    /// Whether a request on the connection has been answered.
    proven: bool,
}

impl Http2 {
    /// Waits for the server's SETTINGS, which say how many requests the server takes at once. `None` if it
    /// takes none.
    pub(super) async fn begin<S>(
        (stream, gate): (S, Arc<Gate>),
        bounds: &Bounds,
    ) -> Result<Option<Self>, Loss>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let failed = |error: h2::Error| Loss::never_sent(explain(&error));
        let begun = client::Builder::new()
            .enable_push(false)
            .initial_max_send_streams(UNTOLD)
            .max_header_list_size(IGNORED_HEADERS)
            .initial_window_size(WINDOWS.0)
            .initial_connection_window_size(WINDOWS.1)
            .handshake(stream);
        let (mut requests, mut connection) = begun.await.map_err(failed)?;
        let moved = Arc::new(Notify::new());
        let (moves, ends) = (Arc::clone(&moved), Arc::clone(&moved));
        let beat = beat(
            connection.ping_pong(),
            bounds.ping_interval,
            bounds.ping_timeout,
        );
        let task = Task::spawn(async move {
            let frames = poll_fn(move |cx| {
                let polled = Pin::new(&mut connection).poll(cx);
                moves.notify_one();
                polled
            });
            tokio::select! {
                // Its error is told to the requests that it costs.
                _ = frames => {}
                () = beat => {}
            }
            ends.notify_one();
        });
        let most = loop {
            let ready = poll_fn(|cx| requests.poll_ready(cx)).await;
            ready.map_err(failed)?;
            match requests.current_max_send_streams() {
                UNTOLD => moved.notified().await,
                told => break told,
            }
        };
        let now = Instant::now();
        Ok((most > 0).then(|| Self {
            requests,
            gate,
            _task: task,
            opened: now,
            load: Mutex::new(Load {
                under_way: 0,
                idle_since: now,
                proven: false,
            }),
            retired: AtomicBool::new(false),
        }))
    }

    /// Whether further requests may be sent on it, now or once others have ended.
    pub(super) fn is_usable(&self, bounds: &Bounds) -> bool {
        let load = self.load();
        let idle = load.under_way == 0 && load.idle_since.elapsed() >= bounds.pool_idle_timeout;
        drop(load);
        let alive = || {
            let mut requests = self.requests.clone();
            let ready = poll_fn(|cx| requests.poll_ready(cx)).now_or_never();
            !matches!(ready, Some(Err(_)))
        };
        !idle
            && !self.retired.load(Ordering::Relaxed)
            && self.opened.elapsed() < bounds.connection_max_age
            && alive()
    }

    fn load(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends nothing more on it.
    fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }
}

/// Returns when a ping isn't answered in time.
async fn beat(pings: Option<PingPong>, interval: Duration, timeout: Duration) {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(interval).await;
        let pong = tokio::time::timeout(timeout, pings.ping(h2::Ping::opaque()));
        if !matches!(pong.await, Ok(Ok(_))) {
            return;
        }
    }
}

/// The error without what the server says of it, which has no bound.
fn explain(error: &h2::Error) -> String {
    let by = if error.is_remote() {
        "the server"
    } else {
        "this side"
    };
    match error.reason() {
        Some(reason) if error.is_go_away() => {
            format!("{by} ended the HTTP/2 connection: {}", reason.description())
        }
        Some(reason) => format!("{by} reset the HTTP/2 stream: {}", reason.description()),
        None => format!("the HTTP/2 connection: {error}"),
    }
}
