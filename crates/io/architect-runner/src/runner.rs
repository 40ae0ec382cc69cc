//! Starts runs, keeps what is known of them, and stops them.

use crate::record::{Record, Status, line};
use crate::{Failure, World};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tollgate_architect::{
    Answer, Effect, EffectId, End, Inputs, Library, Person, Progress, Run, Workflow,
};
use tollgate_model::Instant;
use tollgate_workers::{Refused, Workers};

/// How long a run waits for its turn to calculate: turns always come.
const TURN: Duration = Duration::from_secs(3600);
/// Runs of one workflow that ask for a turn at once; the others sleep until one of these has had it.
const ASKING: usize = 8;
/// Between two tries to get a place where calculations wait, while others have taken all of them.
const PAUSE: Duration = Duration::from_millis(20);

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

/// What a run begins with.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The workflow.
    pub workflow: Arc<Workflow>,
    /// The name that its calls give to [`World::call_data`].
    pub calls_as: String,
    /// Flows that it may call.
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
    #[error("{0}")]
    Inputs(String),
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

#[derive(Debug, Default)]
struct Runs {
    by_id: BTreeMap<String, Entry>,
    running: usize,
    finished: VecDeque<String>,
    /// Of each workflow that has runs, the places of those that ask for a turn.
    asking: BTreeMap<String, Weak<Semaphore>>,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    task: Option<AbortHandle>,
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
        let run = Run::new(launch.workflow, &inputs, started, launch.seed);
        let run = run.map_err(WorkflowsError::Inputs)?;
        let mut runs = self.lock();
        if runs.running >= self.bounds.max_running {
            return Err(WorkflowsError::Full(self.bounds.max_running));
        }
        if runs.by_id.contains_key(&id) {
            return Err(WorkflowsError::Taken);
        }
        let asking = runs.asking(&party);
        let driving = Driving {
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
        let task = tokio::spawn(driving.drive(run)).abort_handle();
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

fn lock(runs: &Mutex<Runs>) -> MutexGuard<'_, Runs> {
    // The tables are whole between two operations on them.
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970.
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

impl Runs {
    /// The places of a workflow's runs that ask for a turn.
    fn asking(&mut self, workflow: &str) -> Arc<Semaphore> {
        if let Some(asking) = self.asking.get(workflow).and_then(Weak::upgrade) {
            return asking;
        }
        self.asking.retain(|_, asking| asking.strong_count() > 0);
        let asking = Arc::new(Semaphore::new(ASKING));
        self.asking
            .insert(workflow.to_owned(), Arc::downgrade(&asking));
        asking
    }

    fn finish(&mut self, id: &str, status: Status, outputs: Map<String, Value>, most: usize) {
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

/// The task of one run.
struct Driving<W> {
    id: String,
    calls_as: Arc<str>,
    world: Arc<W>,
    runs: Arc<Mutex<Runs>>,
    workers: Option<Arc<Workers>>,
    /// Whose turn it is when the run calculates: the workflow's.
    party: String,
    /// Places of the workflow's runs that ask for a turn.
    asking: Arc<Semaphore>,
    bounds: Bounds,
    origin: tokio::time::Instant,
    started: Instant,
}

impl<W> Drop for Driving<W> {
    /// A task that ended in any other way than by its run's end has failed.
    fn drop(&mut self) {
        let status = Status::Failed(End::Failed("the run's task died".to_owned()));
        lock(&self.runs).finish(&self.id, status, Map::new(), self.bounds.max_finished);
    }
}

impl<W: World> Driving<W> {
    async fn drive(self, mut run: Run) {
        let mut under_way: Option<(EffectId, BoxFuture<'static, Answer>)> = None;
        let mut found = None;
        loop {
            let progress = match found.take() {
                Some(progress) => progress,
                None => run.next(self.now()),
            };
            match progress {
                Progress::Tell(tell) => self.note(line(&tell)),
                // The one before, if any, is given up: its step has timed out.
                Progress::Effect(id, effect) => under_way = Some((id, self.begin(effect))),
                Progress::Wait(until) if until <= self.now() => {
                    // It has much to calculate. Without an end of its task it has failed.
                    let Some((back, progress)) = self.aside(run).await else {
                        return;
                    };
                    (run, found) = (back, Some(progress));
                }
                Progress::Wait(until) => {
                    let pause = tokio::time::sleep_until(self.origin + until.since(Instant::ZERO));
                    match &mut under_way {
                        None => pause.await,
                        Some((id, effect)) => tokio::select! {
                            answer = effect => {
                                let id = *id;
                                under_way = None;
                                self.answer(&mut run, id, answer);
                            }
                            () = pause => {}
                        },
                    }
                }
                Progress::Ended(end) => return self.end(&run, end),
            }
        }
    }

    /// Goes on with the run where calculations are done; nothing if it panicked there.
    async fn aside(&self, mut run: Run) -> Option<(Run, Progress)> {
        let Some(workers) = &self.workers else {
            tokio::task::yield_now().await;
            let progress = run.next(self.now());
            return Some((run, progress));
        };
        // It is never closed; without a place the run would ask all the same.
        let _place = self.asking.acquire().await;
        let kept = Arc::new(Mutex::new(Some(run)));
        loop {
            let (lent, now) = (Arc::clone(&kept), self.now());
            let go_on = move |_| {
                let mut lent = lent.lock().unwrap_or_else(PoisonError::into_inner);
                let mut run = lent.take()?;
                let progress = run.next(now);
                Some((run, progress))
            };
            match workers.run_once(&self.party, TURN, go_on).await {
                Ok(done) => return done,
                Err(Refused::Died) => return None,
                // Others wait there already, as many as may.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn begin(&self, effect: Effect) -> BoxFuture<'static, Answer> {
        let world = Arc::clone(&self.world);
        match effect {
            Effect::CallData {
                category,
                action,
                inputs,
                timeout,
            } => {
                self.note(format!("calls {category} / {action}"));
                let calls_as = Arc::clone(&self.calls_as);
                async move {
                    let called = world.call_data(&calls_as, &category, &action, inputs, timeout);
                    match called.await {
                        Ok(outputs) => Answer::with("success", outputs),
                        Err(failure) => failure.of_action(),
                    }
                }
                .boxed()
            }
            Effect::Lookup { table, key } => async move {
                let Some(key) = key else {
                    return Answer::path("notFound");
                };
                match world.look_up(&table, &key).await {
                    Ok(Some(row)) => Answer::with("found", row),
                    Ok(None) => Answer::path("notFound"),
                    Err(failure) => failure.answer(),
                }
            }
            .boxed(),
            Effect::Person(_) => {
                self.note("nobody is there to be asked".to_owned());
                std::future::ready(Answer::Person(Person::HangsUp)).boxed()
            }
            Effect::Transfer { step, .. } => self.not_here(step),
            Effect::CallWorkflow { workflow, .. } => self.not_here(&workflow),
            Effect::Platform { step, .. } => self.not_here(step),
        }
    }

    fn not_here(&self, what: &str) -> BoxFuture<'static, Answer> {
        self.note(format!("not carried out here: {what}"));
        let message = format!("{what} is the platform's own and not carried out here");
        let failure = Failure::new("not.carried.out", message);
        std::future::ready(failure.answer()).boxed()
    }

    /// Answers that come too late are refused by the run, and it goes on.
    fn answer(&self, run: &mut Run, id: EffectId, answer: Answer) {
        if let Err(error) = run.answer(id, answer, self.now()) {
            self.note(format!("an answer was not taken: {error}"));
            // A step without this path could wait for ever; its run can't go on.
            run.hang_up(self.now());
        }
    }

    fn end(&self, run: &Run, end: End) {
        self.note(format!("ended: {end}"));
        let status = Status::of(end);
        lock(&self.runs).finish(&self.id, status, run.outputs(), self.bounds.max_finished);
    }

    fn note(&self, text: String) {
        let at = self.now().since(self.started);
        if let Some(entry) = lock(&self.runs).by_id.get_mut(&self.id) {
            entry.record.note(at, text, self.bounds.max_lines);
        }
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }
}
