//! One HTTP/1.1 connection: one request at a time.
//!
//! A connection is kept only after an answer that was read to its end. Everything else ends the connection:
//! an attempt given up, an answer cut short, too many interim answers. So bytes left unread can never be
//! taken for another call's answer.

use super::body;
use super::gate::Gate;
use super::{Loss, Unsent};
use crate::Bounds;
use crate::clock::LeaveBy;
use crate::request_body::Outgoing;
use crate::task::Task;
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::Instant;
use tollgate_engine::LossKind;

/// How long a connection may take to be ready again after a whole answer.
const SETTLING: Duration = Duration::from_secs(1);

/// A connection that no request is under way on.
#[derive(Debug)]
pub(super) struct Http1 {
    sender: http1::SendRequest<Outgoing>,
    gate: Arc<Gate>,
    /// Moves the bytes; the socket is closed with it.
    _task: Task,
    opened: Instant,
    idle_since: Instant,
    /// Whether the connection has carried a request before.
    reused: bool,
    /// How long the server keeps an unused connection, where it says so.
    kept_for: Option<Duration>,
}

/// An answer whose body is still to come.
pub(super) struct Incoming {
    response: http::Response<hyper::body::Incoming>,
    connection: Http1,
}

impl Http1 {
    pub(super) async fn begin<S>(
        (stream, gate): (S, Arc<Gate>),
        bounds: &Bounds,
    ) -> Result<Self, Loss>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let begun = http1::Builder::new()
            .max_buf_size(bounds.max_response_header_bytes.max(8192))
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, connection) =
            begun.map_err(|error| Loss::never_sent(super::explain(&error)))?;
        let now = Instant::now();
        Ok(Self {
            sender,
            gate,
            // Its error is told to the request that it costs.
            _task: Task::spawn(async move { drop(connection.await) }),
            opened: now,
            idle_since: now,
            reused: false,
            kept_for: None,
        })
    }

    /// Whether a request may be sent on it.
    pub(super) fn is_usable(&self, bounds: &Bounds) -> bool {
        let kept_for = self.kept_for.unwrap_or(Duration::MAX);
        !self.sender.is_closed()
            && self.opened.elapsed() < bounds.connection_max_age
            && self.idle_since.elapsed() < bounds.pool_idle_timeout.min(kept_for)
    }

    /// Sends the request and waits for the answer's head. Dropping the future closes the connection.
    pub(super) async fn send(
        mut self,
        (mut request, by): (Request<Outgoing>, LeaveBy),
        bounds: &Bounds,
    ) -> Result<Incoming, Unsent> {
        let too_many = Arc::new(Notify::new());
        let (most, told, count) = (
            bounds.max_interim_answers,
            Arc::clone(&too_many),
            AtomicU32::new(0),
        );
        hyper::ext::on_informational(&mut request, move |_| {
            if count.fetch_add(1, Ordering::Relaxed) >= most {
                told.notify_one();
            }
        });
        self.gate.next_leaves_by(by);
        let answer = self.sender.try_send_request(request);
        let answer = tokio::select! {
            biased;
            () = too_many.notified() => return Err(body::too_many_interim(most).into()),
            answer = answer => answer,
        };
        match answer {
            Ok(response) => Ok(Incoming {
                response,
                connection: self,
            }),
            Err(mut error) => Err(match error.take_message() {
                _ if self.gate.refusal().is_some() => {
                    let why = self.gate.refusal().unwrap_or_default();
                    Loss::never_sent(why.to_owned()).into()
                }
                // Not a byte of it has been written.
                Some(unsent) => Unsent::Closed(unsent.into_body()),
                None => lost(&error.into_error(), self.reused).into(),
            }),
        }
    }

    /// Waits until the next request may be sent; none if the server closes the connection.
    pub(super) async fn settle(mut self) -> Option<Self> {
        let ready = tokio::time::timeout(SETTLING, self.sender.ready()).await;
        self.idle_since = Instant::now();
        self.reused = true;
        matches!(ready, Ok(Ok(()))).then_some(self)
    }
}

impl Incoming {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next part of the body as it was sent; none at its end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Loss> {
        while let Some(frame) = self.response.body_mut().frame().await {
            let frame = frame.map_err(|error| Loss::no_answer(super::explain(&error)))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Status and headers, and the connection, which is free if the body has come to its end.
    pub(super) fn end(self) -> ((u16, HeaderMap), Http1) {
        let (head, _) = self.response.into_parts();
        let mut connection = self.connection;
        connection.kept_for = kept_for(&head.headers);
        ((head.status.as_u16(), head.headers), connection)
    }
}

/// What an error before the answer's head means.
fn lost(error: &hyper::Error, reused: bool) -> Loss {
    let closed = reused && !error.is_parse() && !error.is_user();
    Loss {
        kind: if closed {
            LossKind::Closed
        } else {
            LossKind::NoAnswer
        },
        reason: super::explain(error),
    }
}

/// How long an unused connection may be kept: one second less than the server says (`Keep-Alive: timeout=5`),
/// so that no request is on its way when the server closes the connection.
fn kept_for(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("keep-alive")?.to_str().ok()?;
    let timeout = text.split(',').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then_some(value)
    })?;
    let seconds: u64 = timeout.trim().trim_matches('"').parse().ok()?;
    Some(Duration::from_secs(seconds).saturating_sub(Duration::from_secs(1)))
}

/// Sets what HTTP/1.1 needs and the request hasn't. The length of a body that isn't empty is `hyper`'s to set.
pub(super) fn complete(
    request: &mut Request<()>,
    length: Option<u64>,
    authority: http::HeaderValue,
) {
    let says_zero = length == Some(0) && super::says_length(request.method());
    let headers = request.headers_mut();
    headers.entry(header::HOST).or_insert(authority);
    if says_zero {
        headers.insert(header::CONTENT_LENGTH, 0.into());
    }
}
