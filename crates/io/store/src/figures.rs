//! How long the store takes, and whether it answers: all that is asked of it passes here.

use crate::backend::Mode;
use crate::error::{StoreError, StoreResult};
use prometheus_client::metrics::histogram::Histogram;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

/// Upper ends of the buckets, in seconds: from a file that is in memory to a database that is away.
const BUCKETS: [f64; 12] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 10.0,
];

/// How long the store takes, and whether it answers.
#[derive(Debug)]
pub struct StoreFigures {
    reads: Histogram,
    changes: Histogram,
    is_away: AtomicBool,
}

impl StoreFigures {
    pub(crate) fn new() -> Self {
        Self {
            reads: Histogram::new(BUCKETS),
            changes: Histogram::new(BUCKETS),
            is_away: AtomicBool::new(false),
        }
    }

    /// Whether it answered when it was last asked.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !self.is_away.load(Relaxed)
    }

    /// How long it took, in seconds, failures included, by what was asked of it.
    #[must_use]
    pub fn trips(&self) -> [(&'static str, &Histogram); 2] {
        [("read", &self.reads), ("change", &self.changes)]
    }

    /// Waits for what is asked of the store, and notes how that went.
    pub(crate) async fn measure<T>(
        &self,
        mode: Mode,
        work: impl Future<Output = StoreResult<T>>,
    ) -> StoreResult<T> {
        let begun = Instant::now();
        let outcome = work.await;
        let trips = match mode {
            Mode::Read | Mode::Check => &self.reads,
            Mode::Login | Mode::Append | Mode::Job | Mode::Write | Mode::Migrate => &self.changes,
        };
        trips.observe(begun.elapsed().as_secs_f64());
        let is_away = match &outcome {
            Err(StoreError::Database { .. } | StoreError::DiskFull) => true,
            // Whether it answers isn't known of one that had no place for what was asked.
            Err(StoreError::Busy { .. }) => self.is_away.load(Relaxed),
            _ => false,
        };
        self.is_away.store(is_away, Relaxed);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Entity;
    use std::future::ready;

    #[tokio::test]
    async fn it_is_up_again_once_it_answers() {
        let figures = StoreFigures::new();
        let database = || StoreError::Database {
            backend: "sqlite",
            message: String::new(),
            disconnected: true,
        };
        let missing = || StoreError::NotFound {
            entity: Entity::Job,
            id: String::new(),
        };
        let mut seen = Vec::new();
        for outcome in [
            Ok(()),
            Err(database()),
            Err(missing()),
            Err(StoreError::DiskFull),
        ] {
            let _ = figures.measure(Mode::Read, ready(outcome)).await;
            seen.push(figures.is_up());
        }
        assert_eq!(seen, [true, false, true, false]);
    }
}
