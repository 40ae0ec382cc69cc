//! The task that takes what is due, carries it out, and says what became of it.

use crate::again::pause;
use crate::callback::Told;
use crate::jobs::{Jobs, Phase, Tried};
use crate::places::{Places, Room};
use crate::trouble::grown;
use crate::{CLAIM, HOLD, TURN};
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tollgate_definitions::wall_time;
use tollgate_driver::Sent;
use tollgate_store::{
    CallbackState, Claim, EndedJob, JobState, JobTask, StoreError, StoreResult, TakenJob, WallTime,
};

/// Between two looks for what is due, where nothing wakes the task.
const POLL: Duration = Duration::from_secs(1);
/// Between two renewals of the claims.
const RENEWAL: Duration = Duration::from_secs(5);
/// Callbacks made at once.
const CALLBACKS: u32 = 16;

/// What becomes of a job that was taken.
enum Becomes {
    Ended(EndedJob),
    PutBack(WallTime, Option<crate::Answer>),
    Told(CallbackState, Option<u16>, WallTime),
}

/// One that is taken, or under way, until it is dropped: it counts, and its claim is renewed.
struct UnderWay {
    jobs: Arc<Jobs>,
    claim: Option<Claim>,
}

impl UnderWay {
    fn new(jobs: &Arc<Jobs>, claim: Option<&Claim>) -> Self {
        jobs.under_way.send_modify(|count| *count += 1);
        Self {
            jobs: Arc::clone(jobs),
            claim: claim.cloned(),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(claim) = &self.claim {
            self.jobs.held.remove(claim);
        }
        self.jobs.under_way.send_modify(|count| *count -= 1);
    }
}

impl Jobs {
    /// Carries jobs out, for as long as the service lives.
    pub async fn carry(self: Arc<Self>) {
        self.release().await;
        tokio::join!(
            self.in_turns(JobTask::CarryOut, self.settings.at_once),
            self.in_turns(JobTask::CallBack, CALLBACKS),
            self.renew()
        );
    }

    /// Where no other service uses the store, jobs that were under way when the last one died are due now.
    async fn release(&self) {
        match self.store.release_jobs(wall_time()).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "jobs that were under way are taken again"),
            Err(error) => {
                tracing::warn!(%error, "jobs that were under way wait until their claims end")
            }
        }
    }

    /// Takes what is due, and sees to it, so many at once.
    async fn in_turns(self: &Arc<Self>, task: JobTask, at_once: u32) {
        let mut places = Places::new(at_once);
        let mut phase = self.phase.subscribe();
        let wake = match task {
            JobTask::CarryOut => &self.taken_in,
            JobTask::CallBack => &self.ended,
        };
        let mut trouble = None;
        loop {
            let is_open = *phase.borrow_and_update() == Phase::Open;
            let room = places.room().filter(|_| is_open);
            let mut rest = POLL;
            if let Some(room) = &room {
                // From before the taking on, so that a drain sees it.
                let taking = UnderWay::new(self, None);
                match self.take(task, room).await {
                    Ok(taken) => {
                        trouble = None;
                        rest = room.pause(taken.len(), POLL);
                        for it in taken {
                            let under_way = UnderWay::new(self, Some(&it.claim));
                            places.spawn(it.job.caller.clone(), see_to(under_way, it));
                        }
                    }
                    Err(error) => {
                        if trouble.is_none() {
                            tracing::warn!(%error, ?task, "jobs wait for the store");
                        }
                        rest = grown(&mut trouble);
                    }
                }
                drop(taking);
            }
            tokio::select! {
                () = sleep(rest) => {}
                () = wake.notified(), if room.is_some() => {}
                Some(()) = places.freed() => {}
                _ = phase.changed() => {}
            }
        }
    }

    async fn take(&self, task: JobTask, room: &Room) -> StoreResult<Vec<TakenJob>> {
        // Before the store is asked: what it gives ends later than what is relied on, however long it takes.
        let (from, now) = (Instant::now(), wall_time());
        let span = (now, now.plus(CLAIM));
        let held = self.held.all();
        let taken = self.store.take_jobs(task, room.but(&held), span).await?;
        for it in &taken {
            self.held.add(&it.claim, from + HOLD);
        }
        Ok(taken)
    }

    /// Renews the claims, for as long as the service lives.
    async fn renew(&self) {
        let mut refused = false;
        loop {
            sleep(RENEWAL).await;
            let (claims, from) = (self.held.all(), Instant::now());
            let until = wall_time().plus(CLAIM);
            match self.store.renew_claims(&claims, until).await {
                Ok(lost) => {
                    self.held.renewed(&claims, &lost, from + HOLD);
                    refused = false;
                }
                Err(error) => {
                    if !std::mem::replace(&mut refused, true) {
                        tracing::warn!(%error, "claims on jobs can't be renewed");
                    }
                }
            }
        }
    }

    /// Ends when what isn't over is to be put back.
    async fn cut(&self) {
        let mut phase = self.phase.subscribe();
        // The sender lives as long as this does.
        let _ = phase.wait_for(|phase| *phase == Phase::Cut).await;
    }

    /// Makes the job's call, or ends it without.
    async fn try_once(&self, taken: &mut TakenJob) -> Becomes {
        let (job, now) = (&taken.job, wall_time());
        let ended = |state, answer: Option<crate::Answer>| {
            Becomes::Ended(EndedJob {
                state,
                answer: answer.as_ref().map(crate::Answer::write),
                at: wall_time(),
            })
        };
        if job.deadline <= now {
            // How its last try ended says more.
            let answer = taken.answer.is_none().then(|| self.work.expired(job));
            return ended(JobState::Expired, answer);
        }
        let Some(inputs) = taken.inputs.take() else {
            return ended(JobState::Failed, Some(self.work.unreadable(job)));
        };
        let left = u64::try_from(job.deadline.0 - now.0).unwrap_or(0);
        // No later than the claim is relied on, wherever this task is held up.
        let left = Duration::from_millis(left).min(self.held.left(&taken.claim));
        let within = TURN.min(left);
        let inputs = inputs.expose().to_owned();
        let sent = Sent::default();
        let tried = tokio::select! {
            tried = self.work.carry(job.clone(), inputs, within, sent.clone()) => tried,
            () = self.cut() => match sent.is_set() {
                true => Tried::Failed(self.work.given_up(job)),
                false => return Becomes::PutBack(wall_time(), None),
            },
        };
        match tried {
            Tried::Fulfilled(answer) => ended(JobState::Fulfilled, Some(answer)),
            Tried::Failed(answer) => ended(JobState::Failed, Some(answer)),
            Tried::Again(answer, pause) => {
                // At its deadline it is ended.
                let due = wall_time().plus(pause).min(job.deadline);
                Becomes::PutBack(due, Some(answer))
            }
        }
    }

    /// Tells the job's end to its caller.
    async fn call_back(&self, taken: &TakenJob) -> Becomes {
        let (job, now, callbacks) = (&taken.job, wall_time(), self.callbacks());
        let attempts = job.callback.map_or(0, |it| it.attempts);
        let message = self.work.message(job, taken.answer.as_ref());
        let told = tokio::select! {
            told = callbacks.tell(job, taken.callback.as_ref(), message) => told,
            () = self.cut() => return Becomes::Told(CallbackState::Waiting, None, now),
        };
        let due = wall_time().plus(crate::callback::pause(attempts));
        // When the job is forgotten, there is nothing left to tell.
        let given_up = job.ended.is_some_and(|ended| due > self.forgotten(ended));
        match told {
            Told::Taken(status) => Becomes::Told(CallbackState::Delivered, Some(status), now),
            Told::Refused(status) => Becomes::Told(CallbackState::Failed, status, now),
            Told::NotNow(status) if given_up => Becomes::Told(CallbackState::Failed, status, now),
            Told::NotNow(status) => Becomes::Told(CallbackState::Waiting, status, due),
        }
    }

    /// Says what became of a job, until the store has it or the claim turns out to be lost.
    async fn settle(&self, claim: &Claim, becomes: Becomes) {
        let mut trouble = None;
        loop {
            let settled = match &becomes {
                Becomes::Ended(how) => self.store.end_job(claim, how).await,
                Becomes::PutBack(due, answer) => {
                    let answer = answer.as_ref().map(crate::Answer::write);
                    self.store.put_back_job(claim, *due, answer.as_ref()).await
                }
                Becomes::Told(state, status, due) => {
                    self.store.called_back(claim, (*state, *status), *due).await
                }
            };
            match settled {
                Ok(true) => return,
                // Also where the first try had no answer and was done all the same.
                Ok(false) => {
                    tracing::info!(job = %claim.job, "another claim on this job counts");
                    return;
                }
                Err(
                    error @ (StoreError::Invalid(_)
                    | StoreError::Corrupt { .. }
                    | StoreError::Unsealable { .. }),
                ) => {
                    tracing::error!(%error, job = %claim.job, "what became of a job can't be kept; its deadline ends it");
                    return;
                }
                Err(error) => {
                    if trouble.is_none() {
                        tracing::info!(%error, job = %claim.job, "the store isn't told yet what became of a job");
                    }
                    sleep(grown(&mut trouble)).await;
                }
            }
        }
    }
}

/// Sees to a job that was taken, until the store knows what became of it.
async fn see_to(under_way: UnderWay, mut taken: TakenJob) {
    let jobs = &under_way.jobs;
    let claim = taken.claim.clone();
    let after_a_fault = after_a_fault(&taken);
    let work = async {
        match taken.job.state.is_end() {
            true => jobs.call_back(&taken).await,
            false => jobs.try_once(&mut taken).await,
        }
    };
    let work = AssertUnwindSafe(work).catch_unwind();
    match jobs.held.within(&claim, work).await {
        Some(becomes) => {
            jobs.settle(&claim, becomes.unwrap_or(after_a_fault)).await;
            jobs.ended.notify_one();
        }
        None => {
            tracing::info!(job = %claim.job, "the claim on this job wasn't renewed in time; it is given up here")
        }
    }
}

/// What becomes of a job in which this program panics: as after any other try that may pass.
fn after_a_fault(taken: &TakenJob) -> Becomes {
    let (job, now) = (&taken.job, wall_time());
    let due = now.plus(pause(job.attempts, None));
    match job.callback.filter(|_| job.state.is_end()) {
        Some(it) => {
            let due = now.plus(crate::callback::pause(it.attempts));
            Becomes::Told(CallbackState::Waiting, None, due)
        }
        None => Becomes::PutBack(due.min(job.deadline), None),
    }
}
