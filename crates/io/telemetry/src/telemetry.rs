//! Who is told of calls.

use crate::line::CallLines;
use crate::metrics::CallCounts;
use crate::recent::Recent;
use crate::record::{CallRecord, Foretold};
use crate::records::Records;
use crate::traces::{CallTrace, SpanContext, Traces};
use std::sync::Arc;
use tollgate_model::Instant;

/// Tells everybody who wants to know of calls that have ended. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    records: Records,
    counts: Arc<CallCounts>,
    lines: CallLines,
    recent: Arc<Recent>,
    traces: Option<Traces>,
}

impl Telemetry {
    /// One that writes these lines.
    #[must_use]
    pub fn new(records: Records) -> Self {
        Self {
            records,
            counts: Arc::default(),
            lines: CallLines::default(),
            recent: Arc::default(),
            traces: None,
        }
    }

    /// The same, and makes spans of calls.
    #[must_use]
    pub fn tracing(self, traces: Option<Traces>) -> Self {
        Self { traces, ..self }
    }

    /// The place in its trace of a call that begins now, which is the instant `at` of the driver's time line; `parent`: the span
    /// that it belongs to. None where calls aren't traced.
    #[must_use]
    pub fn begin_trace(
        &self,
        parent: Option<&SpanContext>,
        at: impl FnOnce() -> Instant,
    ) -> Option<Arc<CallTrace>> {
        let traces = self.traces.as_ref()?;
        Some(Arc::new(traces.begin(parent, at())))
    }

    /// Spans that were sent, and spans that were not; none where calls aren't traced.
    #[must_use]
    pub fn spans(&self) -> Option<(u64, u64)> {
        let traces = self.traces.as_ref()?;
        Some((traces.sent(), traces.lost()))
    }

    /// Takes the record of a call that has ended.
    pub fn ended(&self, record: &CallRecord<'_>, foretold: Foretold) {
        let counted = self.counts.count(record);
        self.recent.note(record, counted);
        self.lines.write(record);
        if let Some(traces) = &self.traces {
            traces.ended(record);
        }
        self.records.note(record, foretold);
    }

    /// What was counted of calls.
    #[must_use]
    pub fn counts(&self) -> &CallCounts {
        &self.counts
    }

    /// The last calls.
    #[must_use]
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Lines of records that were not written.
    #[must_use]
    pub fn records_lost(&self) -> u64 {
        self.records.lost()
    }

    /// Whether anybody wants to know what would have become of calls, were nothing in shadow.
    #[must_use]
    pub fn wants_decisions(&self) -> bool {
        self.records.wanted()
    }

    /// Waits until nothing waits for a decision: until they were made, or whoever makes them has ended or drained. Then no
    /// more calls end, and what is to be said of all is said.
    pub async fn settle(&self) {
        self.lines.tell_left_out();
        self.records.settle().await;
        if let Some(traces) = &self.traces {
            traces.settle().await;
        }
    }
}
