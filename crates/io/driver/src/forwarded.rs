//! Answers that pass on while they come.

use crate::hang_up::HangUp;
use crate::pipe::Coming;
use crate::request_body::BodyBroken;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// The upstream's answer as it was sent, for somebody who passes it on.
#[derive(Debug)]
pub struct Forwarded {
    /// HTTP status.
    pub status: u16,
    /// Headers as received.
    pub headers: HeaderMap,
    /// The body as it was sent, packed if the headers say so.
    pub body: AnswerBody,
    /// Attempts made, the answered one included.
    pub attempts: u32,
    /// From the call to the first send.
    pub waited: Duration,
}

/// An answer's body, read while it comes. Dropping it before its end gives the rest up.
#[derive(Debug)]
pub struct AnswerBody(Source);

#[derive(Debug)]
enum Source {
    Whole(Bytes),
    Coming(Coming, HangUp),
}

impl AnswerBody {
    pub(crate) fn coming(coming: Coming, hang_up: HangUp) -> Self {
        Self(Source::Coming(coming, hang_up))
    }
}

impl From<Bytes> for AnswerBody {
    fn from(body: Bytes) -> Self {
        Self(Source::Whole(body))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyBroken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyBroken>>> {
        let (coming, hang_up) = match &mut self.0 {
            Source::Whole(body) if body.is_empty() => return Poll::Ready(None),
            Source::Whole(body) => {
                return Poll::Ready(Some(Ok(Frame::data(std::mem::take(body)))));
            }
            Source::Coming(coming, hang_up) => (coming, hang_up),
        };
        let next = ready!(coming.poll_next(context));
        if let Some(Ok(part)) = next {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        hang_up.disarm();
        self.0 = Source::Whole(Bytes::new());
        let broken = |why: String| BodyBroken::from(Box::<dyn Error + Send + Sync>::from(why));
        Poll::Ready(next.map(|next| next.map(Frame::data).map_err(broken)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Source::Whole(body) if body.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Whole(body) => SizeHint::with_exact(body.len() as u64),
            Source::Coming(..) => SizeHint::default(),
        }
    }
}
