//! One try upstream that is under way.

use crate::latency::SendLoad;
use crate::resources::Passage;
use std::time::Duration;
use tollgate_learn::Call;
use tollgate_model::{AttemptId, EndpointId, ExecutionId, Instant};

/// A try that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) number: AttemptId,
    pub(crate) execution: ExecutionId,
    pub(crate) endpoint: EndpointId,
    pub(crate) passage: Passage,
    pub(crate) sent: Instant,
    /// What the answer's head said, once it has arrived.
    pub(crate) head: Option<Head>,
    /// How many calls were under way when it was sent.
    pub(crate) load: Option<SendLoad>,
}

impl Attempt {
    /// What is learned from of it.
    pub(crate) fn seen(&self) -> Call {
        Call {
            sent: self.sent,
            token: self.passage.token,
            client: self.passage.client,
            endpoint: self.endpoint,
            cost: self.passage.cost,
        }
    }
}

/// An answer's head, as far as the engine goes on with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) verdict: LimitVerdict,
}

/// What an answer's head says of the limits that the call has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LimitVerdict {
    Accepted,
    /// One of them has turned the call away.
    Refused {
        /// Something is shut that explains it.
        is_explained: bool,
    },
    /// Nothing: the call may not have come as far.
    Unknown,
}
