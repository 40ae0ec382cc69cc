//! Jobs, as the rest of the service sees them.

use crate::answer::Answer;
use crate::callback::{CallbackError, Callbacks};
use crate::held::Held;
use futures_util::future::BoxFuture;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};
use tollgate_definitions::wall_time;
use tollgate_driver::Sent;
use tollgate_secret::Secret;
use tollgate_store::{
    EntityId, Job, JobBounds, JobQuery, JobState, NewJob, Page, PageRequest, Store, StoreResult,
    WallTime,
};

/// What jobs are made of.
pub trait Work: Send + Sync + 'static {
    /// Makes a job's call once; it starts within that time, or not at all. Dropped, it is given up as when a caller
    /// hangs up. `sent` is set once it has sent what may not be sent twice.
    fn carry(
        &self,
        job: Job,
        inputs: String,
        within: Duration,
        sent: Sent,
    ) -> BoxFuture<'static, Tried>;

    /// The answer of a job whose call was given up after it had sent what may not be sent twice.
    fn given_up(&self, job: &Job) -> Answer;

    /// The answer of a job that wasn't carried out by its deadline, and that has no other.
    fn expired(&self, job: &Job) -> Answer;

    /// The answer of a job of which the store's part can't be read.
    fn unreadable(&self, job: &Job) -> Answer;

    /// What is told of a job's end.
    fn message(&self, job: &Job, answer: Option<&Secret>) -> String;
}

/// What came of one try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// There is an output.
    Fulfilled(Answer),
    /// There is none, and there won't be one.
    Failed(Answer),
    /// There is none; another try is worth it after this pause.
    Again(Answer, Duration),
}

/// How far the service is with its own end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Phase {
    /// It carries jobs out.
    Open,
    /// It takes no further jobs.
    Draining,
    /// What isn't over is put back.
    Cut,
}

/// Takes jobs in, and carries them out.
pub struct Jobs {
    pub(crate) store: Arc<Store>,
    pub(crate) work: Arc<dyn Work>,
    pub(crate) settings: tollgate_config::Jobs,
    callbacks: RwLock<Arc<Callbacks>>,
    pub(crate) held: Held,
    /// A job was taken in.
    pub(crate) taken_in: Notify,
    /// A job has ended whose end is to be told.
    pub(crate) ended: Notify,
    pub(crate) phase: watch::Sender<Phase>,
    /// Jobs and callbacks that are taken or under way.
    pub(crate) under_way: watch::Sender<usize>,
}

impl Jobs {
    /// Jobs of this store. They are carried out as long as [`Self::carry`] runs.
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        work: Arc<dyn Work>,
        settings: tollgate_config::Jobs,
        callbacks: Callbacks,
    ) -> Self {
        Self {
            store,
            work,
            settings,
            callbacks: RwLock::new(Arc::new(callbacks)),
            held: Held::default(),
            taken_in: Notify::new(),
            ended: Notify::new(),
            phase: watch::Sender::new(Phase::Open),
            under_way: watch::Sender::new(0),
        }
    }

    /// Who may be called back from now on, and how.
    pub fn follow(&self, callbacks: Callbacks) {
        *self
            .callbacks
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(callbacks);
    }

    pub(crate) fn callbacks(&self) -> Arc<Callbacks> {
        let callbacks = self.callbacks.read();
        Arc::clone(&callbacks.unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a job in. When this returns it is on the disk.
    ///
    /// # Errors
    /// `Full` where there are as many as there may be; otherwise whether it was taken in isn't known.
    pub async fn accept(&self, new: NewJob) -> StoreResult<Job> {
        let bounds = JobBounds {
            waiting_each: self.settings.waiting_each,
            waiting: self.settings.waiting,
            bytes_each: self.settings.bytes_each,
            bytes: self.settings.bytes,
        };
        let job = self.store.accept_job(new, &bounds, wall_time()).await?;
        self.taken_in.notify_one();
        Ok(job)
    }

    /// Whether a caller may have its ends told there.
    ///
    /// # Errors
    /// It may not.
    pub fn check_callback(&self, caller: &str, url: &str) -> Result<(), CallbackError> {
        self.callbacks().check(caller, url)
    }

    /// A job, and what it answered last.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: &EntityId) -> StoreResult<(Job, Option<Secret>)> {
        self.store.job_and_answer(id).await
    }

    /// A page of the jobs.
    ///
    /// # Errors
    /// The store's own.
    pub async fn list(&self, query: &JobQuery) -> StoreResult<Page<Job>> {
        self.store.list_jobs(query).await
    }

    /// How many jobs wait to be carried out.
    ///
    /// # Errors
    /// The store's own.
    pub async fn waiting(&self) -> StoreResult<u64> {
        let queued = JobQuery {
            caller: None,
            state: Some(JobState::Queued),
            page: PageRequest::new(1, 1)?,
        };
        Ok(self.store.list_jobs(&queued).await?.total)
    }

    /// Ends a job that isn't carried out. Gives whether that was done now, and the job as it is then.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn cancel(&self, id: &EntityId) -> StoreResult<(bool, Job)> {
        self.store.cancel_job(id, wall_time()).await
    }

    /// When a job that ended then is forgotten, at the earliest.
    #[must_use]
    pub fn forgotten(&self, ended: WallTime) -> WallTime {
        ended.plus(self.settings.keep)
    }

    /// What holds for jobs.
    #[must_use]
    pub fn settings(&self) -> &tollgate_config::Jobs {
        &self.settings
    }

    /// Takes no further jobs, waits until then for those under way, and then puts back what isn't over, for which
    /// there is time until `end`. True if nothing is left under way.
    pub async fn drain(&self, until: Instant, end: Instant) -> bool {
        self.phase.send_replace(Phase::Draining);
        let mut under_way = self.under_way.subscribe();
        let none = |count: &usize| *count == 0;
        if timeout_at(until, under_way.wait_for(none)).await.is_ok() {
            return true;
        }
        let jobs = *under_way.borrow();
        tracing::info!(jobs, "what of jobs isn't over is put back");
        self.phase.send_replace(Phase::Cut);
        timeout_at(end, under_way.wait_for(none)).await.is_ok()
    }
}
