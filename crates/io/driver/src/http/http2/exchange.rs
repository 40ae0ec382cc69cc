//! One exchange on an HTTP/2 connection: its place there, the request, and the answer.

use super::{Http2, explain};
use crate::Bounds;
use crate::clock::LeaveBy;
use crate::http::body;
use crate::http::{Loss, Unsent, says_length};
use crate::request_body::Outgoing;
use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use tokio::time::Instant;
use tollgate_engine::LossKind;

/// One request's place on a connection.
pub(in crate::http) struct Place {
    connection: Arc<Http2>,
    /// When the attempt is given up for lack of an answer. A request dropped earlier was dropped by its caller.
    give_up: Instant,
    /// Whether the request came to an end, good or bad.
    over: bool,
}

/// An answer whose body is still to come.
pub(in crate::http) struct Incoming {
    head: http::response::Parts,
    body: RecvStream,
    /// The rest of the request, where the server answers before it has all.
    upload: Option<Upload>,
    /// Bytes of the body that have come.
    read: usize,
    place: Place,
}

/// The rest of a request that is still being sent.
type Upload = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Http2 {
    /// A place for one more request, if the connection has one.
    pub(in crate::http) fn place(
        self: &Arc<Self>,
        bounds: &Bounds,
        give_up: Instant,
    ) -> Option<Place> {
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
    pub(in crate::http) async fn send(
        mut self,
        (request, by): (Request<Outgoing>, LeaveBy),
        bounds: &Bounds,
    ) -> Result<Incoming, Unsent> {
        let mut requests = self.connection.requests.clone();
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, ());
        let ready = poll_fn(|cx| requests.poll_ready(cx)).await;
        let left = by.left().map_err(|why| {
            self.over = true;
            Loss::never_sent(why.to_owned())
        })?;
        let is_alone = self.connection.load().under_way == 1;
        let gate = &self.connection.gate;
        gate.one_more(by.is_leased().then_some(left), is_alone);
        let sent = match ready {
            Ok(()) => requests.send_request(request, body.is_end_stream()),
            Err(error) => Err(error),
        };
        let (mut response, stream) = match sent {
            Ok(begun) => begun,
            // No frame of the request has been made.
            Err(error) if error.is_io() || error.is_go_away() => {
                self.connection.retire();
                return Err(Unsent::Closed(body));
            }
            Err(error) => return Err(Loss::never_sent(explain(&error)).into()),
        };
        let mut upload: Option<Upload> =
            (!body.is_end_stream()).then(|| Box::pin(send_body(stream, body)) as Upload);
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
            read: 0,
            place: self,
        })
    }
}

impl Incoming {
    pub(in crate::http) fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    pub(in crate::http) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The next part of the body as it was sent; none at its end.
    pub(in crate::http) async fn next(&mut self) -> Result<Option<Bytes>, Loss> {
        let (body, upload) = (&mut self.body, &mut self.upload);
        let next = poll_fn(|cx| {
            advance(upload, cx);
            body.poll_data(cx)
        });
        let data = match next.await {
            None => return Ok(None),
            Some(Ok(data)) => data,
            // The server has answered and needs no more of the request.
            Some(Err(error)) if error.reason() == Some(Reason::NO_ERROR) && self.is_whole() => {
                return Ok(None);
            }
            Some(Err(error)) => {
                self.place.over = true;
                return Err(lost_in_body(&error));
            }
        };
        self.read += data.len();
        // An error means that the stream has ended.
        let _ = self.body.flow_control().release_capacity(data.len());
        Ok(Some(data))
    }

    /// Whether as many bytes have come as the answer has said.
    fn is_whole(&self) -> bool {
        let said = self.head.headers.get(header::CONTENT_LENGTH);
        let said = said.and_then(|said| said.to_str().ok()?.parse().ok());
        said == Some(self.read)
    }

    /// Status and headers; the answer has come to its end, or as far as it is wanted.
    pub(in crate::http) fn end(self) -> (u16, HeaderMap) {
        let mut place = self.place;
        place.over = true;
        (self.head.status.as_u16(), self.head.headers)
    }
}

/// Sets the version and the length that HTTP/2 needs.
pub(in crate::http) fn complete(request: &mut Request<()>, length: Option<u64>) {
    if let Some(length) = length
        && (length > 0 || says_length(request.method()))
    {
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
async fn send_body(mut stream: SendStream<Bytes>, mut body: Outgoing) {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            // The server must not take what has come for the whole.
            stream.send_reset(Reason::CANCEL);
            return;
        };
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let is_last = body.is_end_stream();
        while !data.is_empty() {
            stream.reserve_capacity(data.len());
            let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
                return;
            };
            let part = data.split_to(room.min(data.len()));
            let is_end = is_last && data.is_empty();
            if stream.send_data(part, is_end).is_err() || is_end {
                return;
            }
        }
    }
    // An error means that the stream has ended.
    let _ = stream.send_data(Bytes::new(), true);
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
