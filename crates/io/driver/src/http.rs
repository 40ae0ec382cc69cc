//! Requests over kept connections.
//!
//! *Decides* which connection carries a request, and for how long a connection is kept. *Doesn't decide*
//! when a request is sent, nor whether it is sent again: each request is sent once.
//!
//! Why a pool of our own, over `hyper`'s HTTP/1.1 and `h2`: whether a request may be sent again depends on
//! how the request's connection ended, and how long callers wait depends on which connection a request gets.
//! General HTTP clients hide both: they turn GOAWAY, REFUSED_STREAM and a connection that died into one
//! error, put every request on a host's one HTTP/2 connection whether that has room for it or not, and leave
//! a connection neither for its age nor after a request on it has timed out.
//!
//! - **A request's end is told as what it was**: never sent, not processed, met by a kept connection's
//!   end, or perhaps carried out ([`LossKind`]). A kept connection that is found closed before a byte was
//!   written is replaced.
//! - **No request waits in a connection**: [`http2`].
//! - **No answer is another's, and none is half**: [`http1`], [`http2`].
//! - **No connection is used for ever**: [`pool`].
//! - **Bounds**: an answer's headers ([`Bounds::max_response_header_bytes`]), its interim answers
//!   ([`Bounds::max_interim_answers`]), its body, as sent and unpacked ([`coding`]). Each costs the call that
//!   it belongs to.

mod body;
mod coding;
mod dial;
mod gate;
mod http1;
mod http2;
mod origin;
mod outlet;
mod pool;
mod request;
mod tls;
mod tunnel;

use crate::clock::LeaveBy;
use crate::request_body::Outgoing;
use crate::{Bounds, Request, SetupError};
pub(crate) use body::Answer;
use bytes::Bytes;
use dial::Dialer;
pub use dial::{Addresses, BoxError, Resolve, Step, Unreachable};
use http::Method;
use http::header::HeaderMap;
use http1::Http1;
use http2::Http2;
use origin::Origin;
pub use outlet::Outlet;
use pool::{Lease, Pool};
use std::error::Error;
use std::sync::Arc;
pub use tls::{check_identity, check_roots};
use tollgate_engine::LossKind;
use url::Url;

/// How many connections in a row may be found closed before a request is given up unsent.
const MOST_CLOSED: u32 = 5;

/// A client that attempts and token fetches share; clones share its connections.
#[derive(Clone)]
pub(crate) struct Http(Arc<Pool>);

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

/// How a request was lost.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    pub(crate) kind: LossKind,
    /// What went wrong, without the URL: a URL's query may hold secrets.
    pub(crate) reason: String,
}

/// Why a request got no answer's head.
enum Unsent {
    /// The connection was closed before a byte of it was written; its body, unread.
    Closed(Outgoing),
    Lost(Loss),
}

/// An answer whose body is still to come. Dropping it gives the body up.
pub(crate) struct Incoming {
    answer: AnswerHead,
    pool: Arc<Pool>,
    origin: Origin,
}

/// An answer's head, and the connection that its body comes over.
enum AnswerHead {
    Http1(http1::Incoming),
    Http2(http2::Incoming),
}

impl Http {
    pub(crate) fn new(bounds: &Bounds, outlet: &Outlet) -> Result<Self, SetupError> {
        let identity = outlet.identity_pem.as_ref();
        let identity = identity.map(|pem| pem.expose().as_bytes());
        let dialer = Dialer {
            tls: Arc::new(tls::settings(&outlet.extra_roots_pem, identity)?),
            resolver: outlet.resolver.clone(),
            proxy: outlet.proxy.clone(),
        };
        Ok(Self(Pool::new(dialer, bounds.clone())))
    }

    /// Opens a connection to the URL's host and closes it, within the bound of a connection.
    pub(crate) async fn reach(&self, url: &Url) -> Result<(), Unreachable> {
        let pool = &self.0;
        let origin = Origin::of(url).map_err(|loss| Unreachable {
            step: Step::Name,
            reason: loss.reason,
        })?;
        pool.dialer
            .reach(&origin, pool.bounds.connect_timeout)
            .await
    }

    /// Sends the request and waits for the answer's head, unless it may not leave any more when it could. When it
    /// is given up, the caller will drop the future for lack of an answer: an HTTP/2 connection whose request is
    /// dropped then or later counts as mute, and carries no further requests.
    pub(crate) async fn send(&self, request: &Request, by: LeaveBy) -> Result<Incoming, Loss> {
        let pool = &self.0;
        let origin = Origin::of(&request.url)?;
        let give_up = by.give_up();
        for _ in 0..MOST_CLOSED {
            let lease = pool.lease(&origin, give_up).await?;
            let head = match lease {
                Lease::Http1(_) => request::relative(request, &origin)?,
                Lease::Http2(_) => request::absolute(request, &origin)?,
            };
            let body = request.body.take().ok_or_else(|| {
                Loss::never_sent("the request's body has been sent before".to_owned())
            })?;
            let whole = (head.map(|()| body), by);
            let answer = match lease {
                Lease::Http1(connection) => {
                    let sent = connection.send(whole, &pool.bounds).await;
                    sent.map(AnswerHead::Http1)
                }
                Lease::Http2(place) => {
                    let sent = place.send(whole, &pool.bounds).await;
                    sent.map(AnswerHead::Http2)
                }
            };
            match answer {
                Ok(answer) => {
                    let most = pool.bounds.max_response_header_bytes;
                    if body::size(answer.headers()) > most {
                        return Err(Loss::no_answer(format!(
                            "the answer's headers are longer than {most} bytes"
                        )));
                    }
                    return Ok(Incoming {
                        answer,
                        pool: Arc::clone(pool),
                        origin,
                    });
                }
                Err(Unsent::Closed(unread)) => {
                    request.body.put_back(unread);
                    pool.drop_idle(&origin);
                }
                Err(Unsent::Lost(loss)) => {
                    if loss.kind == LossKind::Closed {
                        pool.drop_idle(&origin);
                    }
                    return Err(loss);
                }
            }
        }
        let reason = "the server closes its connections before a request is sent";
        Err(Loss::never_sent(reason.to_owned()))
    }
}

impl Incoming {
    pub(crate) fn status(&self) -> u16 {
        match &self.answer {
            AnswerHead::Http1(incoming) => incoming.status(),
            AnswerHead::Http2(incoming) => incoming.status(),
        }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The next part of the body as it was sent; none at its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Loss> {
        match &mut self.answer {
            AnswerHead::Http1(incoming) => incoming.next().await,
            AnswerHead::Http2(incoming) => incoming.next().await,
        }
    }

    /// After the body's end: the connection is free for other requests.
    pub(crate) async fn finish(self) -> (u16, HeaderMap) {
        let (head, connection) = self.answer.end();
        if let Some(connection) = connection {
            self.pool.take_back(&self.origin, connection).await;
        }
        head
    }

    /// Reads the body as it was sent, to its end or to the bound.
    pub(crate) async fn read_as_sent(mut self, most: usize) -> Result<Answer, Loss> {
        let mut read = body::Body::new(most);
        while let Some(data) = self.next().await? {
            if let Err(error) = read.push(&data) {
                // What is unread closes an HTTP/1.1 connection.
                let (head, _) = self.answer.end();
                return Ok(Answer::new(head, Err(error)));
            }
        }
        Ok(Answer::new(self.finish().await, Ok(read.end())))
    }

    /// The same, and unpacks it.
    pub(crate) async fn read(self, most: usize) -> Result<Answer, Loss> {
        let sent = coding::most_sent(self.headers(), most);
        let answer = self.read_as_sent(sent).await?;
        Ok(answer.unpacked(most).await)
    }
}

impl AnswerHead {
    /// Status and headers, and the connection if it carries one request at a time.
    fn end(self) -> ((u16, HeaderMap), Option<Http1>) {
        match self {
            Self::Http1(incoming) => {
                let (head, connection) = incoming.end();
                (head, Some(connection))
            }
            Self::Http2(incoming) => (incoming.end(), None),
        }
    }

    fn headers(&self) -> &HeaderMap {
        match self {
            Self::Http1(incoming) => incoming.headers(),
            Self::Http2(incoming) => incoming.headers(),
        }
    }
}

impl Loss {
    pub(crate) fn never_sent(reason: String) -> Self {
        let kind = LossKind::NeverSent;
        Self { kind, reason }
    }

    pub(crate) fn no_answer(reason: String) -> Self {
        let kind = LossKind::NoAnswer;
        Self { kind, reason }
    }
}

impl From<Loss> for Unsent {
    fn from(loss: Loss) -> Self {
        Self::Lost(loss)
    }
}

/// Whether a request says its length even where it has no body: servers expect one of these methods, and some
/// refuse a request without a length (RFC 9110, 8.6).
fn says_length(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// The error and its causes in one line.
fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
