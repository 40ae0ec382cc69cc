//! What can be seen of the task and its engine.

use super::Pump;
use std::time::Duration;
use tollgate_engine::{LearnedView, Snapshot};

impl Pump {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.engine.snapshot(self.clock.now());
        snapshot.headers_ignored += self.headers_ignored;
        snapshot
    }

    /// How long the oldest execution of each flow has waited of which nothing was sent yet.
    pub(crate) fn oldest(&self) -> Vec<Option<Duration>> {
        let mut oldest = vec![None; self.engine.config().flows.len()];
        let now = self.clock.now();
        for execution in self.executions.values() {
            if let (None, Some(oldest)) =
                (execution.first_sent, oldest.get_mut(execution.flow.index()))
            {
                *oldest = (*oldest).max(Some(now.since(execution.submitted)));
            }
        }
        oldest
    }

    pub(crate) fn learned(&self) -> Vec<LearnedView> {
        self.engine.learned()
    }
}
