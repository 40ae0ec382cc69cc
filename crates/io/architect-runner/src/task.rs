//! The task of one run: it drives the step machine by the clock and carries its effects out.

use crate::record::{Status, line};
use crate::runs::{Bounds, Runs, lock};
use crate::world::World;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Map;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tollgate_architect::{Answer, Effect, EffectId, End, Person, Progress, Run};
use tollgate_model::Instant;
use tollgate_workers::{WorkerError, Workers};

/// How long a run waits for its turn to calculate: turns always come.
const TURN: Duration = Duration::from_secs(3600);
/// Between two tries to get a place where calculations wait, while others have taken all of them.
const PAUSE: Duration = Duration::from_millis(20);

/// The task of one run.
pub(crate) struct RunTask<W> {
    pub(crate) id: String,
    pub(crate) calls_as: Arc<str>,
    pub(crate) world: Arc<W>,
    pub(crate) runs: Arc<Mutex<Runs>>,
    pub(crate) workers: Option<Arc<Workers>>,
    /// Whose turn it is when the run calculates: the workflow's.
    pub(crate) party: String,
    /// Places of the workflow's runs that ask for a turn.
    pub(crate) asking: Arc<Semaphore>,
    pub(crate) bounds: Bounds,
    pub(crate) origin: tokio::time::Instant,
    pub(crate) started: Instant,
}

impl<W> Drop for RunTask<W> {
    /// A task that ended in any other way than by its run's end has failed.
    fn drop(&mut self) {
        let status = Status::Failed(End::Failed("the run's task died".to_owned()));
        lock(&self.runs).finish(&self.id, status, Map::new(), self.bounds.max_finished);
    }
}

impl<W: World> RunTask<W> {
    pub(crate) async fn drive(self, mut run: Run) {
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
                Err(WorkerError::Died) => return None,
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
            Effect::Transfer { .. } | Effect::CallWorkflow { .. } | Effect::Platform { .. } => {
                std::future::ready(Answer::NotHere).boxed()
            }
        }
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
