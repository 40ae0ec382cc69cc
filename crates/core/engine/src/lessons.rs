//! What the refusals of an upstream teach.
//!
//! Each upstream that has refused a call has a [`Learner`]: it is told of each call's send, answer and
//! end, and finds the limits that explain which calls were refused ([`tollgate_learn`] argues how). What
//! it finds is held as one limit more. Before the first refusal there is no learner, and calls are
//! only noted ([`past`]).
//!
//! All learners share one thread with everything else that the engine does. So one of them at a time has its
//! turn, the one that has been due for longest first; a turn is bounded ([`Settings::turn`]), and after it
//! none has another before twenty times as long ([`Settings::rest`]), and three milliseconds at the least. Whatever
//! upstreams refuse, calls wait no longer for learning than a turn takes, and learning takes no more than a twentieth
//! of the thread.

mod past;

use crate::LearnedLimit;
use crate::learned_limit::{Group, TableEntry};
use crate::upstream::Upstream;
use past::PastCalls;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_learn::{Change, FindingId, Learner};
use tollgate_model::Instant;

/// Between two turns, at the least, however little was done in the first: the last of a study may be a short one.
pub(crate) const BETWEEN: Duration = Duration::from_millis(3);
/// Upstreams that are learned from, at the most.
pub(crate) const MOST_UPSTREAMS: usize = 256;

/// The learners, and what is held of what they found.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    pub(crate) of: BTreeMap<Upstream, Lesson>,
    /// Calls to upstreams without a learner.
    pub(crate) past: PastCalls,
    /// When each learner has something to do.
    pub(crate) due: BTreeSet<(Instant, Upstream)>,
    /// No learner has its turn before.
    pub(crate) free: Instant,
    /// Upstreams whose learners were told something since the findings were last applied.
    pub(crate) told: BTreeSet<Upstream>,
    /// What an earlier process has learned, of upstreams and endpoints that are not known yet.
    pub(crate) earlier: Vec<LearnedLimit>,
}

/// The learner of one upstream, and the limits that are held for what it found.
#[derive(Debug)]
pub(crate) struct Lesson {
    pub(crate) learner: Learner,
    pub(crate) held: BTreeMap<FindingId, (TableEntry, Group)>,
    /// When the learner has something to do, as it stands in [`Lessons::due`].
    pub(crate) due: Option<Instant>,
}

impl Lessons {
    /// When a learner has something to do.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| self.free.max(*due))
    }

    /// The learner that has its turn now, if one has.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Upstream> {
        self.next_timeout().filter(|next| *next <= now)?;
        self.due.pop_first().map(|(_, upstream)| upstream)
    }

    pub(crate) fn next_change(&mut self, upstream: Upstream) -> Option<Change> {
        self.of.get_mut(&upstream)?.learner.poll_change()
    }

    /// Notes when the learner has something to do. Nothing is done before all that happens now is known.
    pub(crate) fn reschedule(&mut self, upstream: Upstream, now: Instant) {
        self.free = self.free.max(now + Duration::from_nanos(1));
        let Some(lesson) = self.of.get_mut(&upstream) else {
            return;
        };
        let due = lesson.learner.poll_timeout();
        if due == lesson.due {
            return;
        }
        if let Some(before) = std::mem::replace(&mut lesson.due, due) {
            self.due.remove(&(before, upstream));
        }
        self.due.extend(due.map(|due| (due, upstream)));
    }
}
