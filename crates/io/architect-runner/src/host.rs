//! What all runs share, whoever begins them: the clock, how many there may be at once, and whose turn it is to
//! calculate.
//!
//! **Two ways to begin one.** A program begins a run that goes on by itself ([`crate::Runner`]), and asks for it
//! later; so there is a record of it. Whoever waits for the end instead ([`Host::play`]) has the run as long as it
//! waits, and nobody else can know of it: no record is made. Both take a place of the same number.

use crate::play::Player;
use crate::world::World;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use tollgate_architect::{BeginError, End, Inputs, Library, Place, Run, Workflow};
use tollgate_model::Instant;
use tollgate_workers::{WorkerError, Workers};

/// Runs of one workflow that ask for a turn at once; the others sleep until one of these has had it.
const ASKING: usize = 8;

/// What a run begins with.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The workflow.
    pub workflow: Arc<Workflow>,
    /// Workflows that it may call.
    pub library: Arc<Library>,
    /// Values of its input variables.
    pub inputs: Map<String, Value>,
    /// All the chance it has.
    pub seed: u64,
}

/// As many runs are under way as there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} runs are under way, which is the bound; try again when some have ended")]
pub struct Full(pub usize);

/// Why a run that somebody waited for has no outputs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlayError {
    /// As many runs are under way as there may be.
    #[error(transparent)]
    Full(#[from] Full),
    /// An input that the workflow doesn't have, or that isn't of its type.
    #[error(transparent)]
    Inputs(BeginError),
    /// The workers have too much to do to begin it.
    #[error(transparent)]
    Workers(#[from] WorkerError),
    /// It ended before its end: a step failed and nothing handled it, a bound was reached, or a first value can't be
    /// calculated.
    #[error("{why}")]
    Failed {
        /// How it ended, in words, which may quote values.
        why: String,
        /// The step that failed last, if one did.
        place: Option<Place>,
    },
}

impl From<BeginError> for PlayError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Fails(why) => Self::Failed { why, place: None },
            other => Self::Inputs(other),
        }
    }
}

/// What all runs share. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Host {
    max_running: usize,
    origin: tokio::time::Instant,
    wall_at_origin: i64,
    workers: Option<Arc<Workers>>,
    crowd: Arc<Mutex<Crowd>>,
}

/// The runs that are under way.
#[derive(Debug, Default)]
struct Crowd {
    running: usize,
    /// Of each workflow that has runs, the places of those that ask for a turn.
    asking: BTreeMap<String, Weak<Semaphore>>,
}

/// One run's place among those under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Mutex<Crowd>>);

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.0).running -= 1;
    }
}

fn lock(crowd: &Mutex<Crowd>) -> MutexGuard<'_, Crowd> {
    // The count and the table are whole between two operations on them.
    crowd.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970.
pub(crate) fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

impl Host {
    /// A host whose time begins now, of so many runs at once.
    #[must_use]
    pub fn new(max_running: usize) -> Self {
        Self {
            max_running,
            origin: tokio::time::Instant::now(),
            wall_at_origin: wall(),
            workers: None,
            crowd: Arc::default(),
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
    /// as if it had been then when the host was made. Without it they count from when it was.
    #[must_use]
    pub fn with_wall_clock(self, milliseconds: i64) -> Self {
        Self {
            wall_at_origin: milliseconds,
            ..self
        }
    }

    /// How many runs are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        lock(&self.crowd).running
    }

    /// Runs a workflow to its end, and gives the variables marked as outputs. Dropping the future gives the run up,
    /// and what it asks for with it. `within`: how long it may wait for a worker that begins it.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub async fn play<W: World>(
        &self,
        launch: Launch,
        world: Arc<W>,
        within: Duration,
    ) -> Result<Map<String, Value>, PlayError> {
        let _seat = self.enter()?;
        let player = self.player(&launch.workflow, world);
        // First values of variables may take long to calculate.
        let run = match &self.workers {
            None => self.begin(launch)?,
            Some(workers) => {
                let here = self.clone();
                let begin = move |_| here.begin(launch);
                workers.run_once(&player.party, within, begin).await??
            }
        };
        let played = player.drive(run, &mut |_| ()).await;
        let played = played.ok_or(WorkerError::Died)?;
        match played.end {
            End::Step { .. } | End::Transferred { .. } => Ok(played.run.outputs()),
            End::HungUp => Err(PlayError::Failed {
                why: "nobody is there to be asked".to_owned(),
                place: None,
            }),
            End::Failed(why) | End::Bound(why) => Err(PlayError::Failed {
                why,
                place: played.failed_at,
            }),
        }
    }

    /// The run, at its begin. It takes no place yet.
    pub(crate) fn begin(&self, launch: Launch) -> Result<Run, BeginError> {
        let inputs = Inputs {
            variables: launch.inputs,
            wall_at_origin: self.wall_at_origin,
            library: launch.library,
            ..Inputs::default()
        };
        let now = Instant::ZERO + self.origin.elapsed();
        Run::new(launch.workflow, &inputs, now, launch.seed)
    }

    /// A place among the runs under way.
    pub(crate) fn enter(&self) -> Result<Seat, Full> {
        let mut crowd = lock(&self.crowd);
        if crowd.running >= self.max_running {
            return Err(Full(self.max_running));
        }
        crowd.running += 1;
        Ok(Seat(Arc::clone(&self.crowd)))
    }

    /// What drives a run of the workflow in that world.
    pub(crate) fn player<W>(&self, workflow: &Workflow, world: Arc<W>) -> Player<W> {
        let party = format!("workflow {}", workflow.name());
        Player {
            world,
            workers: self.workers.clone(),
            asking: self.asking(&party),
            party,
            origin: self.origin,
        }
    }

    /// The places of a workflow's runs that ask for a turn.
    fn asking(&self, party: &str) -> Arc<Semaphore> {
        let mut crowd = lock(&self.crowd);
        if let Some(asking) = crowd.asking.get(party).and_then(Weak::upgrade) {
            return asking;
        }
        crowd.asking.retain(|_, asking| asking.strong_count() > 0);
        let asking = Arc::new(Semaphore::new(ASKING));
        let known = Arc::downgrade(&asking);
        crowd.asking.insert(party.to_owned(), known);
        asking
    }
}
