//! One flow's calls on one route.

use crate::deadline_queue::{DeadlineQueue, QueueKey};
use crate::rate::Rate;
use tollgate_model::{FlowId, Instant, RouteId};

/// One flow's executions on one route, the earliest deadline first.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) flow: FlowId,
    pub(crate) route: RouteId,
    pub(super) queue: DeadlineQueue,
    /// Those that pause before they are tried again. They keep their ranks, and can't start.
    pub(super) pausing: DeadlineQueue,
    pub(super) arrivals: Rate,
    /// Calls that were ever submitted, whatever became of them.
    pub(crate) asked: u64,
}

/// A lane by its importance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct LaneKey {
    pub(crate) class: u8,
    pub(crate) flow: FlowId,
    pub(crate) route: RouteId,
}

impl LaneKey {
    /// No lane is more important.
    pub(crate) const FIRST: Self = Self {
        class: 0,
        flow: FlowId(0),
        route: RouteId(0),
    };

    /// The next possible lane.
    pub(crate) fn next(self) -> Self {
        Self {
            route: RouteId(self.route.0.saturating_add(1)),
            ..self
        }
    }
}

/// A lane that may go next; the least goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Candidate {
    /// Not by right of a guarantee.
    pub(super) unentitled: bool,
    /// Not by right of the floor.
    pub(super) unowed: bool,
    pub(crate) class: u8,
    pub(super) virtual_time: u128,
    pub(super) head: QueueKey,
    pub(crate) flow: FlowId,
    pub(crate) route: RouteId,
}

impl Candidate {
    /// Whether the lane's call has to leave reserved slots free: it has no right of its own to a start.
    pub(crate) fn obeys_reserves(&self) -> bool {
        self.unentitled && self.unowed
    }

    /// Whether the deadline of the lane's first call is `by` or earlier.
    pub(crate) fn is_due(&self, by: Instant) -> bool {
        self.head.deadline <= by
    }
}

impl Lane {
    /// Executions that wait in it.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Executions that wait in it, or pause before another try.
    pub(crate) fn all_waiting(&self) -> usize {
        self.queue.len() + self.pausing.len()
    }

    /// The earliest deadline of those that wait in it.
    pub(crate) fn first_deadline(&self) -> Option<Instant> {
        self.queue.first().map(|key| key.deadline)
    }

    /// Executions a second that have come of late.
    pub(crate) fn arrivals(&self, now: Instant) -> f64 {
        self.arrivals.per_second(now)
    }
}
