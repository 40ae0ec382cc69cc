//! Answers, as the connection counts them.
//!
//! An answer's body is handed to the HTTP implementation in steps of [`STEP`] bytes. Bytes that the caller
//! doesn't take then stay here, where they are counted, and not in a buffer of the implementation. The HTTP/2
//! implementation buffers one piece more than the caller's window has room for, and drops the body as soon
//! as it has the last piece. So over HTTP/2 the last byte is a piece by itself: it is handed over only when
//! all bytes before it have been sent.

use crate::connection::{Connection, STEP};
use crate::host::{self, BadHost};
use crate::request::{RequestBody, Running};
use crate::{Answer, Answers, BoxError};
use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::http::Extensions;
use hyper::service::Service;
use hyper::{Request, Response, StatusCode, Version};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Extension of a request: what is known of the connection's other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address; the unspecified one if nobody knows.
    pub address: IpAddr,
    /// The names that its certificate vouches for, if it has shown one of an authority that is trusted.
    pub certificate_names: Arc<[String]>,
    /// Whether the connection is one of TLS.
    pub is_secured: bool,
}

impl Peer {
    pub(crate) fn at(address: Option<IpAddr>) -> Self {
        Self {
            address: address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
            certificate_names: Arc::default(),
            is_secured: false,
        }
    }

    /// The other end of the connection that a request with these extensions came by.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(|| Self::at(None))
    }
}

/// A service whose requests are counted on their connection.
#[derive(Clone)]
pub(crate) struct Counted<S, B> {
    service: S,
    connection: Arc<Connection>,
    peer: Peer,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Counted<S, B> {
    pub(crate) fn new(service: S, connection: Arc<Connection>, peer: Peer) -> Self {
        Self {
            service,
            connection,
            peer,
            body: PhantomData,
        }
    }
}

impl<S: Answers<B>, B: Answer> Service<Request<Incoming>> for Counted<S, B> {
    type Response = Response<AnswerBody<B>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer.clone());
        let is_http2 = request.version() == Version::HTTP_2;
        let running = Arc::new(Running::begin(&self.connection, is_http2));
        if let Err(bad) = host::check(&request) {
            let refused = refuse(bad, running, is_http2);
            return Box::pin(std::future::ready(Ok(refused)));
        }
        let asking = Arc::clone(&running);
        let request = request.map(|body| RequestBody::new(body, asking, is_http2));
        let answer = self.service.call(request);
        Box::pin(async move {
            let mut answer = answer.await.map_err(Into::into)?;
            if !is_http2 && running.connection.places.are_retiring() {
                let headers = answer.headers_mut();
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer.map(|body| AnswerBody::new(body, running, is_http2)))
        })
    }
}

/// The answer to a request that no service sees. Over HTTP/1.1 nothing more is read after such a request.
fn refuse<B: Answer>(
    bad: BadHost,
    running: Arc<Running>,
    is_http2: bool,
) -> Response<AnswerBody<B>> {
    let text = format!(r#"{{"message":"{bad}","code":"bad.request","status":400}}"#);
    let mut answer = Response::new(AnswerBody::text(text, running, is_http2));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if !is_http2 {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// An answer's body, handed over in steps.
pub(crate) struct AnswerBody<B> {
    /// The service's body; none if the answer is ours.
    body: Option<B>,
    /// The part of the body's last frame that hasn't been handed over.
    rest: Bytes,
    running: Arc<Running>,
    is_http2: bool,
}

impl<B: Answer> AnswerBody<B> {
    fn new(body: B, running: Arc<Running>, is_http2: bool) -> Self {
        let bytes = body.size_hint().lower();
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        running.connection.answered(running.request, bytes);
        Self {
            body: Some(body),
            rest: Bytes::new(),
            running,
            is_http2,
        }
    }

    /// A body of ours, short enough to need no step.
    fn text(text: String, running: Arc<Running>, is_http2: bool) -> Self {
        running.connection.answered(running.request, text.len());
        Self {
            body: None,
            rest: Bytes::from(text),
            running,
            is_http2,
        }
    }

    /// Whether the service has no more to give.
    fn is_over(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn next_step(&mut self) -> Bytes {
        let left = self.rest.remaining();
        let alone = usize::from(self.is_http2 && left > 1 && self.is_over());
        let step = self.rest.split_to((left - alone).min(STEP));
        self.running
            .connection
            .taken(self.running.request, step.len());
        step
    }
}

impl<B: Answer> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let Some(body) = &mut self.body else {
                return Poll::Ready(None);
            };
            let frame = ready!(Pin::new(body).poll_frame(context));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(other))) => return Poll::Ready(Some(Ok(other))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.next_step()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self
            .body
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint);
        let rest = self.rest.len() as u64;
        let mut with_rest = SizeHint::new();
        with_rest.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper() {
            with_rest.set_upper(upper.saturating_add(rest));
        }
        with_rest
    }
}
