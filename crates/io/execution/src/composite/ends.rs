//! How the calls of a composite ended, for the audit log and for tests.

use crate::cause::Cause;
use std::sync::Arc;
use tollgate_definitions::Composite;

/// How one call of a composite ended.
#[derive(Clone, Debug)]
pub struct CallEnd {
    /// What the composite calls it.
    pub call: String,
    /// The id of the action.
    pub action: String,
    /// The action's version.
    pub version: i64,
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
    /// It was under way when another one ended the composite.
    Abandoned,
    /// The composite ended before it.
    NotMade,
}

/// How the calls of a composite have ended so far.
pub(super) struct Ends(Vec<CallEnd>);

impl Ends {
    pub(super) fn of(composite: &Composite) -> Self {
        let calls = composite.calls.iter().map(|inner| CallEnd {
            call: inner.name.clone(),
            action: inner.action.id.clone(),
            version: inner.action.version,
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
