//! How late this machine is: a task that sleeps measures how much longer it slept than it wanted to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// How long the task sleeps at a time.
const NAP: Duration = Duration::from_millis(5);

/// A watch on the machine; ends when dropped.
pub(super) struct Lag {
    naps: Arc<Mutex<Vec<Duration>>>,
    task: AbortHandle,
}

impl Lag {
    pub(super) fn watch() -> Self {
        let naps = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&naps);
        let task = tokio::spawn(async move {
            loop {
                let begun = Instant::now();
                tokio::time::sleep(NAP).await;
                let late = begun.elapsed().saturating_sub(NAP);
                let mut naps = noted.lock().unwrap_or_else(PoisonError::into_inner);
                naps.push(late);
            }
        });
        Self {
            naps,
            task: task.abort_handle(),
        }
    }

    /// What 95 of 100 naps were late by at the most.
    pub(super) fn usual(&self) -> Duration {
        let mut naps = self.naps.lock().unwrap_or_else(PoisonError::into_inner);
        naps.sort();
        let at = naps.len().saturating_sub(1) * 95 / 100;
        naps.get(at).copied().unwrap_or_default()
    }
}

impl Drop for Lag {
    fn drop(&mut self) {
        self.task.abort();
    }
}
