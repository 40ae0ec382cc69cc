//! Starts runs, keeps what is known of them, and stops them.

use crate::record::{Record, Status};
use crate::runs::{Bounds, Entry, Runs, lock, wall};
use crate::task::RunTask;
use crate::world::World;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tollgate_architect::{BeginError, Inputs, Library, Run, Workflow};
use tollgate_model::Instant;
use tollgate_workers::Workers;

/// What a run begins with.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The workflow.
    pub workflow: Arc<Workflow>,
    /// The name that its calls give to [`World::call_data`].
    pub calls_as: String,
    /// Workflows that it may call.
    pub library: Arc<Library>,
    /// The caller's own name for the run.
    pub name: Option<String>,
    /// Values of its input variables.
    pub inputs: Map<String, Value>,
    /// All the chance it has.
    pub seed: u64,
}

/// Why a run did not begin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WorkflowsError {
    /// As many runs are under way as there may be.
    #[error("{0} runs are under way, which is the bound; try again when some have ended")]
    Full(usize),
    /// An input that the workflow doesn't have, or that isn't of its type.
    #[error(transparent)]
    Inputs(#[from] BeginError),
    /// There is a run of that id already.
    #[error("a run with this id is there already")]
    Taken,
}

/// Runs of any number of workflows, by id.
#[derive(Debug)]
pub struct Runner<W> {
    world: Arc<W>,
    bounds: Bounds,
    origin: tokio::time::Instant,
    wall_at_origin: i64,
    runs: Arc<Mutex<Runs>>,
    workers: Option<Arc<Workers>>,
}

impl<W: World> Runner<W> {
    /// A runner whose time begins now.
    #[must_use]
    pub fn new(world: Arc<W>, bounds: Bounds) -> Self {
        Self {
            world,
            bounds,
            origin: tokio::time::Instant::now(),
            wall_at_origin: wall(),
            runs: Arc::default(),
            workers: None,
        }
    }

    /// Runs that have much to calculate do it there, where each workflow has its turn.
    #[must_use]
    pub fn with_workers(self, workers: Arc<Workers>) -> Self {
        Self {
            workers: Some(workers),
            ..self
        }
    }

    /// Dates that workflows ask for count from this moment of the wall clock, in milliseconds since 1970 in UTC,
    /// as if it had been then when the runner was made. Without it they count from when it was.
    #[must_use]
    pub fn with_wall_clock(self, milliseconds: i64) -> Self {
        Self {
            wall_at_origin: milliseconds,
            ..self
        }
    }

    /// Begins a run on the current tokio runtime.
    ///
    /// # Errors
    /// See [`WorkflowsError`]; nothing has begun then.
    pub fn launch(&self, id: String, launch: Launch) -> Result<(), WorkflowsError> {
        let inputs = Inputs {
            variables: launch.inputs,
            wall_at_origin: self.wall_at_origin,
            library: launch.library,
            ..Inputs::default()
        };
        let started = self.now();
        let workflow: Arc<str> = launch.workflow.name().into();
        let party = format!("workflow {}", launch.workflow.name());
        let run = Run::new(launch.workflow, &inputs, started, launch.seed)?;
        let mut runs = self.lock();
        if runs.running >= self.bounds.max_running {
            return Err(WorkflowsError::Full(self.bounds.max_running));
        }
        if runs.by_id.contains_key(&id) {
            return Err(WorkflowsError::Taken);
        }
        let asking = runs.asking(&party);
        let task = RunTask {
            id: id.clone(),
            calls_as: launch.calls_as.into(),
            world: Arc::clone(&self.world),
            runs: Arc::clone(&self.runs),
            workers: self.workers.clone(),
            party,
            asking,
            bounds: self.bounds,
            origin: self.origin,
            started,
        };
        let record = Record {
            workflow,
            name: launch.name,
            started: wall(),
            ended: None,
            status: Status::Running,
            outputs: Map::new(),
            transcript: VecDeque::new(),
            lines_dropped: 0,
        };
        let task = tokio::spawn(task.drive(run)).abort_handle();
        runs.running += 1;
        let task = Some(task);
        runs.by_id.insert(id, Entry { record, task });
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
        let Some(task) = runs.by_id.get_mut(id).and_then(|entry| entry.task.take()) else {
            return false;
        };
        task.abort();
        runs.finish(id, Status::Stopped, Map::new(), self.bounds.max_finished);
        true
    }

    /// How many runs are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        self.lock().running
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        lock(&self.runs)
    }
}
