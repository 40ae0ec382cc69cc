//! What goes in and what comes out.

use crate::request_body::RequestBody;
use crate::{AnswerCounts, Mark, Progress, Sent};
use bytes::Bytes;
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{FlowId, Refusal, RouteId};
use tollgate_secret::Redactor;
use url::Url;

/// One execution, as its caller wants it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The limits and the token pool it passes through.
    pub route: RouteId,
    /// Who calls.
    pub flow: FlowId,
    /// The latest useful start, from now.
    pub deadline: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// What of the upstream the call asks for, the same for all calls that differ in their inputs only: the
    /// path as its author wrote it, with placeholders. With the method and the origin of the request it is
    /// the call's endpoint. None if it is not known.
    pub path_template: Option<Arc<str>>,
    /// Whether sending it twice does no harm. The caller decides; the driver doesn't look at the method.
    pub idempotent: bool,
    /// What to send.
    pub request: Request,
}

/// An HTTP request without its authorisation.
///
/// Where the route has a token pool, the driver sets `Authorization`. It also owns the framing:
/// The [headers of the connection](tollgate_upstream::CONNECTION_HEADERS) are dropped from `headers`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: RequestBody,
    pub(crate) answer_as: AnswerAs,
    /// Set when it is sent.
    pub sent: Option<Sent>,
    /// Told how far the execution is.
    pub progress: Option<Arc<Progress>>,
    /// Names its attempts to the upstream.
    pub mark: Option<Arc<dyn Mark>>,
    /// Strikes what of an answer is noted in the progress.
    pub redactor: Redactor,
    /// Where the upstream's answers are counted.
    pub answers: Option<Arc<AnswerCounts>>,
}

/// How an answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AnswerAs {
    /// Whole and unpacked. The request says which packings can be unpacked.
    Unpacked,
    /// As it was sent, and while it comes. The request's own headers say what it may be packed into.
    Sent,
}

impl Request {
    /// A request with these parts.
    #[must_use]
    pub fn new(method: Method, url: Url, headers: HeaderMap, body: impl Into<RequestBody>) -> Self {
        Self {
            method,
            url,
            headers,
            body: body.into(),
            answer_as: AnswerAs::Unpacked,
            sent: None,
            progress: None,
            mark: None,
            redactor: Redactor::default(),
            answers: None,
        }
    }
}

/// The upstream's answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers as received.
    pub headers: HeaderMap,
    /// The whole body, unpacked whatever the `Content-Encoding` among the headers says.
    pub body: Result<Bytes, BodyError>,
    /// Strikes the tokens that went with the attempts: some upstreams repeat what they were sent.
    pub redactor: Redactor,
    /// Attempts made, the answered one included.
    pub attempts: u32,
    /// From the call to the first send.
    pub waited: Duration,
    /// From the call to the answer.
    pub took: Duration,
}

/// Why an answer has no body that can be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BodyError {
    /// Longer, as it was sent, than may be read.
    #[error("the response is longer than {most} bytes")]
    TooLong {
        /// The bound, in bytes.
        most: usize,
    },
    /// Longer than [`crate::Bounds::max_response_bytes`] once unpacked, whatever its length as sent.
    #[error("unpacked from {coding}, the response is longer than {most} bytes")]
    UnpacksTooLong {
        /// The coding, as its `Content-Encoding` calls it.
        coding: &'static str,
        /// The bound, in bytes.
        most: usize,
    },
    /// Packed in a way that wasn't asked for.
    #[error(
        "its Content-Encoding names `{coding}`, which can't be unpacked; gzip, deflate, br and zstd can"
    )]
    UnknownCoding {
        /// The name, cut where it is long.
        coding: String,
    },
    /// Packed more often than anybody has a reason to.
    #[error("its Content-Encoding names more than {most} codings")]
    TooManyCodings {
        /// How many may be named.
        most: usize,
    },
    /// Not what its `Content-Encoding` says.
    #[error("its Content-Encoding is {coding}, and it can't be unpacked from that: {reason}")]
    Broken {
        /// The coding, as its `Content-Encoding` calls it.
        coding: &'static str,
        /// What is wrong with the data.
        reason: String,
    },
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// Not carried out. Nothing was sent, or what was sent was turned away by a limit.
    #[error("refused: {}", refusal.reason)]
    Refused {
        /// What stood in the way. Its `earliest_start` is on the engine's own time line.
        refusal: Refusal,
        /// The same, from now.
        earliest_in: Option<Duration>,
    },
    /// Sent, and the timeout passed.
    #[error("no answer within the timeout")]
    TimedOut,
    /// No connection; nothing was sent.
    #[error("no connection: {0}")]
    ConnectFailed(String),
    /// Sent, and no whole answer came; it may have been carried out.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The driver takes no new calls.
    #[error("shutting down")]
    Draining,
    /// The call names a route or a flow that the engine's tables don't have.
    #[error("no such {0}")]
    Unknown(&'static str),
    /// The engine's task is gone; a bug.
    #[error("the engine stopped")]
    Stopped,
}
