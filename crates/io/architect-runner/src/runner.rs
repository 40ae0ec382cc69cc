//! Starts runs that go on by themselves, keeps what is known of them, and stops them.

use crate::host::{Full, Host, Launch, wall};
use crate::record::{Caption, Record, Status};
use crate::runs::{Bounds, Entry, Runs, lock};
use crate::task::RunTask;
use crate::world::World;
use serde_json::Map;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tollgate_architect::BeginError;

/// Why a run did not begin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WorkflowsError {
    /// As many runs are under way as there may be.
    #[error(transparent)]
    Full(#[from] Full),
    /// An input that the workflow doesn't have, or that isn't of its type.
    #[error(transparent)]
    Inputs(#[from] BeginError),
    /// There is a run of that id already.
    #[error("a run with this id is there already")]
    Taken,
}

/// Runs of any number of workflows, by id.
#[derive(Debug)]
pub struct Runner {
    host: Host,
    bounds: Bounds,
    runs: Arc<Mutex<Runs>>,
}

impl Runner {
    /// A runner of runs at that host.
    #[must_use]
    pub fn new(host: Host, bounds: Bounds) -> Self {
        Self {
            host,
            bounds,
            runs: Arc::default(),
        }
    }

    /// Begins a run on the current tokio runtime.
    ///
    /// # Errors
    /// See [`WorkflowsError`]; nothing has begun then.
    pub fn launch<W: World>(
        &self,
        caption: Caption,
        launch: Launch,
        world: Arc<W>,
    ) -> Result<(), WorkflowsError> {
        let Caption { id, name, source } = caption;
        let workflow = Arc::clone(&launch.workflow);
        let started = tokio::time::Instant::now();
        let run = self.host.begin(launch)?;
        let seat = self.host.enter()?;
        let mut runs = self.lock();
        if runs.by_id.contains_key(&id) {
            return Err(WorkflowsError::Taken);
        }
        let task = RunTask {
            id: id.clone(),
            runs: Arc::clone(&self.runs),
            bounds: self.bounds,
            started,
        };
        let record = Record {
            workflow: workflow.name().into(),
            name,
            source,
            started: wall(),
            ended: None,
            status: Status::Running,
            outputs: Map::new(),
            transcript: VecDeque::new(),
            lines_dropped: 0,
        };
        let player = self.host.player(&workflow, world);
        let task = tokio::spawn(task.drive(player, run)).abort_handle();
        let under_way = Some((task, seat));
        runs.by_id.insert(id, Entry { record, under_way });
        Ok(())
    }

    /// What is known of a run; none if it never was, or is forgotten.
    #[must_use]
    pub fn record(&self, id: &str) -> Option<Record> {
        self.lock().by_id.get(id).map(|entry| entry.record.clone())
    }

    /// Stops a run. No if it isn't under way.
    pub fn stop(&self, id: &str) -> bool {
        let mut runs = self.lock();
        let entry = runs.by_id.get_mut(id);
        let Some((task, _seat)) = entry.and_then(|entry| entry.under_way.take()) else {
            return false;
        };
        task.abort();
        runs.finish(id, Status::Stopped, Map::new(), self.bounds.max_finished);
        true
    }

    /// What its runs share with others.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        lock(&self.runs)
    }
}
