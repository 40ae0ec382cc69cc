//! Where a call's calculations run.
//!
//! Checks, rendering, reading and mapping are done at once where they are small, which nearly all are: on the
//! thread that serves the connection, within [`Budget::TRIAL`]. What needs more is thrown away and done again
//! by the workers, within what is left of [`Budget::EXECUTION`]: an integration's calculations take turns with
//! those of others there. That an action needed more is remembered for a while, so that it isn't tried in
//! vain each time.
//!
//! All of them are pure, so that doing one again changes nothing.

use crate::cause::Cause;
use crate::error::ExecuteError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tollgate_meter::{Budget, Exhausted, Meter};
use tollgate_workers::Workers;

/// How long it is remembered that an action needs the workers.
const REMEMBERED: Duration = Duration::from_secs(30);
/// Actions that are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// The workers, and which actions need them.
#[derive(Debug)]
pub(crate) struct Works {
    workers: Arc<Workers>,
    heavy: Mutex<HashMap<String, Instant>>,
}

/// Whose work it is, and what of the call's budget is used.
#[derive(Debug)]
pub(crate) struct Job {
    /// The integration.
    party: String,
    /// What needs the workers, or doesn't: an action, with its version.
    what: String,
    /// How long it may wait for a worker.
    within: Duration,
    steps: AtomicU64,
}

impl Job {
    pub(crate) fn new(party: &str, what: String, within: Duration) -> Self {
        Self {
            party: party.to_owned(),
            what,
            within,
            steps: AtomicU64::new(0),
        }
    }

    fn left(&self) -> Budget {
        let whole = Budget::EXECUTION;
        let used = self.steps.load(Ordering::Relaxed);
        Budget {
            steps: whole.steps.saturating_sub(used),
            ..whole
        }
    }

    fn note(&self, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }
}

impl Works {
    pub(crate) fn new(workers: Arc<Workers>) -> Self {
        Self {
            workers,
            heavy: Mutex::default(),
        }
    }

    /// Does the work here if it is small, else by the workers.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: &Job,
        work: impl Fn(&Meter) -> Result<T, ExecuteError> + Send + 'static,
    ) -> Result<T, ExecuteError> {
        if !self.is_heavy(&job.what) {
            let meter = Meter::new(Budget::TRIAL.min(job.left()));
            let result = work(&meter);
            if meter.stopped().is_none() {
                job.note(meter.steps_used());
                return result;
            }
            self.remember(&job.what);
        }
        self.aside(job, work).await
    }

    /// Has the work done by the workers.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        job: &Job,
        work: impl Fn(&Meter) -> Result<T, ExecuteError> + Send + 'static,
    ) -> Result<T, ExecuteError> {
        let left = job.left();
        let calculation = move |interrupt| {
            let meter = Meter::interruptible(left, interrupt);
            let result = work(&meter);
            (result, meter.steps_used(), meter.stopped())
        };
        let done = self.workers.run(&job.party, job.within, calculation).await;
        let (result, steps, stopped) = done?;
        job.note(steps);
        match (result, stopped) {
            (Err(error), Some(Exhausted::Interrupted)) => Err(too_long(&error)),
            (result, _) => result,
        }
    }

    /// Does work that isn't metered, and is bounded by the size of what it is given, by the workers.
    pub(crate) async fn away<T: Send + 'static>(
        &self,
        job: &Job,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ExecuteError> {
        let done = self.workers.run_once(&job.party, job.within, |_| work());
        Ok(done.await?)
    }

    fn is_heavy(&self, what: &str) -> bool {
        let heavy = self.heavy.lock().unwrap_or_else(PoisonError::into_inner);
        heavy.get(what).is_some_and(|until| Instant::now() < *until)
    }

    fn remember(&self, what: &str) {
        let now = Instant::now();
        let mut heavy = self.heavy.lock().unwrap_or_else(PoisonError::into_inner);
        if heavy.len() >= MAX_REMEMBERED {
            heavy.retain(|_, until| now < *until);
        }
        if heavy.len() < MAX_REMEMBERED {
            heavy.insert(what.to_owned(), now + REMEMBERED);
        }
    }
}

fn too_long(error: &ExecuteError) -> ExecuteError {
    let message = format!(
        "The execution's calculations took too long. Send less, or make the action simpler. {}",
        error.message
    );
    ExecuteError::new(Cause::LongCalculation, message)
}
