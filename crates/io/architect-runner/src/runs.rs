//! What is known of runs: those under way and those that ended.

use crate::host::{Seat, wall};
use crate::record::{Record, Status};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// What a runner keeps of its runs.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Finished runs that can still be asked for; beyond it the oldest are forgotten.
    pub max_finished: usize,
    /// Lines kept of a transcript, the last ones.
    pub max_lines: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_finished: 10_000,
            max_lines: 200,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) by_id: BTreeMap<String, Entry>,
    finished: VecDeque<String>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    /// Of a run under way: its task, and its place among them.
    pub(crate) under_way: Option<(AbortHandle, Seat)>,
}

pub(crate) fn lock(runs: &Mutex<Runs>) -> MutexGuard<'_, Runs> {
    // The tables are whole between two operations on them.
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
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
        entry.under_way = None;
        entry.record.ended = Some(wall());
        entry.record.status = status;
        entry.record.outputs = outputs;
        self.finished.push_back(id.to_owned());
        while self.finished.len() > most {
            if let Some(oldest) = self.finished.pop_front() {
                self.by_id.remove(&oldest);
            }
        }
    }
}
