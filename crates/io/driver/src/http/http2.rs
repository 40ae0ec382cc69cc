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

use super::body::{self, Answer, Body};
use super::{Loss, Unsent};
use crate::task::Task;
use crate::{BodyError, Bounds};
use bytes::Bytes;
use futures_util::FutureExt;
use h2::client::{self, SendRequest};
use h2::{PingPong, Reason, RecvStream, SendStream};
use http::{HeaderMap, Request, header};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::Instant;
use tollgate_engine::LossKind;

/// Bytes of one answer's headers that are read and thrown away; past them the connection ends.
const IGNORED_HEADERS: u32 = 1024 * 1024;
/// Stands for the server's bound on requests at once until its SETTINGS come: no SETTINGS can name this number.
const UNTOLD: usize = usize::MAX - 1;
/// Bytes that the server may send before tollgate has read them: of one answer, and of all answers.
const WINDOWS: (u32, u32) = (1024 * 1024, 4 * 1024 * 1024);

/// A connection.
pub(super) struct Http2 {
    requests: SendRequest<Bytes>,
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

/// One request's place on a connection.
pub(super) struct Place {
    connection: Arc<Http2>,
    /// When the attempt is given up for lack of an answer. A request dropped earlier was dropped by its caller.
    give_up: Instant,
    /// Whether the request came to an end, good or bad.
    over: bool,
}

/// An answer whose body is still to come.
pub(super) struct Incoming {
    head: http::response::Parts,
    body: RecvStream,
    /// The rest of the request, where the server answers before it has all.
    upload: Option<Upload>,
    place: Place,
}

type Upload = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Http2 {
    /// Waits for the server's SETTINGS, which say how many requests the server takes at once. `None` if it
    /// takes none.
    pub(super) async fn begin<S>(stream: S, bounds: &Bounds) -> Result<Option<Self>, Loss>
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

    /// A place for one more request, if the connection has one.
    pub(super) fn place(self: &Arc<Self>, bounds: &Bounds, give_up: Instant) -> Option<Place> {
        let most = self.requests.current_max_send_streams();
        let mut load = self.load();
        if load.under_way >= most.min(bounds.streams_per_connection) {
            return None;
        }
        load.under_way += 1;
        Some(Place {
            connection: Arc::clone(self),
            give_up,
            over: false,
        })
    }

    fn load(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends nothing more on it.
    fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.over && Instant::now() >= self.give_up {
            self.connection.retire();
        }
        let mut load = self.connection.load();
        load.under_way -= 1;
        load.idle_since = Instant::now();
    }
}

impl Place {
    /// Sends the request and waits for the answer's head. Dropping the future resets the stream.
    pub(super) async fn send(
        mut self,
        mut request: Request<Bytes>,
        bounds: &Bounds,
    ) -> Result<Incoming, Unsent> {
        let mut requests = self.connection.requests.clone();
        complete(&mut request);
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, ());
        let sent = match poll_fn(|cx| requests.poll_ready(cx)).await {
            Ok(()) => requests.send_request(request, body.is_empty()),
            Err(error) => Err(error),
        };
        let (mut response, stream) = sent.map_err(|error| {
            // No frame of the request has been made.
            if error.is_io() || error.is_go_away() {
                self.connection.retire();
                Unsent::Closed
            } else {
                Loss::never_sent(explain(&error)).into()
            }
        })?;
        let mut upload: Option<Upload> =
            (!body.is_empty()).then(|| Box::pin(send_body(stream, body)) as Upload);
        let proven = self.connection.load().proven;
        let mut interim = 0;
        let most = bounds.max_interim_answers;
        let answered = poll_fn(|cx| {
            advance(&mut upload, cx);
            while let Poll::Ready(Some(told)) = response.poll_informational(cx) {
                told.map_err(|error| lost(&error, proven))?;
                interim += 1;
                if interim > most {
                    return Poll::Ready(Err(body::too_many_interim(most)));
                }
            }
            pin!(&mut response)
                .poll(cx)
                .map_err(|error| lost(&error, proven))
        });
        let answered = answered.await.inspect_err(|loss| {
            self.over = true;
            if loss.kind == LossKind::Unprocessed {
                self.connection.retire();
            }
        });
        let (head, body) = answered?.into_parts();
        self.connection.load().proven = true;
        Ok(Incoming {
            head,
            body,
            upload,
            place: self,
        })
    }
}

impl Incoming {
    pub(super) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Reads the body as it was sent, to its end or to the bound.
    pub(super) async fn read(mut self, most: usize) -> Result<Answer, Loss> {
        let read = self.read_body(most).await;
        self.place.over = true;
        Ok(Answer::new(self.head, read?))
    }

    async fn read_body(&mut self, most: usize) -> Result<Result<Bytes, BodyError>, Loss> {
        let mut read = Body::new(most);
        let (body, upload) = (&mut self.body, &mut self.upload);
        while let Some(data) = poll_fn(|cx| {
            advance(upload, cx);
            body.poll_data(cx)
        })
        .await
        {
            let data = match data {
                Ok(data) => data,
                // The server has answered and needs no more of the request.
                Err(error) if error.reason() == Some(Reason::NO_ERROR) => {
                    let said = self.head.headers.get(header::CONTENT_LENGTH);
                    let said = said.and_then(|said| said.to_str().ok()?.parse().ok());
                    if said == Some(read.len()) {
                        break;
                    }
                    return Err(lost_in_body(&error));
                }
                Err(error) => return Err(lost_in_body(&error)),
            };
            if let Err(error) = read.push(&data) {
                return Ok(Err(error));
            }
            // An error means that the stream has ended.
            let _ = body.flow_control().release_capacity(data.len());
        }
        Ok(Ok(read.end()))
    }
}

/// Sets the version and the length that HTTP/2 needs.
fn complete(request: &mut Request<Bytes>) {
    let length = request.body().len();
    if length > 0 || super::says_length(request.method()) {
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    *request.version_mut() = http::Version::HTTP_2;
}

fn advance(upload: &mut Option<Upload>, cx: &mut std::task::Context<'_>) {
    if let Some(rest) = upload
        && rest.as_mut().poll(cx).is_ready()
    {
        *upload = None;
    }
}

/// Sends the body as the server has room for it. What goes wrong is told by the answer.
async fn send_body(mut stream: SendStream<Bytes>, mut body: Bytes) {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
            return;
        };
        let part = body.split_to(room.min(body.len()));
        if stream.send_data(part, body.is_empty()).is_err() {
            return;
        }
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

/// What an error before the answer's head means.
fn lost(error: &h2::Error, proven: bool) -> Loss {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    let unprocessed = error.is_remote() && (error.is_go_away() || refused);
    Loss {
        kind: if unprocessed {
            LossKind::Unprocessed
        } else if proven && error.is_io() {
            LossKind::Closed
        } else {
            LossKind::NoAnswer
        },
        reason: explain(error),
    }
}

fn lost_in_body(error: &h2::Error) -> Loss {
    Loss::no_answer(format!("the answer broke off: {}", explain(error)))
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
