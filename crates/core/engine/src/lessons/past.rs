//! The calls before an upstream's first refusal.
//!
//! Nothing is learned of an upstream that refuses nothing, but the first refusal says little without the calls
//! before it: how many were accepted in its window is what the limit allows. So the calls of late to all upstreams
//! without a learner are kept together, at some nanoseconds each, and told to a learner when it begins. Where
//! more were sent than are kept, the learner is told up to when it has missed calls.

use crate::attempt::Attempt;
use crate::upstream::Upstream;
use std::collections::VecDeque;
use tollgate_learn::{Call, Learner, Outcome};
use tollgate_model::{AttemptId, Instant};

/// Calls that are kept, of 88 bytes each.
const MOST: usize = 8_192;

#[derive(Debug, Default)]
pub(crate) struct PastCalls {
    /// In the order of sending.
    calls: VecDeque<Sent>,
    /// Calls up to then are not all known.
    missed: Option<Instant>,
}

#[derive(Debug)]
struct Sent {
    upstream: Upstream,
    attempt: AttemptId,
    call: Call,
    /// When its answer came, and whether it says that the upstream has accepted the call.
    answered: Option<(Instant, bool)>,
    ended: Option<Instant>,
}

impl PastCalls {
    /// Calls up to now were sent by another process.
    pub(crate) fn begin_anew(&mut self, now: Instant) {
        self.missed = Some(now);
    }

    pub(crate) fn sent(&mut self, upstream: Upstream, attempt: AttemptId, of: &Attempt) {
        if self.calls.len() >= MOST
            && let Some(oldest) = self.calls.pop_front()
        {
            self.missed = self.missed.max(Some(oldest.call.sent));
        }
        self.calls.push_back(Sent {
            upstream,
            attempt,
            call: of.seen(),
            answered: None,
            ended: None,
        });
    }

    pub(crate) fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        if let Some(sent) = self.get_mut(attempt) {
            let accepted = matches!(outcome, Outcome::Accepted);
            sent.answered.get_or_insert((now, accepted));
        }
    }

    pub(crate) fn ended(&mut self, attempt: AttemptId, now: Instant) {
        if let Some(sent) = self.get_mut(attempt) {
            sent.ended = Some(now);
        }
    }

    /// Tells the learner all that is known of the calls to its upstream, and keeps it no longer.
    pub(crate) fn tell(&mut self, upstream: Upstream, learner: &mut Learner) {
        if let Some(missed) = self.missed {
            learner.missed(missed);
        }
        self.calls.retain(|sent| {
            if sent.upstream != upstream {
                return true;
            }
            learner.sent(sent.attempt, sent.call);
            if let Some((at, accepted)) = sent.answered {
                let outcome = match accepted {
                    true => Outcome::Accepted,
                    false => Outcome::Unknown,
                };
                learner.answered(sent.attempt, at, outcome);
            }
            if let Some(ended) = sent.ended {
                learner.ended(sent.attempt, ended);
            }
            false
        });
    }

    fn get_mut(&mut self, attempt: AttemptId) -> Option<&mut Sent> {
        let at = self
            .calls
            .binary_search_by_key(&attempt, |sent| sent.attempt)
            .ok()?;
        self.calls.get_mut(at)
    }
}
