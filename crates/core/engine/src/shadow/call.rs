//! A call as both engines have it.

use crate::Submission;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant};

/// How long a call takes of whose route no answer is known.
pub(super) const UNKNOWN: Took = Took {
    head: Duration::from_millis(100),
    all: Duration::from_millis(100),
};
/// A call that is not over for both engines.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) submission: Submission,
    pub(super) submitted: Instant,
    /// What the first engine has done of it.
    pub(super) real: Real,
    /// The second engine's attempt under way.
    pub(super) attempt: Option<AttemptId>,
    /// The second engine has decided.
    pub(super) is_decided: bool,
    /// The second engine has finished it.
    pub(super) is_over: bool,
}

/// Where the call is with the first engine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Real {
    Waiting,
    Sent { at: Instant, head: Option<Instant> },
    Over(Took),
}

/// How long after its sending a call's answer came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    pub(super) head: Duration,
    pub(super) all: Duration,
}

/// The parts of an answer, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    Head,
    Rest,
}

impl Call {
    /// That neither engine has done anything of.
    pub(super) fn new(submission: Submission, now: Instant) -> Self {
        Self {
            submission,
            submitted: now,
            real: Real::Waiting,
            attempt: None,
            is_decided: false,
            is_over: false,
        }
    }
}
