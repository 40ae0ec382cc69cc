//! Who is told of calls.

use crate::line::CallLines;
use crate::metrics::CallCounts;
use crate::recent::Recent;
use crate::record::{CallRecord, Foretold};
use crate::records::Records;
use std::sync::Arc;

/// Tells everybody who wants to know of calls that have ended. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    records: Records,
    counts: Arc<CallCounts>,
    lines: CallLines,
    recent: Arc<Recent>,
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
        }
    }

    /// Takes the record of a call that has ended.
    pub fn ended(&self, record: &CallRecord<'_>, foretold: Foretold) {
        let counted = self.counts.count(record);
        self.recent.note(record, counted);
        self.lines.write(record);
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
    }
}
