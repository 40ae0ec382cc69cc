//! Requests' bodies: those that are held, and those that pass on while they come.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Why a body that is passed on broke off.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BodyBroken(#[from] Box<dyn Error + Send + Sync>);

type Upload = UnsyncBoxBody<Bytes, BodyBroken>;

/// A body as a connection takes it.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Whole(Full<Bytes>),
    Once(Upload),
}

/// A request's body.
#[derive(Clone, Debug)]
pub enum RequestBody {
    /// All of it. It can be sent again.
    Whole(Bytes),
    /// One that comes while it is sent.
    Once(OnceBody),
}

/// A body that can be read once. Clones share it.
#[derive(Clone)]
pub struct OnceBody {
    length: Option<u64>,
    body: Arc<Mutex<Option<Upload>>>,
}

impl RequestBody {
    /// A body that is read while it is sent, and can't be sent a second time.
    pub fn once<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let length = body.size_hint().exact();
        let body = body.map_err(|error| BodyBroken(error.into()));
        Self::Once(OnceBody {
            length,
            body: Arc::new(Mutex::new(Some(body.boxed_unsync()))),
        })
    }

    /// Its length in bytes; none if it isn't known before its end.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(body) => Some(body.len() as u64),
            Self::Once(body) => body.length,
        }
    }

    /// Whether it can't be sent any more.
    pub(crate) fn is_spent(&self) -> bool {
        match self {
            Self::Whole(_) => false,
            Self::Once(body) => body.lock().is_none(),
        }
    }

    /// The body as it is sent; none if it has been sent.
    pub(crate) fn take(&self) -> Option<Outgoing> {
        match self {
            Self::Whole(body) => Some(Outgoing::Whole(Full::new(body.clone()))),
            Self::Once(body) => body.lock().take().map(Outgoing::Once),
        }
    }

    /// Takes a body back of which nothing has been read.
    pub(crate) fn put_back(&self, unread: Outgoing) {
        if let (Self::Once(body), Outgoing::Once(unread)) = (self, unread) {
            *body.lock() = Some(unread);
        }
    }
}

impl Default for RequestBody {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl From<Bytes> for RequestBody {
    fn from(body: Bytes) -> Self {
        Self::Whole(body)
    }
}

impl From<String> for RequestBody {
    fn from(body: String) -> Self {
        Self::Whole(body.into())
    }
}

impl OnceBody {
    fn lock(&self) -> MutexGuard<'_, Option<Upload>> {
        // It holds a whole body or none.
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for OnceBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnceBody")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyBroken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyBroken>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(|never| match never {}),
            Self::Once(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Once(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Once(body) => body.size_hint(),
        }
    }
}
