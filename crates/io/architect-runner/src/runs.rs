//! What is known of runs: those under way and those that ended.

use crate::record::{Record, Status};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// Runs of one workflow that ask for a turn at once; the others sleep until one of these has had it.
const ASKING: usize = 8;
/// What a runner takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Runs at once.
    pub max_running: usize,
    /// Finished runs that can still be asked for; beyond it the oldest are forgotten.
    pub max_finished: usize,
    /// Lines kept of a transcript, the last ones.
    pub max_lines: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_running: 10_000,
            max_finished: 10_000,
            max_lines: 200,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) by_id: BTreeMap<String, Entry>,
    pub(crate) running: usize,
    finished: VecDeque<String>,
    /// Of each workflow that has runs, the places of those that ask for a turn.
    asking: BTreeMap<String, Weak<Semaphore>>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) task: Option<AbortHandle>,
}

pub(crate) fn lock(runs: &Mutex<Runs>) -> MutexGuard<'_, Runs> {
    // The tables are whole between two operations on them.
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970.
pub(crate) fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

impl Runs {
    /// The places of a workflow's runs that ask for a turn.
    pub(crate) fn asking(&mut self, workflow: &str) -> Arc<Semaphore> {
        if let Some(asking) = self.asking.get(workflow).and_then(Weak::upgrade) {
            return asking;
        }
        self.asking.retain(|_, asking| asking.strong_count() > 0);
        let asking = Arc::new(Semaphore::new(ASKING));
        self.asking
            .insert(workflow.to_owned(), Arc::downgrade(&asking));
        asking
    }

    pub(crate) fn finish(
        &mut self,
        id: &str,
        status: Status,
        outputs: Map<String, Value>,
        most: usize,
    ) {
        let Some(entry) = self.by_id.get_mut(id) else {
            return;
        };
        if entry.record.status != Status::Running {
            return;
        }
        entry.task = None;
        entry.record.ended = Some(wall());
        entry.record.status = status;
        entry.record.outputs = outputs;
        self.running -= 1;
        self.finished.push_back(id.to_owned());
        while self.finished.len() > most {
            if let Some(oldest) = self.finished.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }
}
