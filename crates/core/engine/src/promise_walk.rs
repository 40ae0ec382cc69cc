//! How far the queue has been looked through for calls that can't start in time any more.

use crate::deadline_queue::QueueKey;
use crate::queue::LaneKey;
use tollgate_model::Instant;

/// How far the queue has been looked through.
#[derive(Debug, Default)]
pub(crate) struct PromiseWalk {
    /// The queue is to be looked through from the beginning.
    pub(crate) is_asked: bool,
    /// The lane in which the walk goes on, and the last execution in it that was looked at.
    pub(crate) at: Option<(LaneKey, Option<QueueKey>)>,
    /// The walk may go on.
    pub(crate) is_due: bool,
    /// Refusals of late have moved starts, by as long as it took to hear of them: until then whoever is next
    /// in a lane is looked at.
    pub(crate) moved_until: Instant,
}
