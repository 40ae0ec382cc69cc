//! Figures of a running driver, for whoever watches it.

use crate::Driver;
use crate::pump::Pump;
use prometheus_client::metrics::histogram::Histogram;
use std::time::Duration;
use tollgate_engine::Snapshot;

/// What the driver and its engine can tell at one instant.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The engine's state.
    pub snapshot: Snapshot,
    /// By flow, how long the oldest call waits of which nothing was sent yet.
    pub oldest: Vec<Option<Duration>>,
}

impl Driver {
    /// The snapshot, and what the driver itself can tell; `None` once the engine stopped.
    pub async fn figures(&self) -> Option<Figures> {
        let figures = |pump: &mut Pump| Figures {
            snapshot: pump.snapshot(),
            oldest: pump.oldest(),
        };
        self.ask(figures).await
    }

    /// Messages and timers that the engine's task has taken up since the start.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.shared().figures.steps()
    }

    /// How long calls lay in the inbox of the engine's task, in seconds.
    #[must_use]
    pub fn lag(&self) -> &Histogram {
        self.shared().figures.lag()
    }
}
