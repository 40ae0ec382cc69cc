//! What is counted with each call by flow alone, beside what [`CallCounts`](super::CallCounts) has by action: a fine
//! histogram of waiting for each action would be much that nobody looks at.
//!
//! **The waiting is a histogram of narrow buckets** ([`WAITING`]), so that the waiting of a second, of an hour or of all
//! flows has percentiles of its own: buckets are added up, percentiles can't be.

use super::bounded::{Bounded, OTHER};
use crate::record::{CallOutcome, CallRecord};
use histogram::{AtomicHistogram, Config, Histogram};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Flows with figures of their own.
const MOST: usize = 1_000;

/// Buckets of waiting, in microseconds: each ends at most an eighth above its begin, the last above an hour.
pub const WAITING: Config = match Config::new(3, 32) {
    Ok(config) => config,
    Err(_) => panic!("powers that go together"),
};
/// Longer waits count as this one.
const LONGEST: u64 = u32::MAX as u64;

/// Calls of a flow, since the start.
#[derive(Debug)]
pub(super) struct FlowSeries {
    outcomes: [AtomicU64; CallOutcome::ALL.len()],
    waiting: AtomicHistogram,
}

impl Default for FlowSeries {
    fn default() -> Self {
        Self {
            outcomes: Default::default(),
            waiting: AtomicHistogram::with_config(&WAITING),
        }
    }
}

/// Calls by flow.
#[derive(Debug)]
pub(super) struct FlowCounts(Bounded<FlowSeries, 1>);

impl Default for FlowCounts {
    fn default() -> Self {
        Self(Bounded::new(MOST))
    }
}

/// What became of a flow's calls since the start.
#[derive(Clone, Debug)]
pub struct FlowFigures {
    /// The flow.
    pub flow: Box<str>,
    /// How many have ended so, in the order of [`CallOutcome::ALL`].
    pub outcomes: [u64; CallOutcome::ALL.len()],
    /// How long those waited that have waited: see [`CallRecord::has_waited`].
    pub waiting: Histogram,
}

impl FlowCounts {
    pub(super) fn count(&self, record: &CallRecord<'_>) {
        let entry = self.0.of([record.flow], [OTHER]);
        let FlowSeries { outcomes, waiting } = &entry.value;
        outcomes[record.outcome as usize].fetch_add(1, Relaxed);
        if record.outcome != CallOutcome::Cached && record.has_waited() {
            let waited = u64::try_from(record.waited.as_micros()).unwrap_or(LONGEST);
            // Nothing is beyond the last bucket.
            let _ = waiting.increment(waited.min(LONGEST));
        }
    }

    pub(super) fn read(&self) -> Vec<FlowFigures> {
        let all = self.0.all().into_iter();
        let figures = all.map(|entry| FlowFigures {
            flow: entry.labels[0].clone(),
            outcomes: entry.value.outcomes.each_ref().map(|it| it.load(Relaxed)),
            waiting: entry.value.waiting.load(),
        });
        figures.collect()
    }
}
