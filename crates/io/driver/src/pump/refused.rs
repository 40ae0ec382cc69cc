//! What the log says of an upstream that refuses calls which had room under all limits that are known.

use super::Pump;
use std::time::Duration;
use tollgate_engine::Mode;
use tollgate_model::{ExecutionId, Instant};

/// Shortest pause between two looks at all that is closed.
const LOOKS: Duration = Duration::from_secs(1);

impl Pump {
    /// Warns of a refusal with this status, and of what is closed since, where that begins. A flow in shadow is not held back,
    /// so that its calls are refused is no wonder.
    pub(super) fn warn_of_refusal(&mut self, id: ExecutionId, status: u16) {
        let Some(execution) = self.executions.get(&id) else {
            return;
        };
        let flow = self.engine.config().flows.get(execution.flow.index());
        if flow.is_none_or(|flow| flow.mode == Mode::Shadow) {
            return;
        }
        let now = self.clock.now();
        if self.warned.refusals.begins(execution.route, now) {
            let request = &execution.request;
            tracing::warn!(
                status,
                method = %request.method,
                host = request.url.host_str(),
                "the upstream refused a call that had room under all limits known: others use them too, or one isn't as \
                 configured; GET /api/v2/tollgate/limits shows what is learned of that, and tollgate limits adopt writes it down"
            );
        }
        self.warn_of_closings(now);
    }

    fn warn_of_closings(&mut self, now: Instant) {
        if self.warned.closings_due.is_some_and(|due| now < due) {
            return;
        }
        self.warned.closings_due = Some(now + LOOKS);
        for closed in self.engine.snapshot(now).closed {
            let kind = closed.what.kind();
            if self
                .warned
                .closings
                .begins((kind, closed.name.clone()), now)
            {
                tracing::warn!(
                    kind,
                    name = closed.name,
                    seconds = closed.until.since(now).as_secs_f64().ceil(),
                    "closed for now, for the upstream refuses calls: it opens by itself; GET /api/v2/tollgate/closings has \
                     what is closed"
                );
            }
        }
    }
}
