//! A pipe that one answer's body goes through: from the attempt to whoever reads it, no faster than it is read.

use bytes::Bytes;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Parts of one answer that wait to be taken, at the most.
const WAITING: usize = 2;

/// The end of a pipe that a body goes into.
#[derive(Debug)]
pub(crate) struct Parts {
    sender: Sender<Bytes>,
    ending: Ending,
}

/// The end of a pipe that a body comes out of.
#[derive(Debug)]
pub(crate) struct Coming {
    receiver: Receiver<Bytes>,
    ending: Ending,
}

/// How a body ended; empty until it has, and for good if nobody said so. It stands beside the parts so that
/// the end need not wait until these have been taken.
type Ending = Arc<OnceLock<Result<(), String>>>;

/// A pipe for one answer's body.
pub(crate) fn pipe() -> (Parts, Coming) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let ending = Ending::default();
    let parts = Parts {
        sender,
        ending: Arc::clone(&ending),
    };
    (parts, Coming { receiver, ending })
}

impl Parts {
    /// Hands a part over when there is room for it. No if nobody reads any more.
    pub(crate) async fn send(&self, part: Bytes) -> bool {
        self.sender.send(part).await.is_ok()
    }

    /// The body has come to its end, or has broken off for this reason.
    pub(crate) fn end(self, how: Result<(), String>) {
        // It has not been said before.
        let _ = self.ending.set(how);
    }
}

impl Coming {
    /// The next part; none at the end, and an error where the body has broken off.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, String>>> {
        if let Some(part) = ready!(self.receiver.poll_recv(context)) {
            return Poll::Ready(Some(Ok(part)));
        }
        Poll::Ready(match self.ending.get() {
            Some(Ok(())) => None,
            Some(Err(why)) => Some(Err(why.clone())),
            None => Some(Err("the answer did not end in time".to_owned())),
        })
    }
}
