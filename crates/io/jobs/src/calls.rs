//! Jobs as calls of actions: how one is made, and how its end becomes an answer.

use crate::again::{hint, is_repeatable, is_worth_another, pause};
use crate::answer::Answer;
use crate::jobs::{Tried, Work};
use futures_util::future::BoxFuture;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tollgate_definitions::{CatalogAction, Lanes, Live, wall_time};
use tollgate_driver::Sent;
use tollgate_execution::{Cause, ExecuteError, Executor, Outcome, Terms};
use tollgate_secret::Secret;
use tollgate_store::Job;
use tollgate_telemetry::{CallId, CallOrigin};

/// How the ends of jobs are answered and noted. The API does both.
pub trait Report: Send + Sync + 'static {
    /// An error, as a direct call would be answered.
    fn error(&self, error: ExecuteError) -> Answer;

    /// Notes that a job's call has ended, and how.
    fn note(&self, job: &Job, entry: &CatalogAction, ended: Result<&Outcome, &ExecuteError>);

    /// What is told of a job's end to its caller: a message's body.
    fn message(&self, job: &Job, answer: Option<&Secret>) -> String;
}

/// Makes the calls of jobs. A clone is the same one.
#[derive(Clone)]
pub struct Calls {
    live: Arc<Live>,
    by: Arc<RwLock<(Arc<Executor>, Arc<Lanes>)>>,
    report: Arc<dyn Report>,
    max_answer_bytes: usize,
}

impl Calls {
    /// Calls that the executor makes, of answers of so many bytes at the most.
    #[must_use]
    pub fn new(
        live: Arc<Live>,
        executor: Arc<Executor>,
        lanes: Arc<Lanes>,
        report: Arc<dyn Report>,
        max_answer_bytes: usize,
    ) -> Self {
        Self {
            live,
            by: Arc::new(RwLock::new((executor, lanes))),
            report,
            max_answer_bytes,
        }
    }

    /// Has calls made by another executor from now on, as other flows; this and its clones.
    pub fn follow(&self, executor: Arc<Executor>, lanes: Arc<Lanes>) {
        *self.by.write().unwrap_or_else(PoisonError::into_inner) = (executor, lanes);
    }

    fn by(&self) -> (Arc<Executor>, Arc<Lanes>) {
        let by = self.by.read().unwrap_or_else(PoisonError::into_inner);
        by.clone()
    }

    async fn call(&self, job: Job, inputs: String, within: Duration, sent: Sent) -> Tried {
        let (executor, lanes) = self.by();
        let catalog = self.live.catalog();
        let found = catalog.find(&job.action).and_then(|entry| {
            let target = catalog.find_integration(&entry.integration)?;
            Ok((entry, target))
        });
        // A flow that the configuration has no more: not as the default one, which may be the first of all.
        let flow = match lanes.has(&job.flow) {
            true => &job.flow,
            false => tollgate_config::Jobs::FLOW,
        };
        let terms = Terms {
            id: CallId::draw(),
            parent: None,
            origin: CallOrigin::default(),
            flow: lanes.of_run(flow),
            deadline: Some(within),
            flat: job.flat,
            below: None,
            sent: Some(sent),
        };
        let outcome = match &found {
            Ok(of) => executor.execute(*of, inputs, terms).await,
            Err(error) => Err(error.clone().into()),
        };
        let outcome = outcome.and_then(|outcome| self.fitting(outcome));
        let age = wall_time().0.saturating_sub(job.created.0);
        let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
        if let Err(error) = &outcome {
            let repeatable = is_repeatable(&catalog, &job.action, error);
            if is_worth_another(error, repeatable, age) {
                let pause = pause(job.attempts, hint(error));
                return Tried::Again(self.report.error(error.clone()), pause);
            }
        }
        if let Ok((entry, _)) = found {
            self.report.note(&job, entry, outcome.as_ref());
        }
        match outcome {
            Ok(outcome) => Tried::Fulfilled(Answer {
                status: 200,
                body: outcome.output.as_ref().to_owned(),
            }),
            Err(error) => Tried::Failed(self.report.error(error)),
        }
    }

    /// The outcome, if it can be kept.
    fn fitting(&self, outcome: Outcome) -> Result<Outcome, ExecuteError> {
        let (found, most) = (outcome.output.len(), self.max_answer_bytes);
        if found <= most {
            return Ok(outcome);
        }
        let message = format!(
            "The action was called, and its output can't be kept: it has {found} bytes, and [jobs] \
             max_answer_bytes is {most}."
        );
        Err(ExecuteError::new(Cause::Mapping, message))
    }
}

impl Work for Calls {
    fn carry(
        &self,
        job: Job,
        inputs: String,
        within: Duration,
        sent: Sent,
    ) -> BoxFuture<'static, Tried> {
        let calls = self.clone();
        Box::pin(async move { calls.call(job, inputs, within, sent).await })
    }

    fn given_up(&self, job: &Job) -> Answer {
        let message =
            "The service ended before there was an answer; the action may have been carried out.";
        let error = ExecuteError::new(Cause::NoAnswer, message);
        if let Ok(entry) = self.live.catalog().find(&job.action) {
            self.report.note(job, entry, Err(&error));
        }
        self.report.error(error)
    }

    fn expired(&self, job: &Job) -> Answer {
        let message = match job.attempts {
            0 => "The job wasn't begun by its deadline: other jobs took the time that it had.",
            _ => "The job was begun, and has no answer by its deadline.",
        };
        self.report
            .error(ExecuteError::new(Cause::Expired, message))
    }

    fn unreadable(&self, _job: &Job) -> Answer {
        let message = "What the store has of this job can't be read; see the service's log.";
        self.report.error(ExecuteError::new(Cause::Fault, message))
    }

    fn message(&self, job: &Job, answer: Option<&Secret>) -> String {
        self.report.message(job, answer)
    }
}
