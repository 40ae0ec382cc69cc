//! Calls at once, lowered to where goodput is highest.
//!
//! An upstream that slows down under load refuses nothing, so a configured number of calls at once that is
//! too high costs answers: with latency that grows with the square of what is under way, 200 at once bring a
//! third of what 20 do. The number in force under each configured limit on calls at once follows how long
//! answers take (`tollgate_learn::Gradient`), from the configured number down and back up to it; the
//! configured number stays the ceiling, so no law of the limit changes. A lower number drains; who waits is
//! foretold by it.
//!
//! *Which limit.* Of several that a call passes, the one that lets the least be under way: under the others
//! nothing could be seen. A flow's own limit is ours, no upstream slows down by it, and a number found from
//! refusals has its own learner.
//!
//! *Where none is configured* nothing is lowered. How long answers take differs by what is asked for, and a
//! route without any bound has nothing to come back to: what a lower number brings would be tried against a
//! number that nobody chose. A configured number, however generous, is enough for it to be followed.
//!
//! *Which answers.* Those of the upstream, errors (5xx) and answers that never came as such that brought
//! nothing. A refusal tells nothing of how long a call takes. A call that its caller took back doesn't
//! either.

use std::collections::BTreeMap;
use tollgate_learn::{Gradient, SendOrder, TimedCall};
use tollgate_model::{AttemptId, Instant, LimitId};

/// The limits on calls at once that are followed.
#[derive(Debug, Default)]
pub(crate) struct Latencies(BTreeMap<LimitId, Followed>);

/// A limit on calls at once whose number follows how long answers take.
#[derive(Debug)]
pub(crate) struct Followed {
    gradient: Gradient,
    calls: SendOrder<TimedCall>,
    pub(crate) configured: u32,
    /// Since when another number than the configured one is in force.
    pub(crate) since: Option<Instant>,
    /// Answers that were learned from.
    pub(crate) answers: u64,
}

impl Followed {
    /// Calls at once that answers have shown to bring the most.
    pub(crate) fn allowed(&self) -> u32 {
        self.gradient.allowed()
    }
}

/// The limit under which a call is seen, and how many calls were under way when it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendLoad {
    pub(crate) limit: LimitId,
    pub(crate) at_once: u32,
}

/// A number that is to be in force from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NumberChange {
    pub(crate) allowed: u32,
    pub(crate) is_lower: bool,
}

impl Latencies {
    /// A call was sent that is seen under the limit, for which so many calls are configured.
    pub(crate) fn sent(&mut self, limit: LimitId, configured: u32, attempt: AttemptId) {
        let followed = self.0.entry(limit).or_insert_with(|| Followed {
            gradient: Gradient::new(configured),
            calls: SendOrder::default(),
            configured,
            since: None,
            answers: 0,
        });
        followed.calls.sent(attempt);
    }

    /// A call that was seen under the limit is over. `took` is none if the call says nothing of the upstream. Gives the
    /// number that is to be in force, if it changes.
    pub(crate) fn ended(
        &mut self,
        limit: LimitId,
        attempt: AttemptId,
        took: Option<TimedCall>,
        now: Instant,
    ) -> Option<NumberChange> {
        let followed = self.0.get_mut(&limit)?;
        followed.calls.ended(attempt, took);
        let before = followed.gradient.allowed();
        while let Some(took) = followed.calls.take() {
            followed.answers += 1;
            followed.gradient.sample(now, &took);
        }
        let allowed = followed.gradient.allowed().min(followed.configured);
        if allowed == before {
            return None;
        }
        let differs = allowed < followed.configured;
        followed.since = differs.then(|| followed.since.unwrap_or(now));
        Some(NumberChange {
            allowed,
            is_lower: allowed < before,
        })
    }

    /// What is configured for the limit, if the limit is followed.
    pub(crate) fn configured(&self, limit: LimitId) -> Option<u32> {
        Some(self.0.get(&limit)?.configured)
    }

    /// Follows the limit no more. With the next call that is seen under it, it is followed from what is configured then.
    pub(crate) fn forget(&mut self, limit: LimitId) {
        self.0.remove(&limit);
    }

    /// The limits that are followed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LimitId, &Followed)> {
        self.0.iter().map(|(limit, followed)| (*limit, followed))
    }
}
