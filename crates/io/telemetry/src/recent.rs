//! The last calls, to be looked up by their names, and the last that have no output.
//!
//! **Bounds.** [`CALLS`] calls, and of those without an output [`FAILURES`] that were refused and as many that failed, so that
//! a storm of refusals leaves the failures where they are. The oldest go first.
//!
//! **A call that went well costs no text**: its names are those that its figures have. Of a call that found no room
//! there (`metrics::calls`) they say `_other`, but where it has no output.

use crate::metrics::Counted;
use crate::record::{CallId, CallOutcome, CallRecord};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tollgate_cache::Source;

/// Calls that can be looked up.
pub const CALLS: usize = 10_000;
/// Calls without an output that are at hand: so many refused ones, and as many failed ones.
pub const FAILURES: usize = 200;

/// A call that has ended, as it is remembered: see [`CallRecord`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the record's field of that name")]
pub struct SeenCall {
    pub id: CallId,
    pub parent: Option<CallId>,
    pub asked: SystemTime,
    pub whole: Duration,
    pub waited: Duration,
    pub upstream: Option<Duration>,
    pub attempts: u32,
    pub flow: Box<str>,
    pub integration: Box<str>,
    /// What was called: an action's name, or method and path.
    pub subject: Box<str>,
    pub outcome: CallOutcome,
    pub source: Option<Source>,
    pub cause: Option<&'static str>,
    pub limit: Option<Box<str>>,
    /// Of a call without an output.
    pub caller_correlation: Option<Box<str>>,
    /// Of a call without an output.
    pub upstream_correlation: Option<Box<str>>,
    pub status: Option<u16>,
}

impl SeenCall {
    fn of(record: &CallRecord<'_>) -> Self {
        Self {
            id: record.id,
            parent: record.parent,
            asked: record.asked,
            whole: record.whole,
            waited: record.waited,
            upstream: record.upstream,
            attempts: record.attempts,
            flow: record.flow.into(),
            integration: record.integration.into(),
            subject: record.subject.to_string().into(),
            outcome: record.outcome,
            source: record.source,
            cause: record.cause,
            limit: record.limit.map(Box::from),
            caller_correlation: record.caller_correlation.map(Box::from),
            upstream_correlation: record.upstream_correlation.map(Box::from),
            status: record.status,
        }
    }
}

/// A call that has an output, or whose caller left: its figures know its names.
#[derive(Debug)]
struct Brief {
    id: CallId,
    parent: Option<CallId>,
    asked: SystemTime,
    whole: Duration,
    waited: Duration,
    upstream: Option<Duration>,
    attempts: u32,
    outcome: CallOutcome,
    source: Option<Source>,
    status: Option<u16>,
    counted: Counted,
}

impl Brief {
    fn seen(&self) -> SeenCall {
        let (flow, integration, subject) = self.counted.names();
        SeenCall {
            id: self.id,
            parent: self.parent,
            asked: self.asked,
            whole: self.whole,
            waited: self.waited,
            upstream: self.upstream,
            attempts: self.attempts,
            flow: flow.into(),
            integration: integration.into(),
            subject: subject.into(),
            outcome: self.outcome,
            source: self.source,
            cause: None,
            limit: None,
            caller_correlation: None,
            upstream_correlation: None,
            status: self.status,
        }
    }
}

#[derive(Debug)]
enum Entry {
    Brief(Brief),
    Whole(Box<SeenCall>),
}

impl Entry {
    fn id(&self) -> CallId {
        match self {
            Self::Brief(brief) => brief.id,
            Self::Whole(seen) => seen.id,
        }
    }

    fn seen(&self) -> SeenCall {
        match self {
            Self::Brief(brief) => brief.seen(),
            Self::Whole(seen) => (**seen).clone(),
        }
    }
}

/// The last calls.
#[derive(Debug, Default)]
pub struct Recent {
    calls: Mutex<VecDeque<Entry>>,
    refused: Mutex<VecDeque<SeenCall>>,
    failed: Mutex<VecDeque<SeenCall>>,
}

impl Recent {
    /// The call of this name; none where it is too long ago, or hasn't ended.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<SeenCall> {
        let calls = locked(&self.calls);
        calls.iter().rev().find(|it| it.id() == id).map(Entry::seen)
    }

    /// The last calls that were refused or have failed, the newest first.
    #[must_use]
    pub fn failures(&self) -> Vec<SeenCall> {
        let mut all: Vec<_> = locked(&self.refused).iter().cloned().collect();
        all.extend(locked(&self.failed).iter().cloned());
        all.sort_by_key(|it| std::cmp::Reverse(it.asked + it.whole));
        all
    }

    pub(crate) fn note(&self, record: &CallRecord<'_>, counted: Counted) {
        let entry = match record.cause {
            None => Entry::Brief(Brief {
                id: record.id,
                parent: record.parent,
                asked: record.asked,
                whole: record.whole,
                waited: record.waited,
                upstream: record.upstream,
                attempts: record.attempts,
                outcome: record.outcome,
                source: record.source,
                status: record.status,
                counted,
            }),
            Some(_) => {
                let seen = SeenCall::of(record);
                let without = match record.outcome {
                    CallOutcome::Refused => &self.refused,
                    _ => &self.failed,
                };
                push(&mut locked(without), seen.clone(), FAILURES);
                Entry::Whole(Box::new(seen))
            }
        };
        push(&mut locked(&self.calls), entry, CALLS);
    }
}

fn push<T>(to: &mut VecDeque<T>, entry: T, most: usize) {
    if to.len() >= most {
        to.pop_front();
    }
    to.push_back(entry);
}

fn locked<T>(ring: &Mutex<T>) -> MutexGuard<'_, T> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Subject, Telemetry};

    fn record<'a>(
        id: CallId,
        cause: Option<&'static str>,
        limit: Option<&'a str>,
    ) -> CallRecord<'a> {
        let outcome = match (cause, limit) {
            (None, _) => CallOutcome::Answered,
            (_, None) => CallOutcome::Failed,
            (_, Some(_)) => CallOutcome::Refused,
        };
        CallRecord {
            id,
            parent: None,
            asked: SystemTime::UNIX_EPOCH,
            whole: Duration::from_millis(240),
            waited: Duration::from_millis(30),
            upstream: None,
            attempts: 1,
            flow: "voice",
            integration: "Web",
            subject: Subject::Passed {
                method: "GET",
                template: "/orders/{id}",
            },
            outcome,
            source: None,
            cause,
            limit,
            waited_for: None,
            caller_correlation: None,
            upstream_correlation: None,
            status: None,
            trace: None,
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_a_storm_of_refusals_leaves_failures() {
        let telemetry = Telemetry::default();
        let (failed, answered) = (CallId::draw(), CallId::draw());
        telemetry.ended(&record(failed, Some("upstream.error"), None), None);
        telemetry.ended(&record(answered, None, None), None);
        let recent = telemetry.recent();
        let seen = recent.call(answered).unwrap();
        assert_eq!((&*seen.flow, &*seen.subject), ("voice", "GET /orders/{id}"));
        for _ in 0..CALLS - 1 {
            let refused = record(CallId::draw(), Some("queue.full"), Some("org.rate"));
            telemetry.ended(&refused, None);
        }
        assert!(recent.call(failed).is_none());
        assert!(recent.call(answered).is_some());
        let failures = recent.failures();
        assert_eq!(failures.len(), FAILURES + 1);
        assert!(failures.iter().any(|it| it.id == failed));
    }
}
