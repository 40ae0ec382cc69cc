//! When other processes are asked for slots of a limit that is shared, and which calls wait for what comes of it.
//!
//! **Asked is once, and not for each call.** Calls that come while others are asked wait with those before. Of the same
//! limit nobody is asked again before a pause has passed, which is twice as long after each question that has brought
//! nobody a place, up to [`LONGEST`]: under a load beyond the whole limit nearly all refusals come at once. Of a limit on
//! calls at once the pause stays, for what others have of it changes with each call.

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{ExecutionId, Instant, LimitId};

/// From the beginning of one question about a limit to the next, after one that has helped.
const PAUSE: Duration = Duration::from_millis(500);
/// The same after many that have not.
const LONGEST: Duration = Duration::from_secs(8);
/// Calls that wait at the most, of all limits.
const MOST: usize = 4_096;

/// What others are asked for.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    last: BTreeMap<LimitId, Question>,
    /// Calls that wait for the end of the question about this limit, in the order of their coming.
    kept: BTreeMap<ExecutionId, LimitId>,
}

/// The last question about a limit.
#[derive(Clone, Copy, Debug)]
struct Question {
    began: Instant,
    /// From then to the next one.
    pause: Duration,
    /// Our part of the limit when it began, in slots.
    part: u32,
    /// Whether our part has grown, and somebody who waited for its end is not refused. A part that stays helps nobody:
    /// what lets a call stay then would have let it in a moment later, too.
    has_helped: bool,
}

impl Asking {
    /// Whether no further call may wait for an answer.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= MOST
    }

    /// Whether it is too early to say whether the call starts in time.
    pub(crate) fn keeps(&self, execution: ExecutionId) -> bool {
        self.kept.contains_key(&execution)
    }

    /// The call waits until the question about the limit is over.
    pub(crate) fn keep(&mut self, execution: ExecutionId, limit: LimitId) {
        self.kept.insert(execution, limit);
    }

    /// When the question began that a call may join now.
    pub(crate) fn began(&self, limit: LimitId, now: Instant) -> Option<Instant> {
        let last = self.last.get(&limit)?;
        (now < last.began + last.pause).then_some(last.began)
    }

    /// A question begins, whether about a window or about calls at once; `part`: how many slots are ours.
    pub(crate) fn begin(&mut self, limit: LimitId, is_window: bool, part: u32, now: Instant) {
        let pause = match self.last.get(&limit) {
            Some(last) if is_window && !last.has_helped && now < last.began + last.pause * 2 => {
                (last.pause * 2).min(LONGEST)
            }
            _ => PAUSE,
        };
        let question = Question {
            began: now,
            pause,
            part,
            has_helped: false,
        };
        self.last.insert(limit, question);
    }

    /// The question about the limit is over: who has waited for it.
    pub(crate) fn end(&mut self, limit: LimitId) -> Vec<ExecutionId> {
        let kept = std::mem::take(&mut self.kept);
        let (ended, kept): (BTreeMap<_, _>, _) = kept.into_iter().partition(|(_, of)| *of == limit);
        self.kept = kept;
        ended.into_keys().collect()
    }

    /// Somebody who waited for the question's end is not refused; so many slots are ours now.
    pub(crate) fn stays(&mut self, limit: LimitId, part: u32) {
        if let Some(question) = self.last.get_mut(&limit) {
            question.has_helped |= part > question.part;
        }
    }
}
