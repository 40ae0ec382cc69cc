//! How the task that owns the engine keeps up.

use prometheus_client::metrics::histogram::Histogram;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper ends of the histogram's buckets, in seconds: from a task that is free to one that a call's caller feels.
const BUCKETS: [f64; 9] = [
    0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5,
];

/// How the task that owns the engine keeps up.
#[derive(Debug)]
pub(crate) struct TaskFigures {
    steps: AtomicU64,
    lag: Histogram,
}

impl TaskFigures {
    pub(crate) fn new() -> Self {
        Self {
            steps: AtomicU64::new(0),
            lag: Histogram::new(BUCKETS),
        }
    }

    /// Counts a message that was taken up, or a timer.
    pub(crate) fn step(&self) {
        self.steps.fetch_add(1, Relaxed);
    }

    /// Notes how long a call's message lay in the inbox.
    pub(crate) fn taken_up_after(&self, span: Duration) {
        self.lag.observe(span.as_secs_f64());
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Relaxed)
    }

    pub(crate) fn lag(&self) -> &Histogram {
        &self.lag
    }
}
