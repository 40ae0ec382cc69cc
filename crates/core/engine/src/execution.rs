//! An execution that is not over, and counts of those that are.

use crate::Submission;
use crate::deadline_queue::QueueKey;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant};

/// The most that the retry budget holds: ten retries, in hundredths.
pub(crate) const FULL_RETRY_BUDGET: u32 = 1_000;

/// An execution that is not over.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) submission: Submission,
    pub(crate) state: State,
    /// The latest start: its deadline, and in shadow, where that refuses nothing, the end of a timeout, which begins when
    /// it is taken in, and anew with its first attempt.
    pub(crate) starts_by: Instant,
    pub(crate) attempts: u32,
    /// When its timeout passes; set by its first attempt.
    pub(crate) give_up: Option<Instant>,
    /// Whether the execution was sent again after a 401, which happens once.
    pub(crate) replayed: bool,
    /// Attempts of the execution that a limit has turned away.
    pub(crate) refusals: u32,
    /// When the pause before its next attempt is over.
    pub(crate) pauses_until: Instant,
    /// The limit that kept it from starting at once when it was taken in.
    pub(crate) waits_for: Option<String>,
}

impl Execution {
    /// One that waits, of which nothing was sent.
    pub(crate) fn new(submission: Submission, starts_by: Instant) -> Self {
        Self {
            submission,
            state: State::Queued,
            starts_by,
            attempts: 0,
            give_up: None,
            replayed: false,
            refusals: 0,
            pauses_until: Instant::ZERO,
            waits_for: None,
        }
    }

    /// Whether its timeout, which its first attempt has set, passes before its deadline.
    pub(crate) fn times_out_first(&self) -> bool {
        self.give_up
            .is_some_and(|at| at <= self.submission.deadline)
    }

    /// The latest that another try may begin.
    pub(crate) fn retries_by(&self) -> Instant {
        self.queue_key().deadline.min(self.submission.deadline)
    }

    /// The execution's key in its lane's queue. An execution that was sent before is not sent again when its timeout
    /// has passed.
    pub(crate) fn queue_key(&self) -> QueueKey {
        let in_time = self.give_up.map(|at| at.before(Duration::from_nanos(1)));
        QueueKey {
            deadline: in_time.map_or(self.starts_by, |at| at.min(self.starts_by)),
            execution: self.submission.execution,
        }
    }
}

/// Where an execution is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// The execution waits in its lane for a start.
    Queued,
    /// The attempt is under way.
    Running(AttemptId),
    /// The execution waits for the pause before its next attempt to pass.
    Pausing,
}

/// What has become of a flow's executions, for the snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlowCount {
    pub(crate) running: usize,
    pub(crate) answered: u64,
    pub(crate) errors: u64,
    pub(crate) lost: u64,
    pub(crate) refused: u64,
}
