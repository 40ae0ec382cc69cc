//! How the calls of a composite ended, for the audit log and for tests.

use crate::cause::Cause;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_definitions::{CatalogAction, CatalogIntegration, InnerCalls};

/// Calls of one composite that an audit log and a test tell of, the first ones. A list has fewer; how many a run of a
/// workflow makes, is bounded by its steps alone.
pub const MOST_TOLD: usize = 50;

/// How one call of a composite ended.
#[derive(Clone, Debug)]
pub struct CallEnd {
    /// What the composite calls it: of a list the call's name, of a workflow the action's.
    pub call: String,
    /// The action.
    pub action: Arc<CatalogAction>,
    /// Its integration.
    pub target: Arc<CatalogIntegration>,
    /// Whether the composite goes on without its answer. A workflow always may.
    pub optional: bool,
    /// How it ended.
    pub ended: Ended,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It has an output.
    Answered,
    /// It has none; with the upstream's status, if that answered.
    Failed(Cause, Option<u16>),
    /// It was under way when something else ended it: another call, the time, a workflow's step.
    Abandoned,
    /// The composite ended before it.
    NotMade,
}

/// How the calls of a list have ended so far.
pub(super) struct Ends(Vec<CallEnd>);

impl Ends {
    pub(super) fn of(list: &InnerCalls) -> Self {
        let calls = list.calls.iter().map(|inner| CallEnd {
            call: inner.name.clone(),
            action: Arc::clone(&inner.action),
            target: Arc::clone(&inner.target),
            optional: inner.optional,
            ended: Ended::NotMade,
        });
        Self(calls.collect())
    }

    /// Notes that a call begins; no if it has begun already.
    pub(super) fn begin(&mut self, at: usize) -> bool {
        let is_new = self.0[at].ended == Ended::NotMade;
        if is_new {
            self.0[at].ended = Ended::Abandoned;
        }
        is_new
    }

    pub(super) fn note(&mut self, at: usize, ended: Ended) {
        self.0[at].ended = ended;
    }

    pub(super) fn told(self) -> Arc<[CallEnd]> {
        self.0.into()
    }
}

/// The calls that a run of a workflow has made so far.
#[derive(Default)]
pub(super) struct Log(Mutex<Logged>);

#[derive(Default)]
struct Logged {
    calls: Vec<CallEnd>,
    /// The longest wait of one.
    waited: Duration,
}

/// A call's place in a log.
pub(super) struct Noted(usize);

impl Log {
    /// Notes that a call begins.
    pub(super) fn begin(
        &self,
        (action, target): (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
    ) -> Noted {
        let calls = &mut self.lock().calls;
        calls.push(CallEnd {
            call: action.name.clone(),
            action: Arc::clone(action),
            target: Arc::clone(target),
            optional: true,
            ended: Ended::Abandoned,
        });
        Noted(calls.len() - 1)
    }

    pub(super) fn note(&self, Noted(at): Noted, ended: Ended, waited: Duration) {
        let mut logged = self.lock();
        logged.waited = logged.waited.max(waited);
        if let Some(call) = logged.calls.get_mut(at) {
            call.ended = ended;
        }
    }

    /// The action of the last call, if that hasn't ended.
    pub(super) fn under_way(&self) -> Option<String> {
        let logged = self.lock();
        let last = logged.calls.last();
        let last = last.filter(|call| call.ended == Ended::Abandoned);
        last.map(|call| call.call.clone())
    }

    /// The longest wait, and how the calls ended.
    pub(super) fn told(&self) -> (Duration, Arc<[CallEnd]>) {
        let logged = self.lock();
        (logged.waited, logged.calls.as_slice().into())
    }

    fn lock(&self) -> MutexGuard<'_, Logged> {
        // Each operation on it leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
