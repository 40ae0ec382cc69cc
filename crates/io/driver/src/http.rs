//! Requests over kept connections.
//!
//! *Decides* which connection carries a request, and for how long one is kept. *Decides nothing* about
//! when a request is sent, and whether it is sent again: one request is sent once.
//!
//! Why a pool of our own, over `hyper`'s HTTP/1.1 and `h2`: whether a request may be sent again hangs on
//! what a connection's end means to it, and how long callers wait hangs on which connection it gets.
//! The clients that were at hand hide both: they turn GOAWAY, REFUSED_STREAM and a connection that died
//! into one error, put every request on the one HTTP/2 connection whether it has a place or not, and
//! know neither an age nor a timed-out request as a reason to leave it.
//!
//! - **A request's end is told as what it was**: never sent, not processed, met by a kept connection's
//!   end, or perhaps carried out ([`LossKind`]). A kept connection that is found closed before a byte was written is replaced.
//! - **No request waits in a connection**: [`http2`].
//! - **No answer is another's, and none is half**: [`http1`], [`http2`].
//! - **No connection is used for ever**: [`pool`].
//! - **Bounds**: an answer's headers ([`Bounds::max_response_header_bytes`]), its interim answers
//!   ([`Bounds::max_interim_answers`]), its body. Each costs the call that it belongs to.

mod body;
mod dial;
mod http1;
mod http2;
mod origin;
mod pool;
mod tls;

use crate::{Bounds, Outlet, Request, SetupError};
pub(crate) use body::Answer;
use bytes::Bytes;
use dial::Dialer;
pub use dial::{Addresses, BoxError, Resolve};
use http::header::{self, HeaderMap, HeaderValue};
use http1::Http1;
use http2::Http2;
use origin::Origin;
use pool::{Lease, Pool};
use std::error::Error;
use std::sync::Arc;
pub use tls::{certificate_warnings, check_identity, check_roots};
use tokio::time::Instant;
use tollgate_engine::LossKind;
use url::{Position, Url};

/// Connections found closed in a row, before the request is given up unsent.
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
    /// Without the URL: its query may hold what nobody should read.
    pub(crate) reason: String,
}

/// Why a request has no answer's head.
enum Unsent {
    /// The connection was closed before a byte of it was written.
    Closed,
    Lost(Loss),
}

/// An answer whose body is still to come. Dropping it gives the rest up.
pub(crate) struct Incoming {
    from: From,
    pool: Arc<Pool>,
    origin: Origin,
}

enum From {
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
        };
        Ok(Self(Pool::new(dialer, bounds.clone())))
    }

    /// Sends the request, and waits for the answer's head. Whoever drops the future at `give_up` or later
    /// has found the connection mute.
    pub(crate) async fn send(&self, request: &Request, give_up: Instant) -> Result<Incoming, Loss> {
        let pool = &self.0;
        let origin = Origin::of(&request.url)?;
        for _ in 0..MOST_CLOSED {
            let lease = pool.lease(&origin, give_up).await?;
            let from = match lease {
                Lease::Http1(connection) => {
                    let request = relative(request, &origin)?;
                    let sent = connection.send(request, &pool.bounds).await;
                    sent.map(From::Http1)
                }
                Lease::Http2(place) => {
                    let request = absolute(request, &origin)?;
                    let sent = place.send(request, &pool.bounds).await;
                    sent.map(From::Http2)
                }
            };
            match from {
                Ok(from) => {
                    let most = pool.bounds.max_response_header_bytes;
                    if body::size(from.headers()) > most {
                        return Err(Loss::no_answer(format!(
                            "the answer's headers are longer than {most} bytes"
                        )));
                    }
                    return Ok(Incoming {
                        from,
                        pool: Arc::clone(pool),
                        origin,
                    });
                }
                Err(Unsent::Closed) => pool.drop_idle(&origin),
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
        match &self.from {
            From::Http1(incoming) => incoming.status(),
            From::Http2(incoming) => incoming.status(),
        }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.from.headers()
    }

    /// Reads the body to its end, or to the bound.
    pub(crate) async fn read(self, most: usize) -> Result<Answer, Loss> {
        match self.from {
            From::Http1(incoming) => {
                let (answer, connection) = incoming.read(most).await?;
                self.pool.take_back(&self.origin, connection).await;
                Ok(answer)
            }
            From::Http2(incoming) => incoming.read(most).await,
        }
    }
}

impl From {
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

impl std::convert::From<Loss> for Unsent {
    fn from(loss: Loss) -> Self {
        Self::Lost(loss)
    }
}

/// The request as HTTP/1.1 has it.
fn relative(request: &Request, origin: &Origin) -> Result<http::Request<Bytes>, Loss> {
    let mut built = build(request, path(&request.url))?;
    let authority = HeaderValue::from_str(&origin.authority());
    let authority = authority.map_err(|error| Loss::never_sent(error.to_string()))?;
    http1::complete(built.headers_mut(), authority);
    Ok(built)
}

/// The request as HTTP/2 has it.
fn absolute(request: &Request, origin: &Origin) -> Result<http::Request<Bytes>, Loss> {
    let scheme = request.url.scheme();
    let uri = format!("{scheme}://{}{}", origin.authority(), path(&request.url));
    let mut built = build(request, &uri)?;
    built.headers_mut().remove(header::HOST);
    Ok(built)
}

fn path(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

fn build(request: &Request, uri: &str) -> Result<http::Request<Bytes>, Loss> {
    let uri: http::Uri = uri
        .parse()
        .map_err(|error| Loss::never_sent(format!("the URL: {error}")))?;
    let mut built = http::Request::new(request.body.clone());
    *built.method_mut() = request.method.clone();
    *built.uri_mut() = uri;
    *built.headers_mut() = request.headers.clone();
    let headers = built.headers_mut();
    let agent = concat!("tollgate/", env!("CARGO_PKG_VERSION"));
    headers
        .entry(header::USER_AGENT)
        .or_insert(HeaderValue::from_static(agent));
    headers
        .entry(header::ACCEPT)
        .or_insert(HeaderValue::from_static("*/*"));
    Ok(built)
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
