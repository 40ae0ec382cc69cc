//! Drives one run: the step machine by the clock, its effects by the world.

use crate::record::line;
use crate::world::World;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tollgate_architect::{Answer, Effect, EffectId, End, Person, Place, Progress, Run, Tell};
use tollgate_model::Instant;
use tollgate_workers::{WorkerError, Workers};

/// How long a run waits for its turn to calculate: turns always come.
const TURN: Duration = Duration::from_secs(3600);
/// Between two tries to get a place where calculations wait, while others have taken all of them.
const PAUSE: Duration = Duration::from_millis(20);

/// Takes the lines of a transcript.
pub(crate) type Note<'a> = dyn FnMut(String) + Send + 'a;

/// Drives one run.
pub(crate) struct Player<W> {
    pub(crate) world: Arc<W>,
    pub(crate) workers: Option<Arc<Workers>>,
    /// Whose turn it is when the run calculates: the workflow's.
    pub(crate) party: String,
    /// Places of the workflow's runs that ask for a turn.
    pub(crate) asking: Arc<Semaphore>,
    /// When the run's time began.
    pub(crate) origin: tokio::time::Instant,
}

/// A run that has ended.
pub(crate) struct Played {
    pub(crate) run: Run,
    pub(crate) end: End,
    /// The step that failed last, if one did.
    pub(crate) failed_at: Option<Place>,
}

impl<W: World> Player<W> {
    /// Goes on with the run until it ends; nothing if it panicked where calculations are done.
    pub(crate) async fn drive(&self, mut run: Run, note: &mut Note<'_>) -> Option<Played> {
        let mut under_way: Option<(EffectId, BoxFuture<'static, Answer>)> = None;
        let (mut found, mut failed_at) = (None, None);
        loop {
            let progress = match found.take() {
                Some(progress) => progress,
                None => run.next(self.now()),
            };
            match progress {
                Progress::Tell(tell) => {
                    if let Tell::Fault { place, .. } = &tell {
                        failed_at = Some(*place);
                    }
                    note(line(&tell));
                }
                // The one before, if any, is given up: its step has timed out.
                Progress::Effect(id, effect) => under_way = Some((id, self.begin(effect, note))),
                Progress::Wait(until) if until <= self.now() => {
                    // It has much to calculate.
                    let (back, progress) = self.aside(run).await?;
                    (run, found) = (back, Some(progress));
                }
                Progress::Wait(until) => {
                    let until = self.origin + until.since(Instant::ZERO);
                    let pause = tokio::time::sleep_until(until);
                    match &mut under_way {
                        None => pause.await,
                        Some((id, effect)) => tokio::select! {
                            answer = effect => {
                                let id = *id;
                                under_way = None;
                                self.answer(&mut run, (id, answer), note);
                            }
                            () = pause => {}
                        },
                    }
                }
                Progress::Ended(end) => {
                    return Some(Played {
                        run,
                        end,
                        failed_at,
                    });
                }
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

    fn begin(&self, effect: Effect, note: &mut Note<'_>) -> BoxFuture<'static, Answer> {
        let world = Arc::clone(&self.world);
        match effect {
            Effect::CallData {
                category,
                action,
                inputs,
                timeout,
            } => {
                note(format!("calls {category} / {action}"));
                async move {
                    let called = world.call_data(&category, &action, inputs, timeout);
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
                note("nobody is there to be asked".to_owned());
                std::future::ready(Answer::Person(Person::HangsUp)).boxed()
            }
            Effect::Transfer { .. } | Effect::CallWorkflow { .. } | Effect::Platform { .. } => {
                std::future::ready(Answer::NotHere).boxed()
            }
        }
    }

    /// Answers that come too late are refused by the run, and it goes on.
    fn answer(&self, run: &mut Run, (id, answer): (EffectId, Answer), note: &mut Note<'_>) {
        if let Err(error) = run.answer(id, answer, self.now()) {
            note(format!("an answer was not taken: {error}"));
            // A step without this path could wait for ever; its run can't go on.
            run.hang_up(self.now());
        }
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }
}
